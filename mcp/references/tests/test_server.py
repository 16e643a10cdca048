"""The references server through MCP: bundled phases, a local OPTIMADE answerer, Materials Project's wire, failures."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from wire import MCP, Session, serve

from crystalyse_references.search import _without_cell

SILICA = {"id": "x-1", "type": "structures", "attributes": {
    "chemical_formula_reduced": "MgO", "lattice_vectors": [[0, 2.1, 2.1], [2.1, 0, 2.1], [2.1, 2.1, 0]], "species_at_sites": ["Mg", "O"], "structure_features": [],
    "species": [{"name": "Mg", "chemical_symbols": ["Mg"]}, {"name": "O", "chemical_symbols": ["O"]}], "cartesian_site_positions": [[0, 0, 0], [2.1, 2.1, 2.1]]}}
OTHER = {"id": "x-2", "type": "structures", "attributes": SILICA["attributes"] | {  # type: ignore[operator]
    "species_at_sites": ["Ca", "O"], "species": [{"name": "Ca", "chemical_symbols": ["Ca"]}, {"name": "O", "chemical_symbols": ["O"]}]}}
MIXED = {"id": "x-3", "type": "structures", "attributes": SILICA["attributes"] | {  # type: ignore[operator]
    "species_at_sites": ["M", "O"], "species": [{"name": "M", "chemical_symbols": ["Mg", "Ca"]}, {"name": "O", "chemical_symbols": ["O"]}]}}
THERMO = [{"material_id": i, "formula_pretty": f, "formation_energy_per_atom": e, "energy_above_hull": h}
          for i, f, e, h in (("mp-1", "Mg", 0.0, 0.0), ("mp-2", "O2", 0.0, 0.0), ("mp-3", "MgO", -3.03, 0.0), ("mp-4", "MgO2", -2.0, 0.06))]


ENTRIES = [SILICA, OTHER, MIXED]


def elements_of(entry: dict[str, Any]) -> set[str]:
    return {el for s in entry["attributes"]["species"] for el in s["chemical_symbols"]}


def matches(query: str, entry: dict[str, Any]) -> bool:
    """The two filters that are asked, over an entry."""
    named, own = set(re.findall(r'"(\w+)"', query)), elements_of(entry)
    if " HAS ONLY " in query:
        return own <= named
    count = re.fullmatch(r'elements HAS ALL [^A-Z]*(?:"\w+"(?:, )?)+ AND nelements=(\d+)', query)
    assert count, query
    return named <= own and len(own) == int(count[1])


class Answerer(http.server.BaseHTTPRequestHandler):
    """OPTIMADE structures by the filter, one a page; /old has no HAS ONLY, /endless always a next page. And the thermo route of Materials Project."""

    asked: list[str] = []  # noqa: RUF012
    given: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        Answerer.asked.append(self.path)
        host = f"http://{self.headers['Host']}"
        if url.path == "/thermo":
            return self.say(200, json.dumps({"data": THERMO})) if self.headers.get("X-API-KEY") == "k" * 32 else self.say(401, "{}")
        if not url.path.endswith("/v1/structures") or url.path.startswith("/broken"):
            return self.say(500, "no json")
        asked = parse_qs(url.query)
        query, page = asked["filter"][0], int(asked.get("page", ["0"])[0])
        if url.path.startswith("/old") and "HAS ONLY" in query:
            return self.say(501, "{}")
        found = [e for e in ENTRIES if matches(query, e)]
        Answerer.given += [e["id"] for e in found[page:page + 1]]
        more = page + 1 < len(found) or url.path.startswith("/endless")
        following = f"{host}{url.path}?{urlencode({'filter': query, 'page': page + 1})}"
        if url.path.startswith("/astray"):
            following = f"{host}.example{url.path}"
        return self.say(200, json.dumps({"data": found[page:page + 1], "links": {"next": {"href": following} if more else None}}))

    def say(self, code: int, text: str) -> None:
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answerer)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()


@pytest.fixture(scope="module")
def server(base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    env = {"CRYSTALYSE_OPTIMADE": f"{base},{base}/broken,http://127.0.0.1:9", "CRYSTALYSE_MP_URL": f"{base}/thermo", "MP_API_KEY": "k" * 32}
    with serve("references", tmp_path_factory.mktemp("references"), **env) as session:
        yield session


def test_bundled_phases_need_no_network(server: Session) -> None:
    out = server.call("search_reference_phases", {"elements": ["O", "Mg"]})
    assert out["system"] == "Mg-O" and {i["formula"] for i in out["items"]} == {"Mg", "O2", "MgO", "MgO2"}
    assert all(i["structure_id"] and i["citation"] for i in out["items"]) and out["missing"] == []
    assert "K2ZrO3" in server.call("search_reference_phases", {"elements": ["K", "Zr", "O"]})["missing"]


def test_a_failing_database_is_named_and_the_others_stand(server: Session) -> None:
    args = {"elements": ["Mg", "O"], "sources": ["optimade"]}
    out = server.call("search_reference_phases", args)
    good, broken, dead = out["sources"]
    assert (good["found"], good["error"], good["cached"]) == (1, None, False)
    assert "HTTP 500" in broken["error"] and "cannot be reached" in dead["error"]
    assert [(i["formula"], i["name"]) for i in out["items"]] == [("MgO", "x-1")], "other elements and mixed sites are left out"
    before = len([p for p in Answerer.asked if "broken" not in p])
    again = server.call("search_reference_phases", args)
    assert again["sources"][0]["cached"] and len([p for p in Answerer.asked if "broken" not in p]) == before


def test_entries_of_other_systems_are_not_even_asked_for(base: str, tmp_path: Path) -> None:
    args = {"elements": ["Mg", "O"], "sources": ["optimade"]}
    for place, requests in ("", 1), ("/old", 4):  # without HAS ONLY: the refusal, then Mg-O, Mg and O
        Answerer.asked.clear()
        Answerer.given.clear()
        with serve("references", tmp_path / f"x{place.strip('/')}", CRYSTALYSE_OPTIMADE=f"{base}{place}") as asking:
            out = asking.call("search_reference_phases", args)
        assert [i["name"] for i in out["items"]] == ["x-1"] and out["sources"][0]["cut"] is False
        assert Answerer.given == ["x-1"] and len(Answerer.asked) == requests


def test_pages_end_and_what_is_cut_is_said(base: str, tmp_path: Path) -> None:
    args = {"elements": ["Ca", "Mg", "O"], "sources": ["optimade"]}
    Answerer.asked.clear()
    with serve("references", tmp_path, CRYSTALYSE_OPTIMADE=f"{base},{base}/endless,{base}/astray") as asking:
        whole, endless, astray = asking.call("search_reference_phases", args)["sources"]
    assert (whole["found"], whole["cut"]) == (2, False), "three entries on three pages, one of them disordered"
    assert endless["cut"] and len([p for p in Answerer.asked if "endless" in p]) == 20
    assert "another place" in astray["error"]


def test_materials_project_with_the_users_key(server: Session) -> None:
    out = server.call("get_phase_diagram", {"elements": ["Mg", "O"], "source": "materials_project"})
    above = {p["formula"]: p["energy_above_hull_per_atom"] for p in out["phases"]}
    assert out["stable"] == ["Mg", "MgO", "O2"] and above["MgO2"] > 0 and out["entries"] == 4
    assert "MP2020" in out["energy_level"] and out["date"]


def test_no_key_and_a_wrong_key(base: str, tmp_path: Path) -> None:
    with serve("references", tmp_path / "a") as plain:
        assert "MP_API_KEY" in plain.fault("get_phase_diagram", {"elements": ["Mg", "O"], "source": "materials_project"})["message"]
    with serve("references", tmp_path / "b", MP_API_KEY="wrong-secret", CRYSTALYSE_MP_URL=f"{base}/thermo") as wrong:
        fault = wrong.fault("get_phase_diagram", {"elements": ["Mg", "O"], "source": "materials_project"})
        assert "check the key" in fault["message"] and "wrong-secret" not in json.dumps(fault)


def test_own_diagram_needs_computed_energies(server: Session) -> None:
    fault = server.fault("get_phase_diagram", {"elements": ["Mg", "O"]})
    assert fault["code"] == "unavailable" and "calculate_energy_above_hull" in fault["suggestions"][0]
    assert server.fault("search_reference_phases", {"elements": ["Xx"]})["field"] == "elements.0"
    for other in ("sevennet", "../x"):
        assert server.fault("get_phase_diagram", {"elements": ["Mg", "O"], "potential": other})["code"] == "unsupported"


def test_of_a_listed_compound_the_form_that_is_missing_is_named() -> None:
    assert _without_cell("LiFeO2", "its ordered tetragonal form (gamma): Cox et al.", ["Fe", "Li", "O"]) == "LiFeO2 (its ordered tetragonal form (gamma); no cell in the list)"
    assert _without_cell("Li5FeO4", "Villars and Cenzual", ["Fe", "Li", "O"]) == "Li5FeO4 (no cell in the list)"


def test_energies_of_two_checkpoints_are_never_mixed(tmp_path: Path) -> None:
    def keep(folder: str, **energies: float) -> None:
        for name, energy in energies.items():
            path = tmp_path / "artifacts" / "references" / folder / f"{name.replace('_', '-')}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"phase": labels[name], "energy_per_atom": energy, "converged": True, "structure_id": ids[name]}))

    with serve("references", tmp_path, CRYSTALYSE_OPTIMADE="") as own:
        items = own.call("search_reference_phases", {"elements": ["Mg", "O"]})["items"]
        ids = {{"Mg": "Mg", "O2": "O"}.get(i["formula"], f"{i['formula']}_{i['name']}"): i["structure_id"] for i in items}
        labels = {"Mg": "hcp Mg", "O": "alpha-O2 C2/m", "MgO_rocksalt": "MgO (rocksalt)", "MgO2_pyrite": "MgO2 (pyrite)"}
        keep("chgnet-aaaa", Mg=-1.6, O=-4.9, MgO_rocksalt=-6.3)
        keep("chgnet-bbbb", O=-40.0, MgO2_pyrite=-50.0)
        out = own.call("get_phase_diagram", {"elements": ["Mg", "O"]})
    formation = {p["formula"]: p["formation_energy_per_atom"] for p in out["phases"]}
    assert formation == {"Mg": 0, "O2": 0, "MgO": pytest.approx(-6.3 + (1.6 + 4.9) / 2)} and out["missing"] == ["MgO2-pyrite"]


def test_tools_are_the_golden_ones(server: Session) -> None:
    golden = json.loads((MCP / "golden" / "references.json").read_text())
    live = {t["name"]: (t["description"], t["inputSchema"], t["outputSchema"]) for t in server.tools()}
    assert live == {t["name"]: (t["description"], t["inputSchema"], t["outputSchema"]) for t in golden["tools"]}
