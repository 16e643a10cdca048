import { useQuery } from "@tanstack/react-query";
import { json } from "../api/client";
import { useUi } from "../ui/state";

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
  return useQuery({
    queryKey: ["models"],
    queryFn: () => json<Models>("/models"),
    staleTime: 60_000,
    // Potentials come when their environment is installed: on a new machine, minutes after the page.
    refetchInterval: (q) => (q.state.data?.models.some((m) => m.kind === "potential") === false ? 5000 : false),
  });
}

/** Who will reason, what computes energies, and what leaves this machine for it. */
export function ModelNote() {
  const q = useModels();
  const setDialog = useUi((u) => u.setDialog);
  if (q.isError) return <p className="small soft">Which model answers cannot be told: {q.error.message}</p>;
  if (!q.data) return null;
  const llms = q.data.models.filter((m) => m.kind === "llm" && m.default);
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
      ) : q.data.potentials ? (
        <p>Potentials: {q.data.potentials.replace(/^waiting: /, "")}</p>
      ) : null}
      <p>
        {builtIn
          ? "Nothing leaves this machine."
          : "Your question and the tools' results go to the language model's endpoint. Structures are computed here."}{" "}
        <button type="button" className="chip link" onClick={() => setDialog("model")}>
          {builtIn ? "Let a language model reason" : "Change the language model"}
        </button>
      </p>
    </div>
  );
}
