// A stage: the built page before a server that plays recorded runs. States that
// a healthy stack shows for seconds, or never on demand, stand still here; what
// the page asks is noted. How page and server work together is for flow.test.ts
// and controls.test.ts, on the real stack.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";
import type { Duplex } from "node:stream";
import type { Report } from "../../src/api/types";
import type { Event } from "../../src/event/events.gen";
import { accept, type Peer } from "./socket";

const dist = resolve(import.meta.dirname, "../../dist");
const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
// As api/page sends it, so that what it forbids fails here, too.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A session with all that is asked about it. */
export interface Play {
  session: string;
  title: string;
  events: Event[];
  reports: Report[];
}

export interface Asked {
  method: string;
  path: string;
  body: string;
}

export interface Stage {
  url: string;
  asked: Asked[];
  /** What GET of a path below /api/v1 answers. */
  answers: Map<string, unknown>;
  /** Binary answers, such as trajectories. */
  files: Map<string, Buffer>;
  add(p: Play): void;
  /** Sends events as they happen to who watches the session. */
  push(session: string, events: readonly Event[]): void;
  /** Cuts all sockets. */
  cut(): void;
  stop(): Promise<void>;
}

interface Watched {
  play: Play;
  peers: Set<Peer>;
  seq: number;
}

export async function startStage(plays: readonly Play[], from = dist): Promise<Stage> {
  const sessions = new Map<string, Watched>();
  const asked: Asked[] = [];
  const answers = new Map<string, unknown>();
  const files = new Map<string, Buffer>();
  const sockets = new Set<Duplex>();
  const add = (play: Play) => sessions.set(play.session, { play, peers: new Set(), seq: play.events.length });
  for (const p of plays) add(p);

  const api = (path: string, method: string): unknown => {
    const known = answers.get(path) ?? answers.get(path.replace(/\?.*/, ""));
    if (known !== undefined) return known;
    const all = [...sessions.values()].map((s) => s.play);
    if (path === "/auth/me") return { user_id: "you", auth: "single", csrf: "" };
    if (path.startsWith("/sessions"))
      return {
        sessions: all.map((p) => ({ id: p.session, title: p.title, created_at: "2026-01-02T03:04:05Z" })),
        next: "",
      };
    if (path.startsWith("/discoveries?")) return { discoveries: all.flatMap(records), next: "" };
    if (path.startsWith("/memories/search")) return { results: [] };
    if (path.startsWith("/memories")) return { memories: [], next: "", counts: {} };
    if (path === "/llm" && method === "GET") return { own: null, allowed: true };
    if (path === "/models") return { models: [planner, chgnet], next: "" };
    const [, did, what] = /^\/discoveries\/([^/]+)(?:\/(\w+))?/.exec(path) ?? [];
    if (did && method === "GET") {
      if (what === "report") return all.flatMap((p) => p.reports).find((r) => r.discovery_id === did);
      if (!what) return all.flatMap(records).find((r) => r.id === did);
    }
    return method === "GET" ? undefined : {};
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://x");
    if (!url.pathname.startsWith("/api/v1")) return page(from, url.pathname, response);
    let body = "";
    request.on("data", (part: Buffer) => {
      body += part.toString();
    });
    request.on("end", () => {
      const path = url.pathname.slice("/api/v1".length) + url.search;
      asked.push({ method: request.method ?? "", path, body });
      const file = files.get(path);
      if (file) return void response.setHeader("Content-Type", "application/octet-stream").end(file);
      const found = api(path, request.method ?? "GET");
      const answer = found ?? { status: 404, code: "not_found", detail: "there is nothing of this name" };
      response.writeHead(found === undefined ? 404 : 200, { "Content-Type": "application/json" });
      response.end(JSON.stringify(answer));
    });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    watch(request, socket, sessions);
  });
  // A line without a beat is dead to the page after a while, which a slow machine takes to look at a state.
  const beat = setInterval(() => {
    for (const s of sessions.values()) for (const p of s.peers) p.send(JSON.stringify({ t: "hb", top: s.seq }));
  }, 5000);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers,
    files,
    add,
    push: (session, events) => {
      const s = sessions.get(session);
      if (!s) throw new Error(`no session ${session} is on the stage`);
      const frames = events.map((d) => ({ t: "ev", q: ++s.seq, d }));
      s.play.events.push(...events);
      for (const p of s.peers) p.send(JSON.stringify(frames));
    },
    cut: () => {
      for (const s of sockets) s.destroy();
    },
    stop: async () => {
      clearInterval(beat);
      for (const s of sockets) s.destroy();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const planner = {
  kind: "llm",
  key: "crystalyse-planner-1",
  name: "crystalyse-planner-1",
  provider: "built-in planner (rules, no language model)",
  available: true,
  default: true,
};
const chgnet = { kind: "potential", key: "chgnet", name: "CHGNet", version: "0.3.0", available: true, default: true };

function page(from: string, path: string, response: ServerResponse): void {
  const asset = join(from, path);
  const file = extname(path) && asset.startsWith(from) && existsSync(asset) ? asset : join(from, "index.html");
  response.setHeader("Content-Type", types[extname(file)] ?? "application/octet-stream");
  response.setHeader("Content-Security-Policy", policy);
  response.end(readFileSync(file));
}

function watch(request: IncomingMessage, socket: Duplex, sessions: Map<string, Watched>): void {
  const name = (request.url ?? "").split("/").at(-1)?.replace(/\?.*/, "") ?? "";
  const s = sessions.get(name);
  const peer = accept(request, socket);
  peer.onText = (text) => {
    const f = JSON.parse(text) as { t?: string; e?: string; q?: number };
    if (f.t !== "join" || !s) return;
    const list = s.play.events;
    if (f.e === "stage" && f.q !== undefined) {
      peer.send(JSON.stringify({ t: "joined", s: name, e: "stage", q: f.q, top: s.seq, mode: "tail" }));
      const missed = list.slice(f.q).map((d, i) => ({ t: "ev", q: (f.q ?? 0) + i + 1, d }));
      if (missed.length > 0) peer.send(JSON.stringify(missed));
    } else {
      peer.send(JSON.stringify({ t: "joined", s: name, e: "stage", q: s.seq, top: s.seq, mode: "snapshot", open: [] }));
      for (const text of snapshot(list, s.seq)) peer.send(text);
    }
    s.peers.add(peer);
    socket.on("close", () => s.peers.delete(peer));
  };
}

const frameSize = 60_000; // bytes, as the relay sends them

/** Snapshot frames of a list of events. */
export function snapshot(list: readonly Event[], top: number): string[] {
  const parts: Event[][] = [[]];
  let size = 0;
  for (const e of list) {
    size += JSON.stringify(e).length;
    if (size > frameSize) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(e);
  }
  return parts.map((d, i) =>
    JSON.stringify({ t: "snap", e: "stage", q: top, d, ...(i < parts.length - 1 ? { more: true } : {}) }),
  );
}

/** The records of a session's discoveries, as the API lists them. */
function records(p: Play): { id: string }[] {
  const ids = [...new Set(p.events.flatMap((e) => e.metadata.discovery_id ?? []))];
  return ids.map((id) => {
    const own = p.events.filter((e) => e.metadata.discovery_id === id);
    let status = "queued";
    for (const e of own) if (e.type === "discovery_status" || e.type === "discovery_complete") status = e.data.status;
    const start = own.find((e) => e.type === "reasoning_start");
    return {
      id,
      session_id: p.session,
      query: start?.type === "reasoning_start" ? (start.data.query ?? "") : p.title,
      mode: "auto",
      status,
      budget: { wall_s: 3600, tokens: 500_000, tool_calls: 60, cost: null },
      usage: { tokens_in: 0, tokens_out: 0, tool_calls: 0, wall_s: 0, cost: null },
      created_at: "2026-01-02T03:04:05Z",
    };
  });
}
