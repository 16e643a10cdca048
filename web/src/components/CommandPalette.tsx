import { useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useSessions } from "../api/queries";
import { useUi } from "../ui/state";
import { Dialog } from "./Dialog";

interface Command {
  id: string;
  label: string;
  hint: string;
  run: () => void;
}

/** Everything by name: sessions, panels, theme. */
export default function CommandPalette() {
  const setDialog = useUi((u) => u.setDialog);
  const commands = useCommands();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const f = text.trim().toLowerCase();
  const shown = commands.filter((c) => f === "" || `${c.label} ${c.hint}`.toLowerCase().includes(f)).slice(0, 50);
  const current = Math.min(at, shown.length - 1);
  const close = () => setDialog("");
  const run = (c: Command | undefined) => {
    close();
    c?.run();
  };
  return (
    <Dialog title="Go to" onClose={close} className="palette">
      <input
        className="input"
        role="combobox"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={shown[current] ? `cmd-${shown[current].id}` : undefined}
        aria-label="Command"
        placeholder="A session, a panel, an action"
        value={text}
        onChange={(e) => {
          setText(e.target.value);
          setAt(0);
        }}
        onKeyDown={(e) => {
          if (e.key === "ArrowDown" || e.key === "ArrowUp") {
            e.preventDefault();
            const next = (current + (e.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(1, shown.length);
            setAt(next);
            list.current?.children[next]?.scrollIntoView({ block: "nearest" });
          } else if (e.key === "Enter") {
            e.preventDefault();
            run(shown[current]);
          }
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="Commands" className="palette-list" ref={list}>
        {shown.map((c, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above moves through the list and runs it
          <li
            key={c.id}
            id={`cmd-${c.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === current}
            className={i === current ? "on" : ""}
            onClick={() => run(c)}
          >
            <span className="ellipsis grow">{c.label}</span>
            <span className="small soft">{c.hint}</span>
          </li>
        ))}
      </ul>
      {shown.length === 0 ? <p className="soft">Nothing matches.</p> : null}
    </Dialog>
  );
}

function useCommands(): Command[] {
  const go = useNavigate();
  const sessions = useSessions();
  return useMemo(() => {
    const ui = useUi.getState;
    const u = ui();
    const fixed: Command[] = [
      { id: "model", label: "Language model", hint: "address, name and key", run: () => u.setDialog("model") },
      { id: "new", label: "New session", hint: "n", run: () => void go("/") },
      { id: "memory", label: "Show or hide memory", hint: "m", run: () => u.setMemory(!ui().memory) },
      { id: "timeline", label: "Show or hide the timeline", hint: "t", run: () => u.setTimeline(!ui().timeline) },
      { id: "candidates", label: "Candidates", hint: "panel", run: () => u.setResultTab("candidates") },
      { id: "hull", label: "Hull", hint: "panel", run: () => u.setResultTab("hull") },
      { id: "plots", label: "Plots", hint: "panel", run: () => u.setResultTab("plots") },
      { id: "checks", label: "Checks", hint: "panel", run: () => u.setResultTab("checks") },
      { id: "light", label: "Light theme", hint: "theme", run: () => u.setTheme("light") },
      { id: "dark", label: "Dark theme", hint: "theme", run: () => u.setTheme("dark") },
      { id: "system", label: "System theme", hint: "theme", run: () => u.setTheme("system") },
      { id: "open", label: "Open a downloaded run", hint: "file", run: () => u.setDialog("open") },
      { id: "keys", label: "Keyboard shortcuts", hint: "?", run: () => u.setDialog("shortcuts") },
    ];
    const known = (sessions.data?.sessions ?? []).map((s) => ({
      id: s.id,
      label: s.title || s.alias || "Session",
      hint: "session",
      run: () => void go(`/s/${s.id}`),
    }));
    return [...fixed, ...known];
  }, [go, sessions.data]);
}
