"""Elemental reference phases: the zero of every formation energy.

Each is relaxed with the same potential as the compound; isolated-atom energies
of a model are never used. The starting cells are experimental ones.
"""

from .cells import PHASES, reference_structure, reference_structures

__all__ = ["PHASES", "reference_structure", "reference_structures"]
