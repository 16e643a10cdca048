import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode, useState } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Crystal, DEFAULTS } from "../viewer";
import { sample } from "../viewer/testing";
import { AtomTable } from "./AtomTable";
import { DropZone } from "./DropZone";
import { Frames } from "./Frames";
import { DrawnNote, Legend } from "./Legend";
import StructurePanel from "./StructurePanel";

class NoObserver {
  observe() {}
  disconnect() {}
}

const answers: Record<string, () => Response> = {};
const asked: { path: string; method: string; body: string }[] = [];

beforeEach(() => {
  asked.length = 0;
  for (const k of Object.keys(answers)) delete answers[k];
  vi.stubGlobal("ResizeObserver", NoObserver);
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => {
    asked.push({ path, method: init?.method ?? "GET", body: String(init?.body ?? "") });
    const answer = answers[path];
    return answer ? answer() : new Response('{"detail":"not found","code":"not_found"}', { status: 404 });
  });
  // jsdom has no canvas: the panel is seen as by a browser without WebGL.
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
});
afterEach(() => vi.unstubAllGlobals());

const record = {
  structure_id: "st_1",
  formula: "NaCl",
  origin: "input",
  species: ["Na", "Cl"],
  lattice: [
    [0, 2.8, 2.8],
    [2.8, 0, 2.8],
    [2.8, 2.8, 0],
  ],
  frac_coords: [
    [0, 0, 0],
    [0.5, 0.5, 0.5],
  ],
};
const symmetry = {
  space_group_symbol: "Fm-3m",
  space_group_number: 225,
  symprec: 0.01,
  crystal_system: "cubic",
  note: null,
  scan: [{ symprec: 0.01, space_group_symbol: "Fm-3m", space_group_number: 225 }],
  conventional: {
    lattice_a: 5.6,
    lattice_b: 5.6,
    lattice_c: 5.6,
    lattice_alpha: 90,
    lattice_beta: 90,
    lattice_gamma: 90,
    volume: 175.6,
    n_atoms: 8,
  },
  wyckoff: [{ element: "Na", letter: "4a", count: 4 }],
  volume_per_atom: 21.95,
  density: 2.2,
};
const notes = {
  structure_id: "st_1",
  bonds: [{ i: 0, j: 1, image: [0, 0, -1], length: 2.8 }],
  bonds_method: "CrystalNN",
  bonds_note: null,
  symmetry,
  sites: [
    { wyckoff: "a", site_symmetry: "m-3m", orbit: 0 },
    { wyckoff: "b", site_symmetry: "m-3m", orbit: 1 },
  ],
};
const body = (x: unknown) => () => new Response(JSON.stringify(x));
const page = (children: ReactNode) =>
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      {children}
    </QueryClientProvider>,
  );

