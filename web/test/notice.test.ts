// A long run that ends while its user looks elsewhere: the system says so once,
// and its notice leads to the run.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./support/browser";
import { ask } from "./support/stack";
import { type Reply, startWorkshop, type Workshop } from "./support/workshop";

const patience = 120_000;

function script({ results, last }: { results: number; last: string }): Reply {
  if (results > 0) return { text: "That is all." };
  return { text: "I compute it.", calls: [{ tool: "work", args: { name: last.split(" ")[1] } }] };
}

interface Told {
  title: string;
  body: string;
}

// What the page does not decide: the browser may show notices and keeps them in a
// list, the user is in another tab, and it is an hour later than it is.
const surroundings = () => {
  const told: (Told & { onclick?: () => void })[] = [];
  class Notice {
    static permission = "default";
    static requestPermission = async () => {
      Notice.permission = "granted";
      return Notice.permission;
    };
    onclick?: () => void;
    constructor(
      public title: string,
      options: { body: string },
    ) {
      this.body = options.body;
      told.push(this);
    }
    body: string;
  }
  const w = window as unknown as { told: typeof told; away: boolean };
  Object.assign(w, { told, away: false, Notification: Notice });
  Object.defineProperty(document, "hidden", { get: () => w.away });
  Object.defineProperty(document, "visibilityState", { get: () => (w.away ? "hidden" : "visible") });
  const now = Date.now.bind(Date);
  Date.now = () => now() + 3_600_000;
};

describe("a run that ends while nobody looks", () => {
  let stack: Workshop;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startWorkshop(script, { rules: [] }), launch()]);
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(patience);
    await page.addInitScript(surroundings);
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const told = () =>
    page.evaluate(() => (window as unknown as { told: Told[] }).told.map(({ title, body }) => ({ title, body })));
  const look = (away: boolean) =>
    page.evaluate((is) => {
      (window as unknown as { away: boolean }).away = is;
      document.dispatchEvent(new Event("visibilitychange"));
    }, away);
  const lists = () => page.waitForResponse((r) => r.url().includes("/discoveries?limit=200") && r.ok());

  it("is told to those who asked for it, once, and leads there", async () => {
    const run = await ask(stack.url, "hold a");
    const seen = await ask(stack.url, "hold b");
    await page.goto(`${stack.url}/`);
    await page.getByRole("button", { name: "Tell me when a run ends" }).click();
    await lists();
    stack.release("b"); // this one ends before their eyes
    await expect.poll(async () => (await stateOfRecord(seen.id)).status, { timeout: patience }).toBe("completed");
    await lists();
    expect(await told()).toEqual([]);

    await look(true);
    stack.release("a");
    await expect.poll(told, { timeout: patience }).toEqual([{ title: "Completed", body: "hold a" }]);
    await lists();
    expect(await told(), "once").toHaveLength(1);
    await page.evaluate(() => (window as unknown as { told: { onclick(): void }[] }).told[0]?.onclick());
    await expect.poll(() => page.url(), { timeout: patience }).toBe(`${stack.url}/s/${run.session_id}`);
  });

  const stateOfRecord = async (id: string) =>
    (await (await fetch(`${stack.url}/api/v1/discoveries/${id}`)).json()) as { status: string };
});
