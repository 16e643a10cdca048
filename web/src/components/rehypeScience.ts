// Formulas and space groups set as the field writes them, and no full stop left
// alone at the beginning of a line behind a number. Runs on sanitized text.
import { isFormula } from "../lib/science";

interface Node {
  type: string;
  tagName?: string;
  value?: string;
  properties?: Record<string, unknown>;
  children?: Node[];
}

const untouched = new Set(["code", "pre", "a", "math"]);
const closing = /^[.,;:!?)\]]+/;
// P6_3/mmc, Fm-3m, I4_1/a, R-3c: a lattice letter, then axes, planes and bars.
const spaceGroup =
  /^[PABCFIR](?:-?[12346](?:_[1-5])?|[abcdemn])(?:\/[abcdemn])?(?:-?[12346](?:_[1-5])?|[abcdemn]|\/)*$/;

const orthorhombic = new Set(
  "Pmmm Pmma Pnna Pbam Pccn Pbcm Pnnm Pmmn Pbcn Pbca Pnma Cmcm Cmce Cmmm Fmmm Fddd Immm Ibam Ibca Imma".split(" "),
);
const word = /([A-Za-z](?:[\w/-]|\.(?=\d)|\([A-Za-z0-9]+\))*)/;

export default function rehypeScience() {
  return (tree: Node) => walk(tree);
}

function walk(node: Node): void {
  const children = node.children;
  if (!children) return;
  node.children = bound(children.flatMap((c) => (c.type === "text" ? set(c) : [c])));
  for (const c of node.children)
    if (c.type === "element" && !untouched.has(c.tagName ?? "") && !c.properties?.className) walk(c);
}

/** A text in pieces: words that are formulas or space groups become spans. */
function set(text: Node): Node[] {
  const out: Node[] = [];
  let plain = "";
  for (const part of (text.value ?? "").split(word)) {
    const kind = isSpaceGroup(part) ? "space-group" : isFormula(part) ? "formula" : "";
    if (!kind) {
      plain += part;
      continue;
    }
    if (plain) out.push({ type: "text", value: plain });
    plain = "";
    out.push(span(kind, [{ type: "text", value: part }]));
  }
  if (plain) out.push({ type: "text", value: plain });
  return out;
}

/** Bars, screws and slashes tell it from a word; of the orthorhombic ones, which are letters alone, the usual. */
function isSpaceGroup(word: string): boolean {
  return (spaceGroup.test(word) && /[-_/]|\dm/.test(word)) || orthorhombic.has(word);
}

/** A number and the mark behind it stay on one line. */
function bound(children: Node[]): Node[] {
  const out: Node[] = [];
  for (const c of children) {
    const before = out.at(-1);
    const mark = c.type === "text" && isChip(before) ? closing.exec(c.value ?? "")?.[0] : undefined;
    if (!mark || !before) {
      out.push(c);
      continue;
    }
    out.splice(-1, 1, span("nowrap", [before, { type: "text", value: mark }]));
    const rest = (c.value ?? "").slice(mark.length);
    if (rest) out.push({ type: "text", value: rest });
  }
  return out;
}

function isChip(n: Node | undefined): boolean {
  if (n?.tagName === "strong" && n.children?.length === 1) return isChip(n.children[0]);
  return n?.tagName === "a" && String(n.properties?.href ?? "").startsWith("#value-");
}

function span(className: string, children: Node[]): Node {
  return { type: "element", tagName: "span", properties: { className }, children };
}
