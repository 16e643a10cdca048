// The line to the server is cut at random points of real runs, in the middle of
// frames too, the API is killed in between and the page reloaded: what the page
// holds at the end is the stored log, folded. CUTS says how often, 40 times by
// itself and 200 by `make cuts`; SEED draws the points.
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
const seed = Number(process.env.SEED ?? 1);
const reloadEvery = 20;
const killEvery = 25;
const most = 6000; // bytes between two cuts
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
  /** Cuts all connections when the server has sent so many bytes more. */
  cutAfter(bytes: number): Promise<void>;
  stop(): void;
}

/** A line between the page and the server that can be cut, in the middle of a frame if need be. */
async function lineTo(url: string): Promise<Line> {
  const port = Number(new URL(url).port);
  const open = new Set<Socket>();
  let left = Number.POSITIVE_INFINITY;
  let done = () => {};
  const carry = (near: Socket, part: Buffer) => {
    left -= part.length;
    if (left > 0) return void near.write(part);
    near.write(part.subarray(0, part.length + left));
    left = Number.POSITIVE_INFINITY;
    near.destroySoon(); // what was written arrives, and nothing after it
    for (const s of open) if (s !== near) s.destroy();
    done();
  };
  const server: Server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    far.on("data", (part) => carry(near, part));
    near.on("data", (part) => far.write(part));
    for (const [a, b] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(a);
      a.on("error", () => b.destroy());
      a.on("close", () => {
        open.delete(a);
        b.destroySoon();
      });
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutAfter: (bytes) => {
      left = bytes;
      return new Promise((cut) => {
        done = cut;
      });
    },
    stop: () => server.close(),
  };
}

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
function drawing(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
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
  const random = drawing(seed);
  let run = await ask(stack.url, "begin");
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(60_000);
  let sockets = 0;
  let kills = 0;
  page.on("websocket", () => sockets++);
  await page.goto(`${line.url}/s/${run.session_id}`);
  await page.locator(".run-head").waitFor();
  // As a browser says that its network is back: the page need not wait for its next turn.
  const dial = () => page.evaluate(() => window.dispatchEvent(new globalThis.Event("online")));
  for (let k = 1; k <= cuts; k++) {
    let cut = false;
    void line.cutAfter(1 + Math.floor(random() * most)).then(() => {
      cut = true;
    });
    // Something must be sent, so a run that ended is followed by another.
    const gone = async () => {
      if (!cut && (await statusOf(stack.url, run.id)) === "completed") run = await askAgain(run.session_id);
      return cut;
    };
    await expect.poll(gone, { timeout: 60_000, interval: 100, message: `cut ${k}` }).toBe(true);
    if (k % killEvery === 0) {
      process.kill(stack.pidOf("api"), "SIGKILL");
      kills++;
      await expect.poll(up, { timeout: 60_000, interval: 200, message: "the API is back" }).toBe(true);
    }
    if (k % reloadEvery === 0) {
      await page.reload();
      await page.locator(".run-head").waitFor();
    }
    await dial();
  }
  await expect.poll(() => statusOf(stack.url, run.id), { timeout: 240_000, interval: 500 }).toBe("completed");
  await dial();
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
  const runs = wanted.discoveries.length;
  console.log(`${cuts} cuts, ${kills} kills, ${sockets} connections, ${runs} runs, ${stored.length} events`);
  expect(sockets).toBeGreaterThan(cuts / 4);
}, 1_800_000);

const up = () =>
  fetch(`${stack.url}/healthz`).then(
    (r) => r.ok,
    () => false,
  );
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
