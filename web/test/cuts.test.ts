// The line to the server is cut at random moments of real runs, and the page
// reloaded in between: what it holds at the end is the stored log, folded.
// CUTS says how often; 40 times by itself.
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Event } from "../src/event/events.gen";
import { decodeRun } from "../src/run/bundle";
import { fold } from "../src/run/log";
import { launch } from "./support/browser";
import { ask, statusOf } from "./support/stack";
import { type Reply, startWorkshop, type Workshop } from "./support/workshop";

const cuts = Number(process.env.CUTS ?? 40);
const reloadEvery = 20;
const turns = 12; // of a run

/** Words and a short call a turn, then the answer. */
function script({ results }: { results: number }): Reply {
  const words = `Round ${results}: `.repeat(20);
  return results % turns === turns - 1
    ? { text: words }
    : { text: words, calls: [{ tool: "work", args: { name: "a" } }] };
}

let stack: Workshop;
let browser: Browser;
let line: Line;

interface Line {
  url: string;
  cut(): void;
  stop(): void;
}

/** A line between the page and the server that can be cut. */
async function lineTo(url: string): Promise<Line> {
  const port = Number(new URL(url).port);
  const open = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [a, b] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(a);
      a.pipe(b);
      a.on("error", () => b.destroy());
      a.on("close", () => {
        open.delete(a);
        b.destroy();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      for (const s of open) s.destroy();
    },
    stop: () => server.close(),
  };
}

beforeAll(async () => {
  [stack, browser] = await Promise.all([startWorkshop(script, {}), launch()]);
  stack.release("a");
  line = await lineTo(stack.url);
});

afterAll(async () => {
  await browser?.close();
  line?.stop();
  await stack?.stop();
});

async function storedLog(session: string): Promise<Event[]> {
  const out: Event[] = [];
  for (let after = 0; ; ) {
    const res = await fetch(`${stack.url}/api/v1/sessions/${session}/events?limit=1000&after=${after}`);
    const { events } = (await res.json()) as { events: Event[] };
    out.push(...events);
    if (events.length === 0) return out;
    after = events.at(-1)?.metadata.ord ?? after;
  }
}

async function heldLog(page: Page): Promise<Event[]> {
  await page.getByRole("button", { name: "More", exact: true }).click();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: /Download the run/ }).click(),
  ]);
  return decodeRun(readFileSync(await file.path(), "utf8")).events;
}

it("loses nothing and doubles nothing", async () => {
  let run = await ask(stack.url, "begin");
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(60_000);
  let sockets = 0;
  page.on("websocket", () => sockets++);
  await page.goto(`${line.url}/s/${run.session_id}`);
  await page.locator(".run-head").waitFor();
  for (let k = 1; k <= cuts; k++) {
    await page.waitForTimeout(Math.random() * 250);
    line.cut();
    if (k % reloadEvery === 0) {
      await page.reload();
      await page.locator(".run-head").waitFor();
    }
    // As a browser says that its network is back: the page need not wait for its next turn.
    await page.evaluate(() => window.dispatchEvent(new globalThis.Event("online")));
    if ((await statusOf(stack.url, run.id)) === "completed") run = await askAgain(run.session_id);
  }
  await expect.poll(() => statusOf(stack.url, run.id), { timeout: 240_000, interval: 500 }).toBe("completed");
  await page.evaluate(() => window.dispatchEvent(new globalThis.Event("online")));
  await expect.poll(() => badge(page), { timeout: 60_000, message: "the page shows the run's end" }).toBe("Completed");
  let stored: Event[] = [];
  let held: Event[] = [];
  const same = async () => {
    stored = await storedLog(run.session_id); // what is kept after the end comes later
    held = await heldLog(page);
    return durable(held).length === stored.length;
  };
  await expect.poll(same, { timeout: 60_000, interval: 1000 }).toBe(true);
  expect(durable(held)).toEqual(stored.map((e) => e.metadata.ord));
  const wanted = fold(stored);
  expect(fold(held)).toEqual(wanted);
  // It came back most of the time, in runs that went on.
  console.log(`${cuts} cuts, ${sockets} connections, ${wanted.discoveries.length} runs, ${stored.length} events`);
  expect(sockets).toBeGreaterThan(cuts / 4);
}, 900_000);

const durable = (log: readonly Event[]) => log.flatMap((e) => e.metadata.ord ?? []);
const badge = (page: Page) => page.locator(".run-head .badge").first().textContent();

async function askAgain(session_id: string): Promise<{ id: string; session_id: string }> {
  const res = await fetch(`${stack.url}/api/v1/discoveries`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: "go on", mode: "creative", session_id }),
  });
  return (await res.json()) as { id: string; session_id: string };
}
