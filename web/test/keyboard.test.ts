// The whole demo run by keyboard alone: asked, watched, read, looked into, taken
// home, asked on, cancelled. No pointer touches the page, which is counted.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./support/browser";
import { isSound } from "./support/sound";
import { type Stack, startStack } from "./support/stack";

const patience = 900_000; // a busy machine relaxes for minutes

/** In the page: how often a pointer was used. */
function countPointers(): void {
  const noted = { pointers: 0 };
  Object.assign(globalThis, { noted });
  for (const type of ["pointerdown", "mousedown", "touchstart", "wheel"])
    window.addEventListener(type, () => noted.pointers++, { capture: true, passive: true });
}

/** In the page: role and name of what has the focus, as the browser's tree has them at least roughly. */
function focused(): string {
  const el = document.activeElement;
  if (!el) return "";
  const labels = (el as HTMLInputElement).labels;
  const name = el.getAttribute("aria-label") ?? labels?.[0]?.textContent ?? el.textContent ?? "";
  return `${el.getAttribute("role") ?? el.tagName.toLowerCase()} ${name.replace(/\s+/g, " ").trim()}`;
}

describe("without a pointer", () => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launch()]);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    page = await context.newPage();
    page.setDefaultTimeout(patience);
    await page.addInitScript(countPointers);
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const press = async (...keys: string[]) => {
    for (const k of keys) await page.keyboard.press(k);
  };
  /** Presses Tab until what is meant has the focus. */
  const tabTo = async (what: RegExp, key = "Tab") => {
    const passed: string[] = [];
    for (let k = 0; k < 300; k++) {
      await press(key);
      const at = await page.evaluate(focused);
      if (what.test(at)) return;
      passed.push(at);
    }
    throw new Error(`no Tab leads to ${what}, but to ${[...new Set(passed)].join(" | ")}`);
  };
  const query = (name: string) => expect.poll(() => new URL(page.url()).searchParams.get(name), { timeout: patience });
  const report = () => page.getByRole("group", { name: "Report" }).last();
  const download = async (keys: string[]) => {
    const [file] = await Promise.all([page.waitForEvent("download"), press(...keys)]);
    return file.suggestedFilename();
  };

  it("is asked", async () => {
    await page.goto(stack.url);
    await page.getByRole("textbox", { name: "Question" }).waitFor();
    await page.keyboard.type("What is the crystal structure and formation energy of NaCl?");
    await press("Enter");
    await page.waitForURL(/\/s\//);
    await page.locator(".run-head").getByText("Running").waitFor();
    await page.getByRole("article", { name: /t1\.tool2/ }).waitFor();
    await isSound(page);
  });

  it(
    "is paused and goes on",
    async () => {
      await tabTo(/^button Pause$/);
      await press("Enter");
      await page.locator(".run-head").getByText("Paused").waitFor();
      await tabTo(/^button Resume$/, "Shift+Tab");
      await press("Enter");
      await report().getByText("Completed").waitFor();
    },
    patience,
  );

  it("is read, from a number to its call", async () => {
    await tabTo(/^button −?\d.*eV\/atom$/); // in the answer, which is where a finished run opens
    await page.getByRole("tooltip").getByText("CHGNet").waitFor();
    await press("Enter");
    await query("step").toMatch(/^t\d\.tool\d$/);
    await press("k");
    await query("step").toMatch(/^t\d\./);
    await press("4");
    await page.getByRole("tab", { name: "Checks", selected: true }).waitFor();
    await press("m");
    await page.getByRole("complementary", { name: "Memory" }).waitFor();
    await isSound(page);
    await press("m");
    await press("r");
    await page.getByRole("slider", { name: "Event" }).waitFor();
    await press("r");
    await page.getByRole("slider", { name: "Event" }).waitFor({ state: "detached" });
  });

  it("its crystal is turned, measured, played and taken home", async () => {
    await tabTo(/^img Crystal structure of/);
    const bonds = page.getByRole("button", { name: "Bonds", exact: true });
    expect(await bonds.getAttribute("aria-pressed")).toBe("true");
    await press("b");
    await expect.poll(() => bonds.getAttribute("aria-pressed")).toBe("false");
    await press("b", "ArrowLeft", "3", "n", "n");
    await page
      .locator(".st-under [aria-live]")
      .filter({ hasText: /(Na|Cl)\d+/ })
      .waitFor();
    await press("Escape", "[");
    await query("frame").toMatch(/^\d+$/);
    expect(await download(["e", "Enter"])).toMatch(/\.cif$/);
    await tabTo(/^tab Atoms$/, "Shift+Tab");
    await press("Enter");
    await tabTo(/^grid Atoms$/);
    await press("ArrowDown", "Enter");
    const chosen = page.getByRole("grid", { name: "Atoms" }).getByRole("row", { selected: true });
    await expect.poll(() => chosen.count()).toBe(1);
  });

  it("is taken home whole", async () => {
    await tabTo(/^button More$/, "Shift+Tab");
    await press("Enter");
    await page.getByRole("menuitem", { name: /Download the run/ }).waitFor();
    while (!/Download the run/.test(await page.evaluate(focused))) await press("ArrowDown");
    expect(await download(["Enter"])).toMatch(/\.jsonl$/);
  });

  it("is asked on, and cancelled", async () => {
    await press("/");
    await page.keyboard.type("What is the crystal structure of KCl?");
    await press("Enter");
    await page.locator(".run-head").getByText("Running").waitFor();
    await tabTo(/^button Cancel$/);
    await press("Enter");
    await page.getByRole("dialog", { name: /Cancel this/ }).waitFor();
    await tabTo(/^button Cancel it$/);
    await press("Enter");
    await page.locator(".run-head").getByText("Cancelled").waitFor();
  });

  it("never needed a pointer", async () => {
    expect(await page.evaluate("noted.pointers")).toBe(0);
  });
});
