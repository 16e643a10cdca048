// The contract in use: the union narrows by type, and a type without a case
// fails the build.
import type { Event } from "./events.gen";

function assertNever(e: never): never {
  throw new Error(`unknown event ${JSON.stringify(e)}`);
}

/** The call an event belongs to, if it belongs to one. */
export function callOf(e: Event): string | undefined {
  switch (e.type) {
    case "tool_call_start":
    case "tool_call_progress":
    case "tool_call_result":
    case "structure_generated":
    case "structure_updated":
    case "approval_request":
      return e.data.call_id;
    case "session_start":
    case "session_end":
    case "reasoning_start":
    case "reasoning_update":
    case "reasoning_end":
    case "task_start":
    case "task_progress":
    case "task_end":
    case "memory_write":
    case "memory_read":
    case "memory_search":
    case "memory_consolidate":
    case "energy_calculated":
    case "validation_complete":
    case "discovery_status":
    case "discovery_complete":
    case "discovery_deleted":
    case "question":
    case "attempt_superseded":
    case "error":
    case "usage_update":
      return undefined;
    default:
      return assertNever(e);
  }
}
