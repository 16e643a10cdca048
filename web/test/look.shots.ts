// `LOOK=folder`: pictures of every state of the page, to be looked at by eye.
// ONLY is a pattern of names, SIZES and SCHEMES are lists.
import { mkdirSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { launch } from "./support/browser";
import { openState } from "./support/open";
import { dress, plays } from "./support/plays";
import { type Stage, startStage } from "./support/stage";
import { states } from "./support/states";
import { follow, settle } from "./support/using";

const out = process.env.LOOK ?? "";
const only = new RegExp(process.env.ONLY ?? "");
const sizes = (process.env.SIZES ?? "1440x900").split(",").map((s) => s.split("x").map(Number) as [number, number]);
const schemes = (process.env.SCHEMES ?? "light").split(",") as ("light" | "dark")[];

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  if (out) mkdirSync(out, { recursive: true });
  [stage, browser] = await Promise.all([startStage(Object.values(plays)), launch()]);
  dress(stage);
});
afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

const shots = states
  .filter((s) => only.test(s.name))
  .flatMap((s) => sizes.flatMap(([width, height]) => schemes.map((scheme) => ({ s, width, height, scheme }))));

it.runIf(out).concurrent.each(shots.map((x) => [`${x.s.name} ${x.width} ${x.scheme}`, x] as const))(
  "%s",
  async (name, { s, width, height, scheme }) => {
    const viewport = { width: s.width ?? width, height };
    const prepare = async (p: Parameters<typeof follow>[0]) => follow(p);
    const page = await openState(browser, stage, s, { viewport, colorScheme: scheme, prepare });
    await settle(page);
    await page.screenshot({ path: `${out}/${name.replaceAll(/[ ,]+/g, "-")}.png` });
    await page.close();
  },
);
