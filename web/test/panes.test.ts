// What a pane keeps and shows whole: where a crystal is seen from, the drawing of
// a hull, the step that somebody goes to in a long run.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./support/browser";
import { longRun } from "./support/long";
import { openState } from "./support/open";
import { dress, plays } from "./support/plays";
import { type Stage, startStage } from "./support/stage";
import { states } from "./support/states";

const long = longRun(3000);
let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage([...Object.values(plays), long]), launch()]);
  dress(stage);
});

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

function state(name: string) {
  const s = states.find((x) => x.name === name);
  if (!s) throw new Error(`there is no state ${name}`);
  return s;
}

const picture = async (page: Page) => (await page.locator(".st-canvas").first().screenshot()).toString("base64");

/** In the page: as many frames as the fine picture that follows a movement needs, several times over. */
function frames(): Promise<void> {
  return new Promise((done) => {
    let left = 40;
    const next = () => (left-- > 0 ? requestAnimationFrame(next) : done());
    next();
  });
}

it.each(["Compare", "Atoms"])("a crystal is seen from where it was before %s", async (tab) => {
  const page = await openState(browser, stage, state("finished"));
  await page.evaluate(frames);
  const first = await picture(page);
  await page.getByRole("button", { name: "Rotate X", exact: true }).click();
  await page.evaluate(frames);
  const turned = await picture(page);
  expect(turned === first).toBe(false);
  await page.getByRole("tab", { name: tab, exact: true }).click();
  await page.getByRole("button", { name: "Rotate X", exact: true }).waitFor({ state: "detached" });
  await page.getByRole("tab", { name: "View", exact: true }).click();
  await expect.poll(async () => (await picture(page)) === turned).toBe(true);
  await page.close();
});

it.each([
  [2560, 900],
  [1440, 900],
  [1920, 1080],
])("a hull is drawn whole in its pane at %i x %i", async (width, height) => {
  const page = await openState(browser, stage, state("stable, hull"), { viewport: { width, height } });
  const left = await page.locator(".hull-box").evaluate((drawing) => {
    const pane = drawing.closest(".hull-pane")?.getBoundingClientRect();
    const box = drawing.getBoundingClientRect();
    // The box of a text is a little higher than its letters.
    const texts = [...drawing.querySelectorAll("text")].map((t) => t.getBoundingClientRect());
    const out = texts.filter((t) => t.top < box.top - 4 || t.bottom > box.bottom + 4).length;
    return pane ? { above: box.top - pane.top, below: pane.bottom - box.bottom, out } : undefined;
  });
  expect(left?.out).toBe(0);
  expect(left?.above).toBeGreaterThanOrEqual(0);
  expect(left?.below).toBeGreaterThanOrEqual(0);
  await page.close();
});

it.each(["finished", "phone"])(
  "nothing makes the page longer than its window, nor breaks a word of a table: %s",
  async (name) => {
    const page = await openState(browser, stage, state(name));
    const folded = page.locator(".card-head .fold[aria-expanded=false]");
    while ((await folded.count()) > 0) await folded.first().click();
    await page.locator("table.dense").first().waitFor();
    const found = await page.evaluate(() => {
      const root = document.documentElement;
      const broken = [...document.querySelectorAll("table.dense td, table.dense th")].filter((cell) =>
        [...cell.childNodes].some((text) => {
          const range = document.createRange();
          const words = [...(text.nodeType === Node.TEXT_NODE ? (text.textContent ?? "") : "").matchAll(/\w+/g)];
          return words.some((w) => {
            range.setStart(text, w.index);
            range.setEnd(text, w.index + w[0].length);
            return new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size > 1;
          });
        }),
      );
      return { longer: root.scrollHeight - window.innerHeight, broken: broken.map((c) => c.textContent) };
    });
    expect(found).toEqual({ longer: 0, broken: [] });
    await page.close();
  },
);

/** How far the place of a step is outside of what the talk shows, in pixels. */
const outside = (page: Page, step: string) => () =>
  page.evaluate((step) => {
    const talk = document.querySelector(".talk")?.getBoundingClientRect();
    const at = document.querySelector(`.talk [data-step="${step}"]`)?.getBoundingClientRect();
    return talk && at ? Math.max(0, talk.top - at.top, at.top - talk.bottom) : Number.NaN;
  }, step);

it("a step of a long run is in view when somebody goes to it, with few others in the page", async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  await page.goto(`${stage.url}/s/${long.session}?step=t40.tool2`);
  await expect.poll(outside(page, "t40.tool2")).toBe(0);
  await page.getByRole("button", { name: /^t1\.llm / }).click();
  await expect.poll(outside(page, "t1.llm")).toBe(0);
  expect(await page.locator(".talk [data-step]").count()).toBeLessThan(200);
  await page.close();
});
