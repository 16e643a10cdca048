// The table and the ratios, with the goals beside them.

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

function of(results, name, key) {
  const values = (results.get(name) ?? []).filter((r) => !r.error).map((r) => r[key]).filter((v) => v !== undefined && v !== null);
  return values.length ? median(values) : undefined;
}

const show = (x, digits = 1) => (x === undefined ? "–" : x.toFixed(digits));

const RATIOS = [
  ["10,000 atoms, turning / 3Dmol.js tuned", "ours 10000 atoms", "threedmol 10000 tuned", 1.4],
  ["10,000 atoms, turning / 3Dmol.js default", "ours 10000 atoms", "threedmol 10000 default", 9],
  ["10,000 atoms, turning / Mol* tuned", "ours 10000 atoms", "molstar 10000 tuned", 7],
  ["10,000 atoms + 28,600 bonds, full resolution / empty page", "ours 10000 bonds", "empty 10000 ", 0.3],
  ["10,000 atoms + 28,600 bonds, adaptive / empty page", "ours 10000 bonds adaptive", "empty 10000 ", 0.45],
  ["100,000 atoms, turning / 3Dmol.js tuned", "ours 100000 atoms", "threedmol 100000 tuned", 1.15],
];

/** Median over the rounds of the ratio within each round: load cancels. */
function ratio(results, ours, theirs) {
  const [p, q] = [results.get(ours) ?? [], results.get(theirs) ?? []];
  const pairs = p.map((r, k) => r.fps / q[k]?.fps).filter(Number.isFinite);
  return pairs.length ? median(pairs) : undefined;
}

function verdict(value, goal, least) {
  if (value === undefined) return "not measured";
  const ok = least ? value >= goal : value <= goal;
  const near = least ? value >= goal * 0.85 : value <= goal * 1.15;
  return ok ? "met" : near ? "missed, within 15 %" : "missed";
}

function goals(results) {
  const rows = RATIOS.map(([name, ours, theirs, goal]) => {
    const value = ratio(results, ours, theirs);
    return [name, `${show(value, 2)}x`, `>= ${goal}x`, verdict(value, goal, true)];
  });
  const first = of(results, "ours 200 bonds first", "first") / of(results, "threedmol 200 tuned first", "first");
  rows.push(["first picture of 200 atoms / 3Dmol.js tuned", `${show(first, 2)}x`, "<= 1.0x", verdict(first, 1, false)]);
  const open = of(results, "ours 100000 atoms", "first");
  rows.push(["100,000 atoms open, ms", show(open, 0), "< 3000", verdict(open, 3000, false)]);
  const pick = of(results, "ours 10000 atoms", "pick");
  rows.push(["pick at 10,000 atoms, ms (95th percentile)", show(pick, 2), "<= 5", verdict(pick, 5, false)]);
  const idle = of(results, "ours 10000 atoms", "idle");
  rows.push(["pictures a second while idle", show(idle, 0), "0", verdict(idle, 0, false)]);
  return rows.map((r) => `| ${r.join(" | ")} |`).join("\n");
}

export function table(results, about) {
  const rows = [...results.keys()].map((name) => {
    const [page, atoms, ...mode] = name.split(" ");
    const errors = results.get(name).filter((r) => r.error).length;
    const value = (key, digits) => show(of(results, name, key), digits);
    const cells = [page, atoms, mode.join(" ") || "–", value("bonds", 0), value("fps"), value("p95", 0), value("cpu", 0), value("first", 0), value("heap", 0), errors || ""];
    return `| ${cells.join(" | ")} |`;
  });
  return `# Viewer benchmark

\`make bench-viewer\`. ${about.runs === 1 ? "One round only" : `Medians of ${about.runs} rounds`}, ${about.cpus} cores, no GPU (ANGLE on SwiftShader), 900 x 600 pixels, one fresh browser a measurement; load average ${about.load.map((x) => x.toFixed(1)).join(" to ")}.
A block of rock salt, spheres of similar size; a frame counts when its pixels can be read. "first" runs from navigation to the first picture, scripts, fetch and decoding included.
Tuned means without antialiasing, fog and post-processing. Ratios are the median over the rounds of the ratio within a round.
Ours fits the block larger on the picture than 3Dmol.js does, about 1.3 times as high. Processor time is of all processes of the browser; on a machine busy with other work it tells more than frames do.

| goal | measured | wanted | |
|---|---|---|---|
${goals(results)}

| viewer | atoms | mode | bonds drawn | frames/s | p95 frame ms | processor ms a frame | first ms | heap MB | failed runs |
|---|---|---|---|---|---|---|---|---|---|
${rows.join("\n")}

Neither peer draws a bond in this block from its XYZ file; ours draws the bonds it is given.
`;
}
