// `make screenshots`: drives a real discovery and writes docs/images, a recording among them.
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { animate, type Frame } from "./support/animation";
import { launch } from "./support/browser";
import { openState } from "./support/open";
import { dress, plays } from "./support/plays";
import { ask, startStack, statusOf } from "./support/stack";
import { startStage } from "./support/stage";
import { states } from "./support/states";

const out = resolve(import.meta.dirname, "../../docs/images");

interface Shot {
  name: string;
  width: number;
  height: number;
  scheme: "light" | "dark";
  opens?: (page: Page) => Promise<void>;
}

const shots: Shot[] = [
  { name: "page-wide-light", width: 1440, height: 900, scheme: "light" },
  { name: "page-wide-dark", width: 1440, height: 900, scheme: "dark" },
  { name: "page-tablet-dark", width: 820, height: 1100, scheme: "dark" },
  { name: "page-phone-light", width: 390, height: 844, scheme: "light" },
  { name: "page-memory", width: 1440, height: 900, scheme: "light", opens: memory },
  { name: "page-phone-crystal", width: 390, height: 844, scheme: "light", opens: crystal },
];

it("writes the pictures of the documentation", async () => {
  mkdirSync(out, { recursive: true });
  const [stack, browser] = await Promise.all([startStack(), launch()]);
  try {
    const home = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await home.goto(stack.url);
    await home.getByText(/Potentials: CHGNet/).waitFor({ timeout: patience });
    await home.screenshot({ path: `${out}/page-first.png` });
    const d = await ask(stack.url, "What is the crystal structure and formation energy of NaCl?");
    const film = record(await browser.newPage({ viewport: small }), `${stack.url}/s/${d.session_id}`, () =>
      statusOf(stack.url, d.id),
    );
    await expect.poll(() => statusOf(stack.url, d.id), { timeout: patience, interval: 2000 }).toBe("completed");
    writeFileSync(`${out}/page-run.webp`, await film);
    for (const s of shots) {
      const page = await browser.newPage({ viewport: { width: s.width, height: s.height }, colorScheme: s.scheme });
      await page.goto(`${stack.url}/s/${d.session_id}`);
      await page.getByRole("group", { name: "Report" }).getByRole("listitem").first().waitFor({ timeout: 60_000 });
      if (s.width >= 720) await atRest(page);
      await s.opens?.(page);
      if (s.opens && s.width >= 720) await atRest(page);
      await page.evaluate("document.fonts.ready");
      await page.screenshot({ path: `${out}/${s.name}.png` });
      await page.close();
    }
  } finally {
    await browser.close();
    await stack.stop();
  }
}, 1_800_000);

/** Recorded runs stand still where a live one passes, and have a hull, which takes minutes to compute. */
it.each([
  ["page-running", "running"],
  ["page-provenance", "finished, number"],
  ["page-hull", "stable, hull"],
])("writes %s", async (name, as) => {
  const state = states.find((s) => s.name === as);
  if (!state) throw new Error(`there is no state ${as}`);
  const [stage, browser] = await Promise.all([startStage([plays[state.play ?? "finished"]]), launch()]);
  try {
    dress(stage);
    const page = await openState(browser, stage, state, { viewport: { width: 1440, height: 900 } });
    await atRest(page);
    await page.screenshot({ path: `${out}/${name}.png` });
  } finally {
    await browser.close();
    await stage.stop();
  }
});

/** While it moves, a slow machine draws a crystal more coarsely: until two pictures of it are the same. */
async function atRest(page: Page): Promise<void> {
  await drawn(page);
  const canvas = page.locator(".st-canvas").first();
  for (let last: Buffer | undefined; ; ) {
    const now = await canvas.screenshot();
    if (last?.equals(now)) return;
    last = now;
    await page.waitForTimeout(500);
  }
}

async function drawn(page: Page): Promise<void> {
  await page.locator(".st-drawn").waitFor({ timeout: 60_000 });
  await page.evaluate("document.fonts.ready");
}

async function memory(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Memory", exact: true }).click();
  await page.getByRole("complementary", { name: "Memory" }).getByRole("listitem").first().waitFor();
}

async function crystal(page: Page): Promise<void> {
  await page.getByRole("navigation", { name: "Panels" }).getByRole("button", { name: "Crystal" }).click();
  await atRest(page);
}

const small = { width: 960, height: 600 };
const patience = 900_000; // a shared machine relaxes slowly
const fits = [
  [44, 0.7],
  [44, 0.5],
  [44, 0.3],
  [32, 0.3],
  [22, 0.3],
] as const; // how many frames, and how good
const largest = 900 * 1024; // bytes of a recording

/** A run as it went: a picture a second, the longer it takes the fewer are kept, then its answer. */
async function record(page: Page, url: string, status: () => Promise<string>): Promise<Buffer> {
  const frames: Frame[] = [];
  await page.goto(url);
  await page.locator(".run-head").waitFor({ timeout: 60_000 });
  for (let done = false; !done; await page.waitForTimeout(900)) {
    done = (await status()) === "completed";
    frames.push({ png: await page.screenshot(), ms: 220 });
  }
  await page.getByRole("group", { name: "Report" }).getByRole("listitem").first().waitFor({ timeout: 60_000 });
  await page.waitForTimeout(1500);
  const end = { png: await page.screenshot(), ms: 3000 };
  for (const [most, quality] of fits) {
    const every = Math.ceil(frames.length / (most - 1));
    const film = await animate(page, [...frames.filter((_, i) => i % every === 0), end], quality);
    if (film.length < largest) return film;
  }
  throw new Error(`a recording does not fit ${largest} bytes`);
}
