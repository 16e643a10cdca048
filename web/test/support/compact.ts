// One frame in the compact form of docs/compact.md, as the server sends it live.

const quantum = { lattice: 1e6, position: 1e3 };

/** Positions are Cartesian, a row an atom; the lattice is nine numbers; all in angstrom. Gives base64. */
export function compactFrame(
  species: readonly string[],
  lattice: readonly number[],
  positions: readonly number[][],
): string {
  const out: number[] = [...Buffer.from("CLC"), 1, 0];
  const unsigned = (n: number): void => {
    for (let rest = n; ; rest = Math.floor(rest / 128)) {
      if (rest < 128) return void out.push(rest);
      out.push((rest % 128) + 128);
    }
  };
  const signed = (n: number): void => unsigned(n < 0 ? -2 * n - 1 : 2 * n);
  const symbols = [...new Set(species)];
  unsigned(species.length);
  unsigned(1);
  unsigned(symbols.length);
  for (const s of symbols) {
    unsigned(s.length);
    out.push(...Buffer.from(s));
  }
  for (const s of species) {
    unsigned(symbols.indexOf(s)); // a run of one atom each
    unsigned(1);
  }
  for (const x of lattice) signed(Math.round(x * quantum.lattice));
  for (let axis = 0; axis < 3; axis++) {
    let before = 0;
    for (const p of positions) {
      const now = Math.round((p[axis] ?? 0) * quantum.position);
      signed(now - before);
      before = now;
    }
  }
  return Buffer.from(out).toString("base64");
}
