import { useState } from "react";
import { useNavigate } from "react-router";
import { asSentence } from "../lib/format";
import { decodeRun } from "../run/bundle";
import { useOpened } from "../ui/opened";
import { useUi } from "../ui/state";
import { Dialog } from "./Dialog";

export default function OpenDialog() {
  const setDialog = useUi((u) => u.setDialog);
  const open = useOpened((o) => o.open);
  const go = useNavigate();
  const [error, setError] = useState("");
  const read = async (file: File | undefined) => {
    if (!file) return;
    try {
      open(decodeRun(await file.text()));
      setDialog("");
      await go("/run");
    } catch (err) {
      setError(asSentence(err instanceof Error ? err.message : String(err)));
    }
  };
  return (
    <Dialog title="Open a downloaded run" onClose={() => setDialog("")}>
      <label className="field">
        The file (.jsonl)
        <input
          type="file"
          accept=".jsonl,.ndjson,application/x-ndjson"
          onChange={(e) => void read(e.target.files?.[0])}
        />
      </label>
      {error ? (
        <p className="note tone-red" role="alert">
          {error}
        </p>
      ) : null}
    </Dialog>
  );
}
