"""Bonds and coordination by CrystalNN (Pan et al. 2021), periodic images included."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from pymatgen.analysis.local_env import CrystalNN

from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import load_record, load_structure

from .models import CoordinationItem, CoordinationResult

if TYPE_CHECKING:
    from pymatgen.core import Structure

METHOD = "CrystalNN"


def neighbors(structure: Structure) -> list[list[tuple[int, tuple[int, int, int], float]]]:
    """For each site its neighbors: (site index, image shift, distance in angstrom)."""
    nn = CrystalNN()  # as published: its default prefers neighbors of other electronegativity (Li2O: 4 and 8)
    out = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in range(len(structure)):
            try:
                infos = nn.get_nn_info(structure, i)
            except (ValueError, RuntimeError) as exc:
                raise ToolFault("unsupported", f"CrystalNN finds no neighbors of atom {i}: {exc}", "structure_id",
                                ["check that the cell is a bulk crystal"]) from exc
            site = structure[i]
            out.append([
                (int(n["site_index"]), tuple(int(x) for x in n["image"]),
                 float(site.distance(structure[n["site_index"]], jimage=n["image"])))
                for n in infos])
    return out


def bonds(structure: Structure) -> list[dict[str, Any]]:
    """Every bond once: {i, j, image, length}; the image shift belongs to j."""
    seen: set[tuple[int, int, tuple[int, int, int]]] = set()
    out = []
    for i, near in enumerate(neighbors(structure)):
        for j, image, length in near:
            back = (j, i, tuple(-x for x in image))
            if (i, j, image) in seen or back in seen:
                continue
            seen.add((i, j, image))
            out.append({"i": i, "j": j, "image": list(image), "length": round(length, 6)})
    return out


def coordination(structure_id: str) -> CoordinationResult:
    """Coordination of each element of a stored structure."""
    s = load_structure(structure_id)
    near = neighbors(s)
    items = []
    for el in dict.fromkeys(site.specie.symbol for site in s):
        sites = [i for i, site in enumerate(s) if site.specie.symbol == el]
        numbers = [len(near[i]) for i in sites]
        lengths = [d for i in sites for _, _, d in near[i]]
        if not lengths:
            raise ToolFault("unsupported", f"CrystalNN finds no neighbors of {el}", "structure_id", ["check that the cell is a bulk crystal"])
        kinds: dict[str, float] = {}
        for i in sites:
            for j, _, _ in near[i]:
                kinds[s[j].specie.symbol] = kinds.get(s[j].specie.symbol, 0) + 1 / len(sites)
        items.append(CoordinationItem(
            element=el, n_sites=len(sites), coordination_number=sum(numbers) / len(numbers), coordination_min=min(numbers),
            coordination_max=max(numbers), neighbors={k: round(v, 6) for k, v in kinds.items()}, bond_length_min=min(lengths),
            bond_length_mean=sum(lengths) / len(lengths), bond_length_max=max(lengths)))
    return CoordinationResult(structure_id=structure_id, formula=load_record(structure_id)["formula"], method=METHOD, items=items)
