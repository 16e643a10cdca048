// A structure as it can be shown: first its atoms, then bonds and symmetry, then
// the path of its relaxation, each as soon as it is there.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { json } from "../api/client";
import { type Crystal, fromRecord, type StructureRecord, withPath } from "../viewer";
import { useTrajectory } from "./trajectory";
import type { Annotations } from "./types";

export interface Loaded {
  crystal: Crystal | null;
  annotations: Annotations | null;
  /** Why there are no annotations, in the server's words. */
  annotationsError: unknown;
  pending: boolean;
  /** Bonds and symmetry are being computed. */
  annotating: boolean;
  error: unknown;
  retry: () => void;
}

const always = { staleTime: Number.POSITIVE_INFINITY } as const; // a structure never changes under its id

/** Atoms are one for all; where they come from is told as the discovery has it. */
export function useCrystal(id: string | undefined, discovery: string | undefined): Loaded {
  const enabled = id !== undefined;
  const as = discovery ? `?discovery=${discovery}` : "";
  const record = useQuery({
    ...always,
    queryKey: ["structure", id, discovery],
    queryFn: ({ signal }) => json<StructureRecord & { origin?: string }>(`/structures/${id}${as}`, { signal }),
    enabled,
  });
  const notes = useQuery({
    ...always,
    queryKey: ["annotations", id, discovery],
    queryFn: ({ signal }) => json<Annotations>(`/structures/${id}/annotations${as}`, { signal }),
    enabled,
    retry: 1,
  });
  const path = useTrajectory(id, record.data?.origin === "relaxed");
  const built = useMemo(() => build(record.data, notes.data, path.data), [record.data, notes.data, path.data]);
  return {
    crystal: built.crystal,
    annotations: notes.data ?? null,
    annotationsError: notes.error,
    pending: enabled && record.isPending,
    annotating: enabled && notes.isPending,
    error: record.error ?? built.error,
    retry: () => {
      void record.refetch();
      void notes.refetch();
    },
  };
}

function build(
  record: StructureRecord | undefined,
  notes: Annotations | undefined,
  path: Crystal | null | undefined,
): { crystal: Crystal | null; error: unknown } {
  if (!record) return { crystal: null, error: null };
  try {
    const bonds = notes?.bonds ?? record.bonds ?? null;
    const end = fromRecord({ ...record, bonds, bonds_method: notes?.bonds_method ?? record.bonds_method ?? null });
    return { crystal: (path && withPath(end, path)) ?? end, error: null };
  } catch (error) {
    return { crystal: null, error };
  }
}
