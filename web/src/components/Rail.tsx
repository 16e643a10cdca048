import { useQueryClient } from "@tanstack/react-query";
import { Bell, BellOff, FolderOpen, Keyboard, LogOut, Monitor, Moon, Plus, Search, Sun } from "lucide-react";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { request } from "../api/client";
import { useRecent, useSessions } from "../api/queries";
import type { Me } from "../api/types";
import { askToNotify } from "../hooks/useNotices";
import { formatWhen } from "../lib/format";
import { Sentence } from "../lib/formula";
import { type Theme, useUi } from "../ui/state";
import { ProblemNote, Skeleton, StatusIcon } from "./Bits";
import { Menu } from "./Menu";

/** All sessions of the user, newest first, with the state of each. */
export function Rail({ me }: { me: Me }) {
  const [text, setText] = useState("");
  const setRail = useUi((u) => u.setRail);
  return (
    <nav className="rail" aria-label="Sessions">
      <header className="row rail-head">
        <Link to="/" className="brand" onClick={() => setRail(false)}>
          <img src="/favicon.svg" alt="" width={20} height={20} /> CrystaLyse
        </Link>
        <Link to="/" className="btn icon" aria-label="New session" title="New session" onClick={() => setRail(false)}>
          <Plus size={16} aria-hidden />
        </Link>
      </header>
      <div className="rail-search">
        <Search size={14} aria-hidden />
        <input
          className="input"
          type="search"
          placeholder="Search sessions"
          aria-label="Search sessions"
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
      </div>
      <Sessions filter={text.trim().toLowerCase()} />
      <RailFoot me={me} />
    </nav>
  );
}

function Sessions({ filter }: { filter: string }) {
  const sessions = useSessions();
  const { status, asked } = useAsked();
  const { session } = useParams();
  const setRail = useUi((u) => u.setRail);
  const shown = (sessions.data?.sessions ?? []).filter((s) =>
    `${s.title} ${s.alias ?? ""} ${asked.get(s.id) ?? ""}`.toLowerCase().includes(filter),
  );
  return (
    <div className="rail-list">
      {sessions.isPending ? <Skeleton lines={6} label="Sessions are being fetched" /> : null}
      {sessions.isError ? <ProblemNote error={sessions.error} onRetry={() => void sessions.refetch()} /> : null}
      {sessions.data && shown.length === 0 ? (
        <p className="soft small pad">{filter ? "No session matches." : "No sessions yet."}</p>
      ) : null}
      <ul>
        {shown.map((s) => (
          <li key={s.id}>
            <Link
              to={`/s/${s.id}`}
              className={`rail-item ${s.id === session ? "on" : ""}`}
              aria-current={s.id === session ? "page" : undefined}
              onClick={() => setRail(false)}
            >
              <StatusIcon status={status.get(s.id) ?? "queued"} />
              <span className="rail-title" title={s.title}>
                <Sentence of={s.title || s.alias || "Session"} />
              </span>
              <span className="small soft nowrap">{formatWhen(s.created_at)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Of each session how its newest discovery stands, and all that was asked in it. */
function useAsked() {
  const recent = useRecent();
  const status = new Map<string, string>();
  const asked = new Map<string, string>();
  for (const d of recent.data?.discoveries ?? []) {
    if (!status.has(d.session_id)) status.set(d.session_id, d.status);
    asked.set(d.session_id, `${asked.get(d.session_id) ?? ""} ${d.query}`);
  }
  return { status, asked };
}

const themes: { id: Theme; label: string }[] = [
  { id: "system", label: "System" },
  { id: "light", label: "Light" },
  { id: "dark", label: "Dark" },
];

function RailFoot({ me }: { me: Me }) {
  const theme = useUi((u) => u.theme);
  const setTheme = useUi((u) => u.setTheme);
  const setDialog = useUi((u) => u.setDialog);
  const client = useQueryClient();
  const go = useNavigate();
  const Icon = theme === "dark" ? Moon : theme === "light" ? Sun : Monitor;
  const signOut = async () => {
    await request("/auth/session", { method: "DELETE" }).catch(() => undefined);
    client.clear();
    await go("/signin");
  };
  return (
    <footer className="row rail-foot">
      <Menu
        label="Theme"
        align="left"
        className="btn quiet icon"
        items={themes.map((t) => ({ label: t.label, checked: theme === t.id, run: () => setTheme(t.id) }))}
      >
        <Icon size={16} aria-hidden />
      </Menu>
      <button
        type="button"
        className="btn quiet icon"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={() => setDialog("shortcuts")}
      >
        <Keyboard size={16} aria-hidden />
      </button>
      <button
        type="button"
        className="btn quiet icon"
        aria-label="Open a downloaded run"
        title="Open a downloaded run"
        onClick={() => setDialog("open")}
      >
        <FolderOpen size={16} aria-hidden />
      </button>
      <NotifySwitch />
      <span className="grow" />
      {me.auth === "jwt" ? (
        <button type="button" className="btn quiet" onClick={() => void signOut()}>
          <LogOut size={14} aria-hidden /> {me.user_id.slice(0, 14)}
        </button>
      ) : null}
    </footer>
  );
}

/** A notice of the system when a run ends: off until somebody wants it. */
function NotifySwitch() {
  const on = useUi((u) => u.notify);
  const set = useUi((u) => u.setNotify);
  const [refused, setRefused] = useState(false);
  const change = async () => {
    if (on) return set(false);
    const may = await askToNotify();
    setRefused(!may);
    set(may);
  };
  return (
    <>
      <button
        type="button"
        className="btn quiet icon"
        aria-label="Tell me when a run ends"
        title="Tell me when a run ends"
        aria-pressed={on}
        onClick={() => void change()}
      >
        {on ? <Bell size={16} aria-hidden /> : <BellOff size={16} aria-hidden />}
      </button>
      {refused ? (
        <span className="small ink-amber" role="status">
          The browser does not allow notices.
        </span>
      ) : null}
    </>
  );
}
