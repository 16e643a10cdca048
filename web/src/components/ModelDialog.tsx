import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, Trash2 } from "lucide-react";
import { type ComponentProps, type FormEvent, useEffect, useState } from "react";
import { json, request } from "../api/client";
import type { Endpoint, Probed } from "../api/types";
import { formatSeconds } from "../lib/format";
import { useUi } from "../ui/state";
import { ProblemNote, Skeleton } from "./Bits";
import { Dialog } from "./Dialog";

/** Which language model reasons: its address, name and key, tried before it is kept. */
export default function ModelDialog() {
  const setDialog = useUi((u) => u.setDialog);
  const kept = useQuery({
    queryKey: ["llm"],
    queryFn: () => json<{ own: Endpoint | null; allowed: boolean }>("/llm"),
    staleTime: 0,
  });
  return (
    <Dialog title="Language model" onClose={() => setDialog("")}>
      {kept.isError ? <ProblemNote error={kept.error} onRetry={() => void kept.refetch()} /> : null}
      {kept.isPending ? <Skeleton lines={4} /> : null}
      {kept.data && !kept.data.allowed ? (
        <p>
          A model of your own cannot be named on this server. Who runs it can allow hosts with <code>--llm-hosts</code>.
        </p>
      ) : null}
      {kept.data?.allowed ? <Form own={kept.data.own} onDone={() => setDialog("")} /> : null}
    </Dialog>
  );
}

interface Typed {
  base_url: string;
  model: string;
  key?: string;
}

/** Tried, kept and removed on the server; what else shows a model is asked for again. */
function useEndpoint(typed: Typed, onKept: () => void) {
  const client = useQueryClient();
  const kept = async () => {
    await Promise.all(["llm", "models"].map((k) => client.invalidateQueries({ queryKey: [k] })));
    onKept();
  };
  const test = useMutation({ mutationFn: () => json<Probed>("/llm/test", { method: "POST", body: typed }) });
  const save = useMutation({
    mutationFn: () => json<Endpoint>("/llm", { method: "PUT", body: typed }),
    onSuccess: kept,
  });
  const remove = useMutation({ mutationFn: () => request("/llm", { method: "DELETE" }), onSuccess: kept });
  return { test, save, remove };
}

function Form({ own, onDone }: { own: Endpoint | null; onDone: () => void }) {
  const [url, setUrl] = useState(own?.base_url ?? "");
  const [model, setModel] = useState(own?.model ?? "");
  const [key, setKey] = useState("");
  const mayKeep = own?.has_key === true && url.trim() === own.base_url;
  // A key that is left empty is the kept one; without one, none is sent.
  const typed = { base_url: url, model, ...(key === "" && mayKeep ? {} : { key: key.trim() }) };
  const { test, save, remove } = useEndpoint(typed, () => {
    setKey("");
    onDone();
  });
  const reset = test.reset;
  useEffect(() => reset(), [url, model, key, reset]); // a result is of what was typed then
  const busy = test.isPending || save.isPending || remove.isPending;
  const ready = url.trim() !== "" && model.trim() !== "";
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  return (
    <form className="col" onSubmit={submit} autoComplete="off">
      <Field label="Address" value={url} onType={setUrl} inputMode="url" placeholder="https://api.openai.com/v1" />
      <Field label="Model" value={model} onType={setModel} placeholder="gpt-5-mini" />
      <Field
        label="Key"
        value={key}
        onType={setKey}
        type="password"
        autoComplete="off"
        placeholder={mayKeep ? "kept; type to replace it" : "none for a local model"}
      />
      <Leaves url={url} />
      {test.data ? <Told of={test.data} /> : null}
      {[test, save, remove].map((m, i) => (m.isError ? <ProblemNote key={i} error={m.error} /> : null))}
      <div className="row wrap end">
        {own ? (
          <button type="button" className="btn danger" disabled={busy} onClick={() => remove.mutate()}>
            <Trash2 size={14} aria-hidden /> Remove it
          </button>
        ) : null}
        <span className="grow" />
        <button type="button" className="btn" disabled={busy || !ready} onClick={() => test.mutate()}>
          {test.isPending ? "Testing…" : "Test"}
        </button>
        <button type="submit" className="btn primary" disabled={busy || !ready}>
          Use it
        </button>
      </div>
    </form>
  );
}

function Field({
  label,
  onType,
  ...input
}: { label: string; onType: (text: string) => void } & ComponentProps<"input">) {
  return (
    <label className="field">
      {label}
      <input {...input} className="input" onChange={(e) => onType(e.target.value)} />
    </label>
  );
}

function Told({ of: p }: { of: Probed }) {
  return (
    <p className={`note ${p.tools ? "tone-green" : "tone-amber"}`} role="status">
      <span className="row">
        <CircleCheck size={14} aria-hidden /> {p.model || "It"} answers, in {formatSeconds(p.seconds)}.
      </span>
      {p.tools ? "It can call tools." : "It did not call the tool it was given; discoveries need a model that can."}
    </p>
  );
}

/** What leaves this machine, said before it does. */
function Leaves({ url }: { url: string }) {
  const host = hostOf(url);
  if (/^(localhost|127\.|\[::1\])/.test(host)) return <p className="small soft">Nothing leaves this machine.</p>;
  return (
    <p className="small soft">
      Your questions, the tools' results and what is remembered of earlier work go to {host || "this address"}, from the
      next turn on. Structures are computed here. The key is kept on the server, sealed; it is not shown again.
    </p>
  );
}

function hostOf(url: string): string {
  try {
    return new URL(url.trim()).host;
  } catch {
    return "";
  }
}
