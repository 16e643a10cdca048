// A run as a file: one JSON object a line, first a head, then events, then the
// reports. What is read back folds to the same state.
import { json, Problem } from "../api/client";
import type { Report } from "../api/types";
import type { Event } from "../event/events.gen";
import { isEvent } from "../stream/frames";

const kind = "crystalyse-run";
const version = 1;

export interface Run {
  session: string;
  events: Event[];
  reports: Report[];
}

export function encodeRun(run: Run): string {
  const lines: unknown[] = [
    { kind, version, session: run.session },
    ...run.events.map((event) => ({ event })),
    ...run.reports.map((report) => ({ report })),
  ];
  return `${lines.map((l) => JSON.stringify(l)).join("\n")}\n`;
}

export function decodeRun(text: string): Run {
  const lines = text.split("\n").filter((l) => l.trim() !== "");
  const head = parse(lines[0] ?? "", 1) as { kind?: unknown; version?: unknown; session?: unknown };
  if (head.kind !== kind) throw new Error("This file is not a run downloaded from CrystaLyse.");
  if (head.version !== version)
    throw new Error(
      `This run was written by another version (${String(head.version)}); this page reads version ${version}.`,
    );
  const run: Run = { session: String(head.session), events: [], reports: [] };
  for (const [i, l] of lines.slice(1).entries()) {
    const x = parse(l, i + 2) as { event?: unknown; report?: unknown };
    if (isEvent(x.event)) run.events.push(x.event);
    else if (typeof x.report === "object" && x.report !== null) run.reports.push(x.report as Report);
    else throw new Error(`Line ${i + 2} holds neither an event nor a report.`);
  }
  return run;
}

function parse(line: string, n: number): unknown {
  try {
    const x: unknown = JSON.parse(line);
    if (typeof x === "object" && x !== null) return x;
  } catch {
    // told below
  }
  throw new Error(`Line ${n} is not a JSON object; the file is damaged or of another kind.`);
}

/** The run with the reports of its closed discoveries. */
export async function exportRun(session: string, events: Event[], stored: Report | undefined): Promise<string> {
  const closed = events.filter((e) => e.type === "discovery_complete").map((e) => e.metadata.discovery_id);
  const reports: Report[] = [];
  for (const id of new Set(closed)) {
    if (stored && stored.discovery_id === id) {
      reports.push(stored);
      continue;
    }
    try {
      reports.push(await json<Report>(`/discoveries/${id}/report`));
    } catch (err) {
      // The events tell the run without its report, too.
      if (!(err instanceof Problem)) throw err;
    }
  }
  return encodeRun({ session, events, reports });
}
