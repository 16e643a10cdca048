"""Candidates that are random within a space group, by pyxtal (Fredericks et al. 2021)."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .prototypes import rescale

if TYPE_CHECKING:
    from pymatgen.core import Structure


def compatible_groups(counts: list[int]) -> list[int]:
    """Space groups whose Wyckoff positions can hold these numbers of atoms."""
    from pyxtal.symmetry import Group

    return [g for g in range(1, 231) if Group(g).check_compatible(counts)[0]]


def generate(amounts: dict[str, int], z_values: list[int], max_atoms: int, seed: int) -> Iterator[tuple[Structure, str] | None]:
    """Endless random candidates over the numbers of formula units in turn; None is a failed attempt.

    The same seed gives the same sequence. An attempt is bounded by pyxtal's own
    counts, not by a clock, which would make the sequence depend on the machine's load.
    """
    from pyxtal import pyxtal

    rng = random.Random(seed)
    per_unit = sum(amounts.values())
    sizes = [z for z in z_values if z * per_unit <= max_atoms]
    groups = {z: compatible_groups([n * z for n in amounts.values()]) for z in sizes}
    sizes = [z for z in sizes if groups[z]]
    while sizes:
        for z in sizes:
            group = rng.choice(groups[z])
            crystal = pyxtal()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    crystal.from_random(3, group, list(amounts), [n * z for n in amounts.values()],
                                        max_count=1, random_state=rng.randrange(2**31))
                except Exception:  # pyxtal raises many kinds when a group cannot be filled
                    yield None
                    continue
            if not crystal.valid:
                yield None
                continue
            s: Structure = crystal.to_pymatgen()  # type: ignore[assignment]
            s.remove_oxidation_states()
            yield rescale(s), f"random in space group {group}"
