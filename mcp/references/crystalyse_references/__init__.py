"""Reference phases: the elements and a listed set of known compounds.

What a hull is made of. The generators of the chemeleon server may not import
this package (a linter sees to it): they must find structures from the formula.
"""

from .elements import PHASES, reference_structure

__all__ = ["PHASES", "reference_structure"]
