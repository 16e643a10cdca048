import { useQuery } from "@tanstack/react-query";
import { json } from "../api/client";

interface Model {
  kind: "llm" | "potential";
  key: string;
  name: string;
  version?: string;
  provider?: string;
  available: boolean;
  default: boolean;
  detail?: string;
}

interface Models {
  models: Model[];
  potentials?: string;
}

export function useModels() {
  return useQuery({ queryKey: ["models"], queryFn: () => json<Models>("/models"), staleTime: 60_000 });
}

/** Who will reason, what computes energies, and what leaves this machine for it. */
export function ModelNote() {
  const q = useModels();
  if (q.isError) return <p className="small soft">Which model answers cannot be told: {q.error.message}</p>;
  if (!q.data) return null;
  const llms = q.data.models.filter((m) => m.kind === "llm");
  const potentials = q.data.models.filter((m) => m.kind === "potential" && m.available);
  const builtIn = llms.every((m) => /built-in/.test(m.provider ?? ""));
  return (
    <div className="small soft notes">
      <p>
        Reasoning:{" "}
        {llms.map((m) => (
          <span key={m.key}>
            <b>{m.name}</b> {m.provider}
          </span>
        ))}
      </p>
      {potentials.length > 0 ? (
        <p>Potentials: {potentials.map((m) => `${m.name} ${m.version ?? ""}`.trim()).join(", ")}</p>
      ) : null}
      <p>
        {builtIn
          ? "Nothing leaves this machine. Set OPENAI_API_KEY or OPENAI_BASE_URL and start again to let a language model reason."
          : "Your question and the tools' results go to the language model's endpoint. Structures are computed here."}
      </p>
    </div>
  );
}
