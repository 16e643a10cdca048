// What a visit loads: a built file with all that it imports at once, compressed.
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";

const assets = resolve(import.meta.dirname, "../../dist/assets");

/** A file and its static imports, by name; those of other files may be left out. */
export function closure(name: RegExp, without: ReadonlySet<string> = new Set()): Set<string> {
  const first = readdirSync(assets).find((f) => name.test(f));
  if (!first) throw new Error(`${name} matches no built file: run make build`);
  const out = new Set<string>();
  const todo = [first];
  for (let f = todo.pop(); f; f = todo.pop()) {
    if (out.has(f) || without.has(f)) continue;
    out.add(f);
    const text = readFileSync(resolve(assets, f), "utf8");
    for (const m of text.matchAll(/(?:from|^import|;import)\s*"\.\/([^"]+\.js)"/g)) if (m[1]) todo.push(m[1]);
  }
  return out;
}

/** KiB of these scripts and of a style sheet, as they are sent. */
export function weight(scripts: ReadonlySet<string>, styles: RegExp): number {
  const files = [...scripts, ...readdirSync(assets).filter((f) => styles.test(f))];
  return files.reduce((sum, f) => sum + gzipSync(readFileSync(resolve(assets, f))).length, 0) / 1024;
}

export function weights(): { shell: number; viewer: number } {
  const shell = closure(/^index-.*\.js$/);
  const viewer = closure(/^StructurePanel-.*\.js$/, shell);
  return { shell: weight(shell, /^index-.*\.css$/), viewer: weight(viewer, /^StructurePanel-.*\.css$/) };
}
