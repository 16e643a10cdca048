// Units of the fields that our tools return, as their output schemas state them
// (mcp/golden); a field not listed is shown as the tool gave it.
const units: Record<string, string> = {
  a: "angstrom",
  b: "angstrom",
  c: "angstrom",
  alpha: "degree",
  beta: "degree",
  gamma: "degree",
  volume: "angstrom^3",
  symprec: "angstrom",
  volume_per_atom: "angstrom^3/atom",
  energy_per_atom: "eV/atom",
  initial_energy_per_atom: "eV/atom",
  formation_energy_per_atom: "eV/atom",
  energy_above_hull_per_atom: "eV/atom",
  energy_above_best: "eV/atom",
  total_energy: "eV",
  max_force: "eV/angstrom",
  fmax: "eV/angstrom",
  max_stress: "GPa",
  bulk_modulus: "GPa",
  volume_change_percent: "%",
  bond_length_max: "angstrom",
  bond_length_mean: "angstrom",
  bond_length_min: "angstrom",
  density: "g/cm^3",
  lattice_a: "angstrom",
  lattice_b: "angstrom",
  lattice_c: "angstrom",
  lattice_alpha: "degree",
  lattice_beta: "degree",
  lattice_gamma: "degree",
  gravimetric_capacity: "mAh/g",
  average_voltage: "V",
  n_bytes: "byte",
};

export function unitOf(field: string): string {
  return units[field] ?? "";
}
