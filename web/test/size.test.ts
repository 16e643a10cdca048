// What a first visit costs: the shell, and the viewer that comes when a crystal does.
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

const assets = resolve(import.meta.dirname, "../dist/assets");
const kib = 1024;

function packed(name: RegExp): number {
  const files = readdirSync(assets).filter((f) => name.test(f));
  if (files.length === 0) throw new Error(`${name} matches no built file: run make build`);
  return files.reduce((sum, f) => sum + gzipSync(readFileSync(resolve(assets, f))).length, 0);
}

it("the shell is at most 150 KiB", () => {
  expect(packed(/^index-.*\.(js|css)$/)).toBeLessThanOrEqual(150 * kib);
});

it("the crystal viewer is at most 180 KiB", () => {
  expect(packed(/^StructurePanel-.*\.(js|css)$/)).toBeLessThanOrEqual(180 * kib);
});

it("no file is written into the page by hand: every script is the page's own", () => {
  const html = readFileSync(resolve(assets, "../index.html"), "utf8");
  expect(html).not.toMatch(/<script(?![^>]*src=)[^>]*>/);
  expect(html).not.toMatch(/https?:\/\//);
});
