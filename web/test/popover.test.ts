// What explains a number stays beside it while the page moves under it.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./support/browser";
import { openState } from "./support/open";
import { plays } from "./support/plays";
import { type Stage, startStage } from "./support/stage";
import { states } from "./support/states";

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage([plays.finished]), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

/** How far the panel stands from the number that has the focus, in pixels: below it, or above. */
function gap(page: Page): Promise<number> {
  return page.evaluate(() => {
    const chip = document.activeElement?.getBoundingClientRect();
    const box = document.querySelector("[role=tooltip]")?.getBoundingClientRect();
    if (!chip || !box) return Number.NaN;
    return Math.min(Math.abs(box.top - chip.bottom), Math.abs(chip.top - box.bottom));
  });
}

it("a number's panel goes with it when the talk is scrolled, and when something above it grows", async () => {
  const state = states.find((s) => s.name === "finished, number");
  if (!state) throw new Error("there is no such state");
  const page = await openState(browser, stage, state);
  await expect.poll(() => gap(page)).toBeLessThan(8);
  const moved = await page.evaluate(() => {
    let e = document.activeElement?.parentElement;
    while (e && !(e.scrollTop > 0)) e = e.parentElement;
    e?.scrollBy(0, -60);
    return e !== null && e !== undefined;
  });
  expect(moved, "the talk is longer than its pane").toBe(true);
  await expect.poll(() => gap(page)).toBeLessThan(8);
  await page.evaluate(() => {
    const p = document.createElement("div");
    p.style.height = "40px";
    document.activeElement?.closest(".prose")?.prepend(p);
  });
  await expect.poll(() => gap(page)).toBeLessThan(8);
});
