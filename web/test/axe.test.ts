// No violation of any axe rule in any state that the page can be in, light and dark.
import AxeBuilder from "@axe-core/playwright";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./support/browser";
import { dress, type PlayName, plays } from "./support/plays";
import { type Stage, startStage } from "./support/stage";
import { states } from "./support/states";

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(Object.values(plays)), launch()]);
  dress(stage);
});

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

describe.each(states.map((s) => [s.name, s] as const))("%s", (_, s) => {
  it("is for everybody", async () => {
    const context = await browser.newContext({
      viewport: { width: s.width ?? 1440, height: 900 },
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    page.on("pageerror", (e) => complaints.push(e.message));
    page.on("console", (m) => {
      if (/Content.Security.Policy/i.test(m.text())) complaints.push(m.text());
    });
    await page.goto(`${stage.url}${s.route(plays[s.play as PlayName])}`);
    await s.ready(page);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const { violations } = await new AxeBuilder({ page }).analyze();
      complaints.push(
        ...violations.map((v) => `${colorScheme}: ${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`),
      );
    }
    await context.close();
    expect(complaints).toEqual([]);
  });
});
