import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Event } from "../event/events.gen";
import { fold } from "../run/log";
import { CrystalViewer } from "./CrystalViewer";

class NoObserver {
  observe() {}
  disconnect() {}
}

const asked: string[] = [];
beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("ResizeObserver", NoObserver);
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    return new Response('{"detail":"not found","code":"not_found"}', { status: 404 });
  });
});
afterEach(() => vi.unstubAllGlobals());

const made = {
  id: "disc-1/0/t1.tool1/1/0",
  timestamp: 1,
  type: "structure_generated",
  agent_name: "CrystaLyse",
  mode: "creative",
  data: {
    structure_id: "st_1",
    call_id: "t1.tool1",
    formula: "NaCl",
    n_atoms: 2,
    origin: "prototype",
    space_group: null,
  },
  metadata: { session_id: "s", discovery_id: "disc-1", step: "t1.tool1", attempt: 1, ord: 1 },
} as unknown as Event;

it.each([
  [true, "/api/v1/structures/st_1?discovery=disc-1"],
  [false, "/api/v1/structures/st_1"],
])(
  "asks a discovery that the server has where a structure comes from, and no run of a file (%s)",
  async (live, path) => {
    render(
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <CrystalViewer discovery={fold([made]).discoveries[0]} ask={live} />
      </QueryClientProvider>,
    );
    await screen.findByRole("alert");
    expect(asked).toContain(path);
  },
);
