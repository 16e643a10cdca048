"""One energy level in every formation energy and every hull, whatever the potential."""

from __future__ import annotations

import pytest
from samples import store
from wire import Session

from crystalyse_common.structures import load_structure
from crystalyse_mace.levels import caveats, corrections
from crystalyse_mace.potentials.base import CORRECTED, RAW
from crystalyse_references.known import known_phases

# Experimental formation enthalpies in eV/atom (CRC Handbook): -411.2/2, -601.6/2, -824.2/5 kJ/mol.
COMPOUNDS = {"NaCl-rocksalt": -2.131, "MgO-rocksalt": -3.118, "Fe2O3-corundum": -1.708}
# MP2020: anion corrections per anion, and -2.256 eV per Fe of an oxide.
MP2020 = {"NaCl-rocksalt": -0.614 / 2, "MgO-rocksalt": -0.687 / 2, "Fe2O3-corundum": (-0.687 * 3 - 2.256 * 2) / 5}
PHASE = {p.name: p for p in known_phases()}


@pytest.mark.parametrize("name", COMPOUNDS)
def test_raw_energies_get_the_correction(name: str) -> None:
    s = PHASE[name].structure()
    assert sum(e for _, e in corrections(s, RAW)) / len(s) == pytest.approx(MP2020[name], abs=1e-3)
    assert corrections(s, CORRECTED) == []


def test_elements_and_peroxides() -> None:
    assert corrections(PHASE["NiAl-cscl"].structure(), RAW) == []
    [(name, energy)] = corrections(PHASE["Li2O2-li2o2"].structure(), RAW)
    assert "peroxide" in name and energy == pytest.approx(-0.465 * 4, abs=0.01)
    with pytest.raises(ValueError, match="unknown energy level"):
        corrections(PHASE["NaCl-rocksalt"].structure(), "some other level")


def test_every_available_potential_agrees_with_experiment(mace: Session) -> None:
    ready = [m["key"] for m in mace.call("list_models", {})["items"] if m["available"]]
    assert "chgnet" in ready
    for key in ready:
        relaxed = mace.call("relax_structures", {"structure_ids": [store(PHASE[n].structure()) for n in COMPOUNDS], "potential": key, "fmax": 0.03})
        ids = {i["formula"]: i["structure_id"] for i in relaxed["items"]}
        out = mace.call("calculate_formation_energy", {"structure_ids": list(ids.values()), "potential": key})
        assert out["energy_level"] == "MP2020-corrected"
        for item in out["items"]:
            name = next(n for n in COMPOUNDS if PHASE[n].formula == item["formula"])
            assert item["formation_energy_per_atom"] == pytest.approx(COMPOUNDS[name], abs=0.15), (key, name)
            assert item["correction_per_atom"] == pytest.approx(0 if key == "chgnet" else MP2020[name], abs=1e-3)
            assert load_structure(item["structure_id"]).composition.reduced_formula == item["formula"]


def test_caveats_name_the_elements() -> None:
    assert any("Fe" in c and "+U" in c for c in caveats({"Fe", "O"}))
    assert any("magnetic" in c for c in caveats({"Fe"}))
    assert caveats({"Na", "Cl"}) == []
    assert any("radioactive" in c for c in caveats({"U", "O"})) and any("noble gas" in c for c in caveats({"Xe", "F"}))
