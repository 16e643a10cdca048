// The viewer in a real browser under software GL: golden pictures, counts, a
// lost context, an idle page. UPDATE=1 writes the pictures anew.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as viewerModule from "../../src/viewer";
import type { samples as viewerSamples } from "../../src/viewer/testing";
import { launch } from "../support/browser";

declare const viewer: typeof viewerModule;
declare const samples: typeof viewerSamples;
declare const shown: viewerModule.Viewer;

const golden = resolve(import.meta.dirname, "golden");
// A picture may differ in this share of its pixels, each by more than TONE.
const SHARE = 0.005;
const TONE = 24;

let browser: Browser;
let page: Page;
let server: Server;

async function bundle(): Promise<string> {
  const out = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      lib: { entry: resolve(import.meta.dirname, "page.ts"), formats: ["iife"], name: "page" },
    },
  });
  const [first] = Array.isArray(out) ? out : [out];
  if (!first || !("output" in first)) throw new Error("no bundle");
  return first.output[0].code;
}

beforeAll(async () => {
  const code = await bundle();
  server = createServer((request, response) => {
    if (request.url === "/page.js") response.setHeader("content-type", "text/javascript").end(code);
    else
      response
        .setHeader("content-type", "text/html")
        .end(
          '<!doctype html><div id="host" style="position:relative;width:400px;height:300px"></div><script src="/page.js"></script>',
        );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  browser = await launch();
  page = await browser.newPage({ viewport: { width: 500, height: 400 } });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.evaluate(() => {
    const host = document.getElementById("host") as HTMLElement;
    Object.assign(globalThis, { shown: viewer.Viewer.create(host, { reducedMotion: true }) });
  });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** A picture of a sample, as PNG. */
async function picture(name: string, options: object): Promise<Buffer> {
  const text = await page.evaluate(
    async ([name, options]) => {
      const { crystal } = samples.find((s) => s.name === name) as (typeof samples)[number];
      const blob = await viewer.thumbnail(crystal, 208, 156, { ...(options as object), gizmo: false, cell: true });
      const bytes = new Uint8Array(await (blob as Blob).arrayBuffer());
      return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
    },
    [name, options] as const,
  );
  return Buffer.from(text, "base64");
}

/** The share of pixels that differ, and of those that are not background. */
async function compare(a: Buffer, b: Buffer): Promise<{ differ: number; drawn: number }> {
  return page.evaluate(
    async ([a, b, tone]) => {
      const pixels = async (text: string) => {
        const image = new Image();
        image.src = `data:image/png;base64,${text}`;
        await image.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.width, image.height];
        const ctx = canvas.getContext("2d") as CanvasRenderingContext2D;
        ctx.drawImage(image, 0, 0);
        return ctx.getImageData(0, 0, image.width, image.height).data;
      };
      const [p, q] = [await pixels(a), await pixels(b)];
      let differ = p.length === q.length ? 0 : p.length;
      let drawn = 0;
      for (let k = 0; k < p.length; k += 4) {
        const off = [0, 1, 2].some((c) => Math.abs((p[k + c] ?? 0) - (q[k + c] ?? 0)) > tone);
        if (off) differ++;
        if ([0, 1, 2].some((c) => (p[k + c] ?? 0) < 250)) drawn++;
      }
      return { differ: (4 * differ) / p.length, drawn: (4 * drawn) / p.length };
    },
    [a.toString("base64"), b.toString("base64"), TONE] as const,
  );
}

const PICTURES: [string, string, object][] = [
  ["NaCl rock salt", "nacl", {}],
  ["CaF2 fluorite", "caf2", { projection: "perspective" }],
  ["SrTiO3 perovskite", "srtio3", { polyhedra: true }],
  ["TiO2 rutile", "tio2", { polyhedra: true, colors: "jmol" }],
  ["ZnO wurtzite", "zno", { supercell: [2, 2, 1] }],
  ["C diamond", "diamond", { images: "bonded" }],
  ["Cu primitive", "cu", { style: "fill" }],
  ["MgAl2O4 spinel", "spinel", { colors: "safe" }],
  ["LiFePO4 olivine", "lifepo4", { polyhedra: true }],
  ["SiO2 quartz", "quartz", { colors: "coordination" }],
];

describe("pictures", () => {
  it.each(PICTURES)("of %s are as they were", async (name, file, options) => {
    const now = await picture(name, options);
    const path = `${golden}/${file}.png`;
    if (process.env.UPDATE) {
      mkdirSync(golden, { recursive: true });
      writeFileSync(path, now);
    }
    expect(existsSync(path), `${file}.png is missing: UPDATE=1 writes it`).toBe(true);
    const { differ, drawn } = await compare(now, readFileSync(path));
    expect(drawn).toBeGreaterThan(0.05);
    expect(differ).toBeLessThan(SHARE);
  });

  it("of two crystals differ, so that the comparison can fail", async () => {
    const { differ } = await compare(readFileSync(`${golden}/nacl.png`), readFileSync(`${golden}/caf2.png`));
    expect(differ).toBeGreaterThan(10 * SHARE);
  });
});

describe("the viewer", () => {
  it("draws every atom and bond that was sent, in one call each", async () => {
    const seen = await page.evaluate(() =>
      samples.map(({ name, crystal }) => {
        shown.show([crystal]);
        shown.set({ supercell: [2, 1, 1] });
        shown.drawNow(false);
        return { name, ...shown.counts(), calls: shown.stage.calls };
      }),
    );
    for (const s of seen) {
      expect(s.atoms, s.name).toBe(2 * s.sentAtoms);
      expect(s.bonds, s.name).toBe(2 * (s.sentBonds ?? -1));
      expect(s.calls, s.name).toBeLessThanOrEqual(4);
    }
    await page.evaluate(() => shown.set({ supercell: [1, 1, 1] }));
  });

  it("draws every atom as a point and every bond as a line while they are small and move", async () => {
    const seen = await page.evaluate(() => {
      const { crystal } = samples.find((s) => s.name === "NaCl rock salt") as (typeof samples)[number];
      shown.show([crystal]);
      shown.set({ supercell: [6, 6, 6], images: "none", cell: false });
      shown.drawNow(true);
      const moving = shown.stage.drawn;
      shown.drawNow(false);
      const bonds = (shown as unknown as { panes: { display: { bondCount: number } }[] }).panes[0]?.display.bondCount;
      return { counts: shown.counts(), bonds, moving, rest: shown.stage.drawn };
    });
    expect(seen.counts.atoms).toBe(6 ** 3 * 8);
    expect(seen.counts.bonds).toBe(6 ** 3 * 24);
    // A bond out of the block is drawn from both of its ends, to the middle.
    expect(seen.bonds).toBe(6 ** 3 * 24 + 3 * 12 ** 2);
    expect(seen.moving).toEqual({ points: seen.counts.atoms, lines: seen.bonds, triangles: 0 });
    expect(seen.rest).toEqual({ points: seen.counts.atoms, lines: 0, triangles: 2 * (seen.bonds ?? 0) });
  });

  it("shows the same picture by points as by quads", async () => {
    const pairs = await page.evaluate(() => {
      const stage = shown.stage as unknown as { largestPoint: number };
      const largest = stage.largestPoint;
      const picture = (most: number, moving: boolean) => {
        stage.largestPoint = most;
        shown.drawNow(moving);
        stage.largestPoint = largest;
        return { png: shown.stage.canvas.toDataURL().split(",")[1] as string, points: shown.stage.drawn.points };
      };
      const both = (moving: boolean) => [picture(largest, moving), picture(1, moving)] as const;
      shown.set({ supercell: [3, 3, 3], bonds: false });
      shown.quality.adaptive = false;
      const pairs = [both(false), both(true)];
      shown.camera.view.projection = "perspective";
      pairs.push(both(true));
      shown.quality.adaptive = true;
      shown.set({ supercell: [1, 1, 1], images: "boundary", bonds: true, cell: true });
      return pairs;
    });
    expect(pairs).toHaveLength(3);
    for (const [points, quads] of pairs) {
      expect([points.points, quads.points]).toEqual([216, 0]);
      const { differ, drawn } = await compare(Buffer.from(points.png, "base64"), Buffer.from(quads.png, "base64"));
      expect(drawn).toBeGreaterThan(0.05);
      expect(differ).toBeLessThan(4 * SHARE);
    }
  });

  it("has the background of the page's theme", async () => {
    const pixel = await page.evaluate(() => {
      shown.set({ theme: viewer.DARK });
      shown.drawNow(false);
      const canvas = document.createElement("canvas");
      const ctx = canvas.getContext("2d") as CanvasRenderingContext2D;
      ctx.drawImage(shown.stage.canvas, 0, 0);
      shown.set({ theme: viewer.LIGHT });
      return [...ctx.getImageData(2, 2, 1, 1).data];
    });
    expect(pixel).toEqual([0x14, 0x17, 0x1a, 255]);
  });

  it("picks and measures the atoms under the pointer", async () => {
    const distance = await page.evaluate(() => {
      shown.show([(samples[0] as (typeof samples)[number]).crystal]);
      shown.select([
        { atom: 0, image: [0, 0, 0] },
        { atom: 4, image: [0, 0, 0] },
      ]);
      return shown.measurement();
    });
    expect(distance?.kind).toBe("distance");
    expect(distance?.value).toBeGreaterThan(2.8);
    const hit = await page.evaluate(() => {
      for (let x = 40; x < 360; x += 5) {
        const h = shown.pickAt(x, 150);
        if (h) return h.drawn;
      }
      return -1;
    });
    expect(hit).toBeGreaterThanOrEqual(0);
  });

  it("draws nothing while nothing changes, and once more when something does", async () => {
    await page.evaluate(() => shown.camera.rotate("y", 10));
    const atRest = () => page.waitForFunction(() => shown.loop.resting);
    const drawn = () => page.evaluate(() => shown.draws);
    await atRest();
    const before = await drawn();
    await page.evaluate(async () => {
      for (let k = 0; k < 30; k++) await new Promise(requestAnimationFrame);
    });
    expect(await drawn()).toBe(before);
    await page.evaluate(() => shown.set({ labels: true }));
    await atRest();
    expect(await drawn()).toBe(before + 1);
  });

  it("follows a relaxation that runs and comes back to the frame", async () => {
    const seen = await page.evaluate(() => {
      const start = (samples.find((s) => s.name === "NaCl rock salt") as (typeof samples)[number]).crystal;
      const stretch = (x: Float64Array) => x.map((v) => 1.1 * v);
      const live = { ...start, lattices: start.lattices.map(stretch), positions: start.positions.map(stretch) };
      const pane = () => (shown as unknown as { panes: { lattice: Float64Array }[] }).panes[0]?.lattice[0] ?? 0;
      shown.show([start]);
      shown.select([{ atom: 0, image: [0, 0, 0] }]);
      const told: number[] = [];
      const off = shown.on("select", (s) => told.push(s.atoms.length));
      const before = pane();
      shown.follow(live);
      const during = pane();
      shown.follow({ ...live, n: 1, kinds: live.kinds.slice(0, 1) });
      const other = pane();
      shown.follow(null);
      off();
      return { ratio: during / before, other: other === during, back: pane() === before, told };
    });
    expect(seen.ratio).toBeCloseTo(1.1, 6);
    expect([seen.other, seen.back, seen.told]).toEqual([true, true, []]);
  });

  it("comes back after the context is lost", async () => {
    const { events, before, after } = await page.evaluate(async () => {
      const own = () => {
        shown.drawNow(false);
        return shown.stage.canvas.toDataURL();
      };
      const before = own();
      const seen: boolean[] = [];
      const off = shown.on("context", (c) => seen.push(c.lost));
      const gl = shown.stage.canvas.getContext("webgl2") as WebGL2RenderingContext;
      const lose = gl.getExtension("WEBGL_lose_context") as WEBGL_lose_context;
      const told = (n: number) =>
        new Promise<void>((done) => {
          const check = () => (seen.length >= n ? done() : setTimeout(check, 20));
          check();
        });
      lose.loseContext();
      await told(1);
      lose.restoreContext();
      await told(2);
      off();
      return { events: seen, before, after: own() };
    });
    expect(events).toEqual([true, false]);
    expect(after).toBe(before);
    const { differ } = await compare(await picture("NaCl rock salt", {}), readFileSync(`${golden}/nacl.png`));
    expect(differ).toBeLessThan(SHARE);
  });

  it("writes pictures of one to four times the size", async () => {
    const sizes = await page.evaluate(() =>
      Promise.all(
        [1, 2, 4].map(async (scale) => {
          const image = await createImageBitmap(await shown.png({ scale, transparent: true, labels: true }));
          return [image.width, image.height];
        }),
      ),
    );
    expect(sizes).toEqual([
      [400, 300],
      [800, 600],
      [1600, 1200],
    ]);
  });
});
