// No violation of any axe rule, on every route, in both themes, on the real stack;
// inventory.test.ts has the states that a healthy stack does not show on demand.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./support/browser";
import { failedRun } from "./support/runs";
import { isSound } from "./support/sound";
import { ask, type Stack, startStack, statusOf } from "./support/stack";

const patience = 120_000;

describe("for everybody", () => {
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launch()]);
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    page = await context.newPage();
    page.setDefaultTimeout(patience);
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const sound = () => isSound(page);

  it("idle: the first page, its dialogs, and an address that leads nowhere", async () => {
    await page.goto(stack.url);
    await page.getByRole("textbox", { name: "Question" }).waitFor();
    await page.getByRole("button", { name: "Budget and model" }).click();
    await page.getByText("Nothing leaves this machine").first().waitFor();
    await sound();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Ask for a material" }).click();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await sound();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog", { name: "Go to" }).waitFor();
    await sound();
    await page.keyboard.press("Escape");
    await page.goto(`${stack.url}/nowhere`);
    await page.getByRole("heading", { name: /nothing at this address/ }).waitFor();
    await sound();
  });

  it("empty: a session that does not exist", async () => {
    await page.goto(`${stack.url}/s/01ARZ3NDEKTSV4RRFFQ69G5FAV`);
    await page.getByRole("alert").waitFor();
    await sound();
  });

  it("failed: a run that failed, read from a file", async () => {
    await page.goto(stack.url);
    await page.getByRole("button", { name: "Open a downloaded run" }).click();
    await page
      .getByLabel(/The file/)
      .setInputFiles({ name: "run.jsonl", mimeType: "application/x-ndjson", buffer: Buffer.from(failedRun()) });
    await page.locator(".run-head").getByText("Failed").waitFor();
    await sound();
  });

  it("fits 320 pixels without scrolling sideways", async () => {
    const d = await ask(stack.url, "Is MgO charge-balanced?");
    await expect.poll(() => statusOf(stack.url, d.id), { timeout: patience }).toBe("completed");
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(`${stack.url}/s/${d.session_id}`);
    await page.getByRole("group", { name: "Report" }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
    for (const tab of ["Crystal", "Results", "Time", "Memory", "Talk"]) {
      await page.getByRole("navigation", { name: "Panels" }).getByRole("button", { name: tab }).click();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
    }
    await sound();
  });
});
