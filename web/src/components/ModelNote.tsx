import { useQuery } from "@tanstack/react-query";
import { json, Problem } from "../api/client";

interface Models {
  language_models?: { name?: string; model?: string; provider?: string; built_in?: boolean; endpoint?: string }[];
  models?: { name?: string; model?: string; provider?: string; built_in?: boolean; endpoint?: string }[];
  potentials?: { name?: string; version?: string; available?: boolean; state?: string }[];
}

/** Who will reason, and what leaves this machine for it. */
export function ModelNote() {
  const q = useQuery({ queryKey: ["models"], queryFn: () => json<Models>("/models"), staleTime: 60_000 });
  if (q.isError)
    return q.error instanceof Problem && q.error.status === 404 ? null : (
      <p className="small soft">Which model answers cannot be told: {q.error.message}</p>
    );
  if (!q.data) return null;
  const llms = q.data.language_models ?? q.data.models ?? [];
  const remote = llms.filter((m) => m.endpoint && !/^https?:\/\/(localhost|127\.|\[::1\])/.test(m.endpoint));
  return (
    <div className="small soft col" style={{ gap: 2 }}>
      <p>
        Reasoning:{" "}
        <b>
          {llms.map((m) => m.model ?? m.name ?? m.provider).join(", ") ||
            "the built-in planner (rules, no language model)"}
        </b>
      </p>
      {q.data.potentials && q.data.potentials.length > 0 ? (
        <p>
          Potentials:{" "}
          {q.data.potentials
            .filter((p) => p.available !== false)
            .map((p) => `${p.name ?? ""} ${p.version ?? ""}`.trim())
            .join(", ")}
        </p>
      ) : null}
      <p>
        {remote.length > 0
          ? `Your question and the tools' results are sent to ${remote.map((m) => m.endpoint).join(", ")}. Structures are computed here.`
          : "Nothing leaves this machine."}
      </p>
    </div>
  );
}
