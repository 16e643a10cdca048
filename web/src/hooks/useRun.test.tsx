import { render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { Event } from "../event/events.gen";
import { RunStore } from "../run/store";
import { useUi } from "../ui/state";
import { RunContext, useRunTime } from "./useRun";

const status = (n: number, at: number) =>
  ({
    id: `disc-1/0/w/r.${n}/0`,
    timestamp: at,
    type: "discovery_status",
    agent_name: "CrystaLyse",
    mode: "creative",
    data: { status: "running", gen: 0 },
    metadata: { session_id: "s", discovery_id: "disc-1", ord: n },
  }) as unknown as Event;

function Time() {
  return <p>{useRunTime(true)}</p>;
}

afterEach(() => useUi.setState({ replayAt: undefined }));

it("stands still at the moment that a replay shows", () => {
  useUi.setState({ replayAt: 2 });
  render(
    <RunContext value={RunStore.of("s", [status(1, 100), status(2, 160), status(3, 400)])}>
      <Time />
    </RunContext>,
  );
  expect(screen.getByText("160")).toBeTruthy();
});
