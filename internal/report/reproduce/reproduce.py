"""Repeat the calculations of this report outside CrystaLyse.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python reproduce.py            # energies, formation energies, hulls
    venv/bin/python reproduce.py --relax    # the relaxations too, from their starting structures

Reads data.json and structures/ beside it. Uses chgnet, ase and pymatgen only, on one
thread, and compares with what the report says. Exit status 1 when something differs
by more than --tolerance (1e-4 by default, in the unit of the value).
"""

import os

for name in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

import argparse
import json
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).resolve().parent
DATA = json.loads((HERE / "data.json").read_text())


def structure(sid):
    """A structure of the report, from its exact coordinates."""
    from pymatgen.core import Structure

    s = DATA["structures"][sid]
    return Structure(s["lattice"], s["species"], s["frac_coords"])


def atoms(s):
    """ASE atoms; magnetic moments are left to the potential."""
    from ase import Atoms

    return Atoms([x.specie.symbol for x in s], positions=s.cart_coords, cell=s.lattice.matrix, pbc=True)


_calculators = {}


def calculator(potential):
    """The potential that a number names; None for one this script does not know."""
    key = potential["name"]
    if key not in _calculators:
        _calculators[key] = None
        if key == "CHGNet":
            import torch
            from chgnet.model.dynamics import CHGNetCalculator
            from chgnet.model.model import CHGNet

            torch.set_num_threads(1)
            model = CHGNet.load(model_name=potential["version"], use_device="cpu", verbose=False)
            _calculators[key] = CHGNetCalculator(model=model, use_device="cpu")
    return _calculators[key]


_energies = {}


def energy_per_atom(sid, potential):
    """Energy of a structure as it is, in eV/atom."""
    key = (sid, potential["name"])
    if key not in _energies:
        a = atoms(structure(sid))
        a.calc = calculator(potential)
        _energies[key] = float(a.get_potential_energy()) / len(a)
    return _energies[key]


def formation(sid, references, potential):
    """E/atom - sum of x_i E_ref,i with the reference structures of the report; CHGNet's energies need no correction."""
    from pymatgen.core import Composition

    s = structure(sid)
    refs = {structure(r).composition.elements[0].symbol: r for r in references}
    fractions = Composition(s.composition).fractional_composition.get_el_amt_dict()
    return energy_per_atom(sid, potential) - sum(x * energy_per_atom(refs[el], potential) for el, x in fractions.items())


def above_hull(sid, competing, potential):
    """Energy above the hull of the listed phases, in eV/atom."""
    from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram

    entries = {k: PDEntry(structure(k).composition, energy_per_atom(k, potential) * len(structure(k))) for k in {sid, *competing}}
    return max(0.0, float(PhaseDiagram(list(entries.values())).get_e_above_hull(entries[sid])))


def relaxed(start, fmax, steps, cell, potential):
    """Relax with FIRE, with the cell where that was done; energy in eV/atom."""
    from ase.filters import FrechetCellFilter
    from ase.optimize import FIRE

    a = atoms(structure(start))
    a.calc = calculator(potential)
    FIRE(FrechetCellFilter(a) if cell else a, logfile=None).run(fmax=fmax, steps=steps)
    return float(a.get_potential_energy()) / len(a)


KINDS = {
    "energy": lambda c: energy_per_atom(c["structure_id"], c["potential"]),
    "formation": lambda c: formation(c["structure_id"], c["references"], c["potential"]),
    "hull": lambda c: above_hull(c["structure_id"], c["competing"], c["potential"]),
    "relaxation": lambda c: relaxed(c["start_id"], c["fmax"], c["steps"], c["relax_cell"], c["potential"]),
}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--relax", action="store_true", help="repeat the relaxations too")
    p.add_argument("--tolerance", type=float, default=1e-4)
    a = p.parse_args()
    same = differs = left = 0
    for c in DATA["calculations"]:
        if c["kind"] == "relaxation" and not a.relax:
            continue
        if calculator(c["potential"]) is None:
            left += 1
            print(f"  -  {c['key']}: {c['potential']['name']} is not repeated by this script")
            continue
        got = KINDS[c["kind"]](c)
        ok = abs(got - c["value"]) <= a.tolerance
        same, differs = same + ok, differs + (not ok)
        print(f"{' ok ' if ok else 'DIFF'} {c['key']} {c['kind']} {c['formula']}: {got:.6f} here, {c['value']:.6f} in the report")
    print(f"{same} repeated, {differs} different, {left} left out")
    sys.exit(1 if differs else 0)


if __name__ == "__main__":
    main()
