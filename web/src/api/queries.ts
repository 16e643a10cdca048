// Server state by TanStack Query: what is fetched, not streamed.
import { QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { json, Problem, requestId } from "./client";
import type { Budget, DiscoveryList, DiscoveryRecord, Me, Mode, Report, SessionList } from "./types";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (n, err) => n < 4 && (!(err instanceof Problem) || err.status === 0 || err.status >= 500),
      refetchOnWindowFocus: false,
    },
  },
});

export function useMe() {
  return useQuery({
    queryKey: ["me"],
    queryFn: () => json<Me>("/auth/me"),
    staleTime: 300_000,
  });
}

export function useSessions() {
  return useQuery({
    queryKey: ["sessions"],
    queryFn: () => json<SessionList>("/sessions?limit=200"),
    refetchInterval: 60_000,
  });
}

/** The latest discoveries of all sessions, for the state shown in the rail. */
export function useRecent(always = false) {
  return useQuery({
    queryKey: ["discoveries", "recent"],
    queryFn: () => json<DiscoveryList>("/discoveries?limit=200"),
    refetchInterval: 15_000,
    refetchIntervalInBackground: always,
  });
}

export function useRecord(id: string | undefined, closed: boolean) {
  return useQuery({
    queryKey: ["discovery", id, closed],
    queryFn: () => json<DiscoveryRecord>(`/discoveries/${id}`),
    enabled: id !== undefined,
    staleTime: closed ? Number.POSITIVE_INFINITY : 30_000,
  });
}

export function useReport(id: string | undefined, closed: boolean) {
  return useQuery({
    queryKey: ["report", id],
    queryFn: () => json<Report>(`/discoveries/${id}/report`),
    enabled: id !== undefined && closed,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export interface Ask {
  query: string;
  mode: Mode;
  session_id?: string;
  budget?: Partial<Budget>;
}

/** Asks for a discovery. The request id makes a repeat harmless. */
export function useCreate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, ...ask }: Ask & { key: string }) =>
      json<DiscoveryRecord>("/discoveries", { method: "POST", body: ask, headers: { "Idempotency-Key": key } }),
    retry: (n, err) => n < 2 && err instanceof Problem && err.status === 0,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["sessions"] });
      void client.invalidateQueries({ queryKey: ["discoveries"] });
    },
  });
}

export type Update =
  | { kind: "steer"; text: string }
  | { kind: "answer"; question_id: string; text: string }
  | { kind: "approve"; call_id: string; decision: "allow" | "deny"; remember: boolean }
  | { kind: "pause"; reason?: string }
  | { kind: "resume" }
  | { kind: "cancel_step"; step: string }
  | { kind: "set_budget"; budget: Partial<Budget> }
  | { kind: "retry_step"; step: string }
  | { kind: "skip_step"; step: string }
  | { kind: "finish_now" };

/** Sends an instruction to a running discovery. */
export function useUpdate(id: string) {
  return useMutation({
    mutationFn: async (u: Update) => {
      await json(`/discoveries/${id}/updates`, { method: "POST", body: { request_id: requestId(), ...u } });
    },
  });
}

export function useCancel(id: string) {
  return useMutation({
    mutationFn: (reason: string) => json(`/discoveries/${id}/cancel`, { method: "POST", body: { reason } }),
  });
}

export function useRetryDiscovery(id: string) {
  return useMutation({
    mutationFn: () =>
      json<DiscoveryRecord>(`/discoveries/${id}/retry`, { method: "POST", body: { request_id: requestId() } }),
  });
}

export function useFork(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (f: { turn: number; query: string }) =>
      json<DiscoveryRecord>(`/discoveries/${id}/fork`, { method: "POST", body: { request_id: requestId(), ...f } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["discoveries"] }),
  });
}