describe("the panel without WebGL", () => {
  it("shows every atom in the table, then symmetry as soon as it is there", async () => {
    answers["/api/v1/structures/st_1"] = body(record);
    answers["/api/v1/structures/st_1/annotations"] = body(notes);
    page(<StructurePanel structures={[{ id: "st_1", formula: "NaCl" }]} selectedId="st_1" onSelect={() => {}} />);
    const grid = await screen.findByRole("grid", { name: "Atoms" });
    expect(grid.getAttribute("aria-rowcount")).toBe("3");
    expect(screen.getByText(/no WebGL 2/)).toBeTruthy();
    await userEvent.click(screen.getByRole("tab", { name: "Symmetry" }));
    expect(await screen.findByText("225", { selector: ".st-group .num" })).toBeTruthy();
    expect(screen.getByText("4a")).toBeTruthy();
    expect(asked.some((a) => a.path.endsWith("/trajectory"))).toBe(false);
  });

  it("follows a relaxation that runs, and shows the stored atoms when it has ended", async () => {
    answers["/api/v1/structures/st_1"] = body(record);
    const compact = "Q0xDAQACAQICTmECQ2wAAQEBAMCA4gLAgOICwIDiAgDAgOICwIDiAsCA4gIAAKgtAKgtAOwx";
    const live = { structure_id: "st_1", frame: 13, energy_per_atom: -3.4123, fmax: 0.2, compact };
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    const panel = (now: typeof live | undefined) => (
      <QueryClientProvider client={client}>
        <StructurePanel structures={[]} selectedId="st_1" onSelect={() => {}} live={now} />
      </QueryClientProvider>
    );
    const { rerender } = render(panel(live));
    await screen.findByRole("grid");
    expect(screen.getByText(/Relaxing, step 13: -3.4123 eV\/atom, largest force 0.200/)).toBeTruthy();
    expect(screen.getAllByText("0.55000")[0]).toBeTruthy();
    rerender(panel(undefined));
    expect(screen.queryByText("0.55000")).toBeNull();
    expect(screen.queryByText(/Relaxing/)).toBeNull();
  });

  it("asks for the path of a relaxed structure only, and says what went wrong", async () => {
    answers["/api/v1/structures/st_1"] = body({ ...record, origin: "relaxed" });
    page(<StructurePanel structures={[]} selectedId="st_1" onSelect={() => {}} />);
    await screen.findByRole("grid");
    expect(asked.some((a) => a.path.endsWith("/trajectory"))).toBe(true);
    page(<StructurePanel structures={[]} selectedId="st_2" onSelect={() => {}} />);
    expect((await screen.findByRole("alert")).textContent).toContain("Not found");
  });

  it("asks where a structure comes from as its discovery has it", async () => {
    answers["/api/v1/structures/st_1"] = body({ ...record, origin: "relaxed" });
    answers["/api/v1/structures/st_1?discovery=disc-2"] = body({ ...record, origin: "prototype" });
    page(<StructurePanel structures={[]} selectedId="st_1" discovery="disc-2" onSelect={() => {}} />);
    await screen.findByRole("grid");
    expect(asked.map((a) => a.path)).toContain("/api/v1/structures/st_1/annotations?discovery=disc-2");
    expect(asked.some((a) => a.path.endsWith("/trajectory"))).toBe(false);
  });

  it("takes a file and selects what the server made of it", async () => {
    answers["/api/v1/structures"] = () =>
      new Response(
        JSON.stringify({ structure_id: "st_9", formula: "CaF2", n_atoms: 3, origin: "input", space_group: null }),
        { status: 201 },
      );
    const select = vi.fn();
    page(<StructurePanel structures={[]} selectedId={undefined} onSelect={select} />);
    await userEvent.upload(screen.getByLabelText("Structure file"), new File(["data_x"], "x.cif"));
    await vi.waitFor(() => expect(select).toHaveBeenCalledWith("st_9"));
    const sent = JSON.parse(asked.find((a) => a.method === "POST")?.body ?? "{}");
    expect([sent.format, sent.text, sent.name]).toEqual(["auto", "data_x", "x.cif"]);
  });

  it("asks about a file that was brought, and counts its one atom as one", async () => {
    answers["/api/v1/structures"] = () =>
      new Response(JSON.stringify({ structure_id: "st_8", formula: "Cu", n_atoms: 1, origin: "input" }), {
        status: 201,
      });
    const Page = () => {
      const [id, select] = useState<string>();
      return <StructurePanel structures={[]} selectedId={id} onSelect={select} onAsk={() => {}} />;
    };
    page(<Page />);
    await userEvent.upload(screen.getByLabelText("Structure file"), new File(["data_x"], "x.cif"));
    await screen.findByText("Ask about it");
    expect(screen.getByText("1 atom")).toBeTruthy();
  });
});

