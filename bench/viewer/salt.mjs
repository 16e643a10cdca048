// Blocks of rock salt, as XYZ for the peers and in the compact form for ours.

const STEP = 2.82; // Na-Cl, angstrom
const SHAPES = { 200: [5, 5, 8], 10000: [20, 20, 25], 100000: [40, 50, 50] };

export function salt(atoms) {
  const [a, b, c] = SHAPES[atoms];
  const sites = [];
  const bonds = [];
  for (let x = 0; x < a; x++)
    for (let y = 0; y < b; y++)
      for (let z = 0; z < c; z++) {
        const i = sites.length;
        sites.push({ symbol: (x + y + z) % 2, at: [x, y, z].map((v) => Math.round(v * STEP * 1000)) });
        if (x) bonds.push([i - b * c, i]);
        if (y) bonds.push([i - c, i]);
        if (z) bonds.push([i - 1, i]);
      }
  return { cell: [a, b, c].map((n) => n * STEP), sites, bonds };
}

export function xyz(atoms) {
  const lines = salt(atoms).sites.map((s) => `${s.symbol ? "Cl" : "Na"} ${s.at.map((v) => (v / 1000).toFixed(3)).join(" ")}`);
  return `${atoms}\nNaCl\n${lines.join("\n")}\n`;
}

/** The compact form (docs/compact.md), with bonds. */
export function compact(atoms) {
  const { cell, sites, bonds } = salt(atoms);
  const out = [0x43, 0x4c, 0x43, 1, 1];
  const u = (x) => {
    for (; x >= 128; x = Math.floor(x / 128)) out.push((x % 128) + 128);
    out.push(x);
  };
  const s = (x) => u(x < 0 ? -2 * x - 1 : 2 * x);
  u(atoms);
  u(1);
  u(2);
  for (const symbol of ["Na", "Cl"]) {
    u(2);
    for (const letter of symbol) out.push(letter.charCodeAt(0));
  }
  for (let i = 0, run; i < atoms; i += run) {
    for (run = 1; sites[i + run]?.symbol === sites[i].symbol; run++);
    u(sites[i].symbol);
    u(run);
  }
  for (let k = 0; k < 9; k++) s(k % 4 ? 0 : Math.round(cell[k / 4] * 1e6));
  for (let axis = 0; axis < 3; axis++) sites.forEach((site, i) => s(site.at[axis] - (sites[i - 1]?.at[axis] ?? 0)));
  u(bonds.length);
  let last = 0;
  for (const [i, j] of bonds) {
    s(i - last);
    s(j - i);
    for (let k = 0; k < 3; k++) s(0);
    last = i;
  }
  return Buffer.from(out);
}
