import { render, screen, within } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { Event } from "../event/events.gen";
import { RunContext } from "../hooks/useRun";
import { fold } from "../run/log";
import { RunStore } from "../run/store";
import { useUi } from "../ui/state";
import { CallLog } from "./CallLog";
import { ToolProgress } from "./ToolCard";

const did = "disc-1";
const made = (type: string, n: number, data: object, ord?: number) =>
  ({
    id: `${did}/0/t1.tool1/1/${n}`,
    timestamp: n,
    type,
    agent_name: "CrystaLyse",
    mode: "creative",
    data,
    metadata: { session_id: "s", discovery_id: did, step: "t1.tool1", attempt: 1, ...(ord ? { ord } : {}) },
  }) as unknown as Event;
const id = { task_id: "t1.tool1.wait", total_steps: 1 };
const start = made("tool_call_start", 1, { call_id: "t1.tool1", tool: "relax_structure", server: "mace" }, 1);
const waits = made("task_start", 2, { ...id, task_type: "waiting", details: "waiting: 0.1 GB so far" }, 2);
const still = made("task_progress", 1001, { ...id, completed_steps: 0, progress: 0, details: "waiting: 5 GB so far" });

function shown(events: Event[]): void {
  const call = fold(events).discoveries[0]?.calls[0];
  if (!call) throw new Error("there is no call");
  render(
    <RunContext value={RunStore.of("s", events)}>
      <ToolProgress call={call} discovery={did} />
      <CallLog call={call} discovery={did} />
    </RunContext>,
  );
}

it("says what a call waits for, in the server's newest words", () => {
  shown([start, waits, still]);
  expect(screen.getByText("Waiting: 5 GB so far")).toBeTruthy();
  expect(screen.queryByText(/step/)).toBeNull();
});

it("says it to whoever came too late for the live words", () => {
  shown([start, waits]);
  expect(screen.getByText("Waiting: 0.1 GB so far")).toBeTruthy();
});

const says = (n: number, message: string) =>
  made("tool_call_progress", n, { call_id: "t1.tool1", progress: n, total: 0, message, details: {} });
const goes = made(
  "task_end",
  4,
  { ...id, task_type: "waiting", status: "completed", completed_steps: 1, details: "" },
  3,
);
const log = () =>
  within(screen.getByRole("list"))
    .getAllByRole("listitem")
    .map((l) => l.querySelector("span")?.textContent);

it("keeps a log of what a call did and said, by time", () => {
  shown([start, waits, goes, says(5, "samples 1/2"), says(6, "samples 1/2"), says(7, "samples 2/2")]);
  expect(log()).toEqual(["Waiting begins", "Waiting completed, 1 of 1", "Samples 1/2", "Samples 2/2"]);
});

afterEach(() => useUi.setState({ replayAt: undefined }));

it("says in a replay only what had been said by then", () => {
  useUi.setState({ replayAt: 4 });
  shown([start, waits, goes, says(5, "samples 1/2"), says(7, "samples 2/2")]);
  expect(log()).toEqual(["Waiting begins", "Waiting completed, 1 of 1", "Samples 1/2"]);
});