describe("a dropped file", () => {
  it("that the server refuses is answered with its words, and can be dismissed", async () => {
    answers["/api/v1/structures"] = () =>
      new Response('{"detail":"atoms overlap","hint":"check the cell","code":"invalid"}', { status: 422 });
    page(<DropZone onStructure={() => {}}>{() => <p>here</p>}</DropZone>);
    fireEvent.drop(screen.getByText("here"), {
      dataTransfer: { types: ["Files"], files: [new File(["x"], "bad.cif")] },
    });
    expect((await screen.findByRole("alert")).textContent).toContain("Atoms overlapCheck the cell");
    await userEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("the table", () => {
  const crystal = sample("LiFePO4");
  const rows = () => within(screen.getByRole("grid")).getAllByRole("row").slice(1);

  it("sorts by every column", async () => {
    page(<AtomTable crystal={crystal} frame={0} sites={null} selected={[]} onSelect={() => {}} />);
    expect(rows()[0]?.textContent).toContain("Li");
    await userEvent.click(screen.getByRole("button", { name: "Sort by element" }));
    expect(rows()[0]?.textContent).toContain("Fe");
    await userEvent.click(screen.getByRole("button", { name: "Sort by element" }));
    expect(document.querySelector('[aria-sort="descending"]')?.textContent).toContain("Element");
  });

  it("selects by mouse and by keys", async () => {
    const select = vi.fn();
    page(
      <AtomTable
        crystal={crystal}
        frame={0}
        sites={null}
        selected={[{ atom: 0, image: [0, 0, 0] }]}
        onSelect={select}
      />,
    );
    expect(rows()[0]?.getAttribute("aria-selected")).toBe("true");
    await userEvent.click(rows()[2] as HTMLElement);
    expect(select).toHaveBeenLastCalledWith([{ atom: 2, image: [0, 0, 0] }]);
    const grid = screen.getByRole("grid");
    fireEvent.keyDown(grid, { key: "ArrowDown" });
    fireEvent.keyDown(grid, { key: "Enter", shiftKey: true });
    expect(select).toHaveBeenLastCalledWith([
      { atom: 0, image: [0, 0, 0] },
      { atom: 3, image: [0, 0, 0] },
    ]);
    fireEvent.keyDown(grid, { key: "Home" });
    expect(grid.getAttribute("aria-activedescendant")).toBe("atom-row-0");
  });

  const ofSize = (n: number): Crystal => ({
    ...crystal,
    n,
    kinds: new Uint16Array(n),
    positions: [new Float64Array(3 * n)],
    bonds: null,
  });

  it("mounts the rows of a large structure that are in view", () => {
    page(<AtomTable crystal={ofSize(1000)} frame={0} sites={null} selected={[]} onSelect={() => {}} />);
    const grid = screen.getByRole("grid");
    expect(grid.getAttribute("aria-rowcount")).toBe("1001");
    expect(rows().length).toBeLessThan(60);
    fireEvent.scroll(grid.parentElement as HTMLElement, { target: { scrollTop: 500 * 28 } });
    expect(rows().map((r) => r.id)).toContain("atom-row-500");
    expect(rows().map((r) => r.id)).not.toContain("atom-row-0");
    expect(rows().length).toBeLessThan(60);
  });

  it("shows what is left when the structure becomes a small one", () => {
    const table = (n: number) => (
      <AtomTable crystal={ofSize(n)} frame={0} sites={null} selected={[]} onSelect={() => {}} />
    );
    const { rerender } = render(table(1000));
    fireEvent.scroll(screen.getByRole("grid").parentElement as HTMLElement, { target: { scrollTop: 500 * 28 } });
    rerender(table(3));
    expect(rows().map((r) => r.id)).toEqual(["atom-row-0", "atom-row-1", "atom-row-2"]);
  });
});

describe("frames", () => {
  const base = sample("NaCl");
  const path: Crystal = {
    ...base,
    positions: [0, 1, 2, 3].map(() => base.positions[0] as Float64Array),
    steps: [0, 3, 6, 8],
    energies: Float64Array.of(-26, -27, -27.1, -27.2),
    fmax: Float64Array.of(1, 0.3, 0.1, 0.01),
  };

  it("move by slider, buttons and plot, and say energy and force", async () => {
    const go = vi.fn();
    page(<Frames crystal={path} viewer={null} frame={1} playing={false} onFrame={go} />);
    const slider = screen.getByRole("slider", { name: "Frame" });
    expect(slider.getAttribute("aria-valuetext")).toBe(
      "step 3, energy −3.3750 eV per atom, largest force 0.300 eV per angstrom",
    );
    fireEvent.change(slider, { target: { value: "3" } });
    expect(go).toHaveBeenLastCalledWith(3);
    await userEvent.click(screen.getByRole("button", { name: "Frame before" }));
    expect(go).toHaveBeenLastCalledWith(0);
    await userEvent.click(screen.getByRole("button", { name: "Frame after" }));
    expect(go).toHaveBeenLastCalledWith(2);
    const plot = screen.getByRole("img");
    vi.spyOn(plot, "getBoundingClientRect").mockReturnValue({ left: 0, width: 600 } as DOMRect);
    fireEvent.pointerDown(plot, { clientX: 598 });
    expect(go).toHaveBeenLastCalledWith(3);
  });

  it("are not shown for one frame", () => {
    page(<Frames crystal={base} viewer={null} frame={0} playing={false} onFrame={() => {}} />);
    expect(screen.queryByRole("slider")).toBeNull();
  });
});

describe("what is drawn", () => {
  it("is counted against what was sent", () => {
    const counts = { sentAtoms: 8, sentBonds: 24, cells: 1, atoms: 8, images: 19, bonds: 24, labelsOmitted: false };
    const { rerender } = render(<DrawnNote counts={counts} crystal={sample("NaCl")} />);
    expect(document.body.textContent).toContain("8 atoms + 19 images · 24 bonds (CrystalNN)");
    rerender(<DrawnNote counts={{ ...counts, atoms: 7, bonds: 0 }} crystal={sample("NaCl")} />);
    expect(document.body.textContent).toContain("of 8: some are not drawn");
    expect(document.body.textContent).toContain("24 bonds not drawn");
  });

  it("has a legend with symbols, or a scale", () => {
    const { rerender } = render(<Legend crystal={sample("CaF2")} options={DEFAULTS} />);
    expect(screen.getByRole("list", { name: "Elements" }).textContent).toBe("Ca 4F 8");
    rerender(<Legend crystal={sample("CaF2")} options={{ ...DEFAULTS, colors: "coordination" }} />);
    expect(screen.getByRole("group", { name: "Color scale" }).textContent).toBe("48neighbors");
  });
});
