import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { json, Problem, requestId } from "../api/client";
import { asSentence } from "../lib/format";
import type { StructureRef } from "./types";

const LARGEST = 1_000_000; // bytes; the server refuses more

interface Parsed {
  structure_id: string;
  formula: string;
  n_atoms: number;
  origin: string;
  space_group: { symbol: string; number: number } | null;
}

/** Sends a structure file to be read by the server. */
export async function uploadStructure(file: File): Promise<StructureRef> {
  if (file.size > LARGEST) {
    throw new Problem({
      status: 413,
      code: "limit",
      field: file.name,
      detail: "The file is larger than 1 MB.",
      hint: "Use a CIF or POSCAR of one structure.",
    });
  }
  const body = { format: "auto", text: await file.text(), name: file.name, request_id: requestId() };
  const s = await json<Parsed>("/structures", { method: "POST", body });
  return {
    id: s.structure_id,
    formula: s.formula,
    nAtoms: s.n_atoms,
    origin: s.origin,
    label: file.name,
    spaceGroup: s.space_group,
  };
}

/** Wraps what a file can be dropped on, and gives a button for those who do not drop. */
export function DropZone({
  onStructure,
  children,
}: {
  onStructure: (s: StructureRef) => void;
  children: (open: () => void) => ReactNode;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const { read, busy, problem, dismiss } = useReading(onStructure);
  const drag = (e: DragEvent, on: boolean) => {
    if (![...e.dataTransfer.types].includes("Files")) return;
    e.preventDefault();
    setOver(on);
  };
  return (
    <div
      className={over ? "st-drop over" : "st-drop"}
      onDragEnter={(e) => drag(e, true)}
      onDragOver={(e) => drag(e, true)}
      onDragLeave={(e) => {
        if (!e.currentTarget.contains(e.relatedTarget as Node | null)) drag(e, false);
      }}
      onDrop={(e) => {
        drag(e, false);
        void read(e.dataTransfer.files[0]);
      }}
    >
      {children(() => input.current?.click())}
      <input
        ref={input}
        type="file"
        className="hidden"
        tabIndex={-1}
        aria-label="Structure file"
        accept=".cif,.vasp,.poscar,.xyz,.extxyz,.json,*"
        onChange={(e) => {
          void read(e.currentTarget.files?.[0]);
          e.currentTarget.value = "";
        }}
      />
      {over ? <p className="st-drop-note">Drop a CIF, POSCAR or extended XYZ file</p> : null}
      {busy ? (
        <p className="st-notice small" role="status">
          Reading {busy}…
        </p>
      ) : null}
      {problem ? (
        <div className="st-notice small ink-red" role="alert">
          <p>{asSentence(problem.body.detail)}</p>
          {problem.body.hint ? <p>{asSentence(problem.body.hint)}</p> : null}
          <button type="button" className="btn quiet" onClick={dismiss}>
            Dismiss
          </button>
        </div>
      ) : null}
    </div>
  );
}

/** A file on its way to the server: which one, or what was wrong with it. */
function useReading(onStructure: (s: StructureRef) => void) {
  const [busy, setBusy] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const read = async (file: File | undefined) => {
    if (!file) return;
    setBusy(file.name);
    setProblem(null);
    try {
      onStructure(await uploadStructure(file));
    } catch (e) {
      const unreadable = { status: 0, code: "unreadable", detail: `${file.name} could not be read.` };
      setProblem(e instanceof Problem ? e : new Problem(unreadable));
    } finally {
      setBusy("");
    }
  };
  return { read, busy, problem, dismiss: () => setProblem(null) };
}
