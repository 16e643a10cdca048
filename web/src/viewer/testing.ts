// Crystals for tests, with the bonds the structure server finds for them.

import { type Crystal, fromRecord } from "./crystal";
import crystals from "./testdata/crystals.json";

export const samples: { name: string; crystal: Crystal }[] = crystals.map((r) => ({
  name: r.name,
  crystal: fromRecord({ ...r, bonds: r.bonds.map(([i = 0, j = 0, ...image]) => ({ i, j, image })) }),
}));

export function sample(name: string): Crystal {
  const found = samples.find((s) => s.name.startsWith(name));
  if (!found) throw new Error(`no sample ${name}`);
  return found.crystal;
}
