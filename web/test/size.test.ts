// What a first visit costs: the shell, and the viewer that comes when a crystal does.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { weights } from "./support/weight";

const { shell, viewer } = weights();

it("the shell, with all that it loads at once, is at most 150 KiB", () => {
  expect(shell).toBeLessThanOrEqual(150);
});

it("the crystal viewer is at most 180 KiB", () => {
  expect(viewer).toBeLessThanOrEqual(180);
});

it("no file is written into the page by hand: every script is the page's own", () => {
  const html = readFileSync(resolve(import.meta.dirname, "../dist/index.html"), "utf8");
  expect(html).not.toMatch(/<script(?![^>]*src=)[^>]*>/);
  expect(html).not.toMatch(/https?:\/\//);
});
