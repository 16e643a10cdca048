// Our viewer against 3Dmol.js and Mol* under the same software GL: medians of
// RUNS rounds (5); within a round every case runs once, so that a busy machine
// slows all alike and the ratios stand. Writes RESULTS.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { processorTime } from "./cpu.mjs";
import { table } from "./results.mjs";
import { compact, xyz } from "./salt.mjs";

const RUNS = Number(process.env.RUNS ?? 5);
const ONLY = new RegExp(process.env.ONLY ?? "");
const LIBRARIES = {
  threedmol: "node_modules/3dmol/build/3Dmol-min.js",
  molstar: "node_modules/molstar/build/viewer/molstar.js",
};
const CASES = [
  ["empty", 10000, ""],
  ["ours", 10000, "atoms"],
  ["ours", 10000, "bonds"],
  ["ours", 10000, "bonds adaptive"],
  ["threedmol", 10000, "tuned"],
  ["threedmol", 10000, "default"],
  ["molstar", 10000, "tuned"],
  ["ours", 100000, "atoms"],
  ["threedmol", 100000, "tuned"],
  ["ours", 200, "bonds first"],
  ["threedmol", 200, "tuned first"],
].filter((c) => ONLY.test(c.join(" ")));
const ARGUMENTS = [
  "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
  "--disable-background-networking", "--no-first-run",
];

/** The browser that the tests of the page use: CHROME_PATH, one on PATH, or the one a package carries. */
async function findBrowser() {
  const from = resolve("../../web/test/support/browser.ts");
  const outfile = resolve("node_modules/.cache/browser.mjs");
  await build({ entryPoints: [from], outfile, format: "esm", logLevel: "error", define: { "import.meta.url": JSON.stringify(pathToFileURL(from).href) } });
  return (await import(outfile)).findBrowser();
}
const { path: executablePath, env } = await findBrowser();

const pages = {};
for (const name of ["ours", "empty", "threedmol", "molstar"]) {
  const made = await build({ entryPoints: [`pages/${name}.js`], bundle: true, minify: true, format: "esm", target: "es2022", write: false, logLevel: "error" });
  pages[name] = made.outputFiles[0].text;
}
const data = new Map();
function file(name) {
  if (!data.has(name)) data.set(name, name.endsWith("xyz") ? xyz(parseInt(name, 10)) : compact(parseInt(name, 10)));
  return data.get(name);
}

const server = createServer((request, response) => {
  const [, kind, name] = new URL(request.url, "http://x").pathname.split("/");
  if (kind === "data") return response.end(file(name));
  if (kind === "page") return response.setHeader("content-type", "text/javascript").end(pages[name]);
  if (kind === "library") return response.setHeader("content-type", "text/javascript").end(readFileSync(LIBRARIES[name]));
  const library = LIBRARIES[name] ? `<script src="/library/${name}"></script>` : "";
  response.setHeader("content-type", "text/html").end(
    `<!doctype html><meta charset="utf-8"><style>html,body{margin:0;height:100%;overflow:hidden;position:relative}</style><body>${library}<script type="module" src="/page/${name}"></script>`,
  );
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

async function once([page, atoms, mode]) {
  const profile = mkdtempSync(join(tmpdir(), "viewer-bench-"));
  const browser = await chromium.launchPersistentContext(profile, { executablePath, env: { ...process.env, ...env }, headless: true, viewport: { width: 900, height: 600 }, args: ARGUMENTS });
  try {
    const tab = browser.pages()[0] ?? (await browser.newPage());
    await tab.exposeFunction("processor", () => processorTime());
    await tab.goto(`http://127.0.0.1:${server.address().port}/run/${page}?atoms=${atoms}&mode=${encodeURIComponent(mode)}`, { waitUntil: "commit" });
    await tab.waitForFunction(() => window.result, null, { timeout: 180_000 });
    const heap = await tab.evaluate(() => performance.memory?.usedJSHeapSize / 1e6);
    return { ...(await tab.evaluate(() => window.result)), heap };
  } catch (e) {
    return { error: String(e.message).slice(0, 200) };
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

const results = new Map(CASES.map((c) => [c.join(" "), []]));
const load = [loadavg()[0]];
for (let round = 0; round < RUNS; round++)
  for (const c of CASES) {
    const r = await once(c);
    results.get(c.join(" ")).push(r);
    console.error(round + 1, c.join(" "), r.error ?? `${r.fps?.toFixed(1) ?? "-"} fps, first ${r.first.toFixed(0)} ms`);
    load.push(loadavg()[0]);
  }
server.close();
const text = table(results, { runs: RUNS, cpus: cpus().length, load: [Math.min(...load), Math.max(...load)] });
console.log(text);
if (!process.env.ONLY) writeFileSync("RESULTS.md", text);
