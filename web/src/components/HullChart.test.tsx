import { render, screen } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import type { Hull, HullPoint } from "../run/candidates";
import { HullDrawing } from "./HullDrawing";

class NoObserver {
  observe() {}
  disconnect() {}
}
beforeEach(() => void vi.stubGlobal("ResizeObserver", NoObserver)); // jsdom lays nothing out

const point = (formula: string, formation: number, candidate = false): HullPoint => ({
  formula,
  formation,
  onHull: true,
  candidate,
  structureId: `st_${formula}`,
  source: "",
});
const hull = (system: string, points: HullPoint[]): Hull => ({
  system,
  kind: "computed",
  entries: points.length,
  date: "",
  missing: [],
  points,
  step: "t1.tool1",
});

it("draws two elements as a line of phases", () => {
  const { container } = render(
    <HullDrawing hull={hull("Na-Cl", [point("Na", 0), point("NaCl", -2, true), point("Cl", 0)])} />,
  );
  expect(screen.getByRole("img", { name: /between Na and Cl/ })).toBeTruthy();
  expect(container.querySelector("polyline")?.getAttribute("points")?.split(" ")).toHaveLength(3);
  expect(container.querySelectorAll("rect.candidate")).toHaveLength(1);
});

it("draws three elements as a triangle with its tie lines", () => {
  const { container } = render(
    <HullDrawing
      hull={hull("Na-Fe-O", [point("Na", 0), point("Fe", 0), point("O", 0), point("NaFeO2", -1.8, true)])}
    />,
  );
  expect(screen.getByRole("img", { name: /Phases of Na-Fe-O/ })).toBeTruthy();
  expect(container.querySelectorAll("line.hull-line")).toHaveLength(6);
});

it("leaves four elements to the table", () => {
  expect(render(<HullDrawing hull={hull("Li-Fe-P-O", [point("LiFePO4", -2)])} />).container.innerHTML).toBe("");
});
