// The stored path of a relaxation, for pictures and for plots.
import { useQuery } from "@tanstack/react-query";
import { Problem, request } from "../api/client";
import { decodeCompact } from "../viewer/compact";
import { type Crystal, fromCompact } from "../viewer/crystal";

async function trajectory(id: string, signal: AbortSignal): Promise<Crystal | null> {
  try {
    const res = await request(`/structures/${id}/trajectory`, { signal, accept: "application/vnd.crystalyse.compact" });
    return fromCompact(id, decodeCompact(await res.arrayBuffer()));
  } catch (e) {
    if (e instanceof Problem && e.status === 404) return null; // not the result of a relaxation
    throw e;
  }
}

/** Null where there is none. A structure never changes under its id. */
export function useTrajectory(id: string | undefined, enabled: boolean) {
  return useQuery({
    staleTime: Number.POSITIVE_INFINITY,
    queryKey: ["trajectory", id],
    queryFn: ({ signal }) => trajectory(id as string, signal),
    enabled: enabled && id !== undefined,
    retry: 1,
  });
}
