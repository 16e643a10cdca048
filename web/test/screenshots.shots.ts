// `make screenshots`: drives a real discovery and writes docs/images, a recording among them.
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { animate, type Frame } from "./support/animation";
import { launch } from "./support/browser";
import { ask, startStack, statusOf } from "./support/stack";

const out = resolve(import.meta.dirname, "../../docs/images");

const shots = [
  { name: "page-wide-light", width: 1440, height: 900, scheme: "light" },
  { name: "page-wide-dark", width: 1440, height: 900, scheme: "dark" },
  { name: "page-tablet-dark", width: 820, height: 1100, scheme: "dark" },
  { name: "page-phone-light", width: 390, height: 844, scheme: "light" },
] as const;

it("writes the pictures of the documentation", async () => {
  mkdirSync(out, { recursive: true });
  const [stack, browser] = await Promise.all([startStack(), launch()]);
  try {
    const home = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await home.goto(stack.url);
    await home.getByText("Reasoning:").waitFor();
    await home.screenshot({ path: `${out}/page-first.png` });
    const d = await ask(stack.url, "What is the crystal structure and formation energy of NaCl?");
    const film = record(await browser.newPage({ viewport: small }), `${stack.url}/s/${d.session_id}`, () =>
      statusOf(stack.url, d.id),
    );
    await home.goto(`${stack.url}/s/${d.session_id}`);
    await home.getByText(/member \d+\/\d+/).waitFor({ timeout: patience });
    await home.locator(".st-panel canvas").first().waitFor({ timeout: 60_000 });
    await home.screenshot({ path: `${out}/page-running.png` });
    await expect.poll(() => statusOf(stack.url, d.id), { timeout: patience, interval: 2000 }).toBe("completed");
    writeFileSync(`${out}/page-run.webp`, await film);
    for (const s of shots) {
      const page = await browser.newPage({ viewport: { width: s.width, height: s.height }, colorScheme: s.scheme });
      await page.goto(`${stack.url}/s/${d.session_id}`);
      await page.getByRole("group", { name: "Report" }).getByRole("listitem").first().waitFor({ timeout: 60_000 });
      if (s.width >= 720) await page.locator(".st-panel canvas").first().waitFor({ timeout: 60_000 });
      await page.evaluate("document.fonts.ready");
      await page.screenshot({ path: `${out}/${s.name}.png` });
      await page.close();
    }
  } finally {
    await browser.close();
    await stack.stop();
  }
}, 900_000);

const small = { width: 960, height: 600 };
const patience = 600_000; // a shared machine relaxes slowly
const most = 44; // frames
const largest = 900 * 1024; // bytes of a recording

/** A run as it went: a picture a second, the more the run takes the fewer are kept, then its answer. */
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
  const every = Math.ceil(frames.length / (most - 1));
  const kept = [...frames.filter((_, i) => i % every === 0), { png: await page.screenshot(), ms: 3000 }];
  for (const quality of [0.7, 0.6, 0.5, 0.4, 0.3]) {
    const film = await animate(page, kept, quality);
    if (film.length < largest) return film;
  }
  throw new Error(`a recording of ${kept.length} frames does not fit ${largest} bytes`);
}
