// The real stack: the binary, with a state folder of its own and the
// environments that CRYSTALYSE_TEST_STATE holds.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");
const binary = join(root, "bin", "crystalyse");

export interface Stack {
  url: string;
  state: string; // its folder
  pidOf(part: "api" | "worker"): number;
  stop(): Promise<void>;
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const s = createServer();
    s.once("error", fail);
    s.listen(0, "127.0.0.1", () => {
      const a = s.address();
      s.close(() => (a && typeof a === "object" ? done(a.port) : fail(new Error("no port"))));
    });
  });
}

/** Starts everything and waits for its `ready` line. */
export async function startStack(settings: Record<string, string> = {}): Promise<Stack> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run make build`);
  const shared = process.env.CRYSTALYSE_TEST_STATE ?? join(root, ".crystalyse");
  const state = mkdtempSync(join(tmpdir(), "crystalyse-web-"));
  const port = await freePort();
  const flags = ["--state-dir", state, "--env-dir", join(shared, "envs"), "--port", String(port)];
  const child = spawn(binary, ["up", ...flags], {
    cwd: root,
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const url = await ready(child); // another program may have taken the port meanwhile
  return {
    url,
    state,
    pidOf: (part) => {
      const status = JSON.parse(execFileSync(binary, ["status", "--json", ...flags], { encoding: "utf8" })) as Record<
        string,
        { pid?: number }
      >;
      const pid = status[part]?.pid;
      if (!pid) throw new Error(`status names no pid of ${part}: ${JSON.stringify(status)}`);
      return pid;
    },
    stop: async () => {
      const ended = new Promise((done) => child.once("exit", done));
      if (child.exitCode === null) {
        child.kill("SIGINT");
        await ended;
      }
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** Waits until the stack says where it is. */
function ready(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let said = "";
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      const at = /^ready (http\S+)\s/m.exec(said)?.[1];
      if (at) done(at);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => fail(new Error(`crystalyse up ended with ${code}:\n${said.slice(-4000)}`)));
  });
}

/** Asks by the API, as another program would. */
export async function ask(url: string, query: string, mode = "creative"): Promise<{ id: string; session_id: string }> {
  const res = await fetch(`${url}/api/v1/discoveries`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, mode }),
  });
  if (!res.ok) throw new Error(`asking failed: ${res.status} ${await res.text()}`);
  return (await res.json()) as { id: string; session_id: string };
}

export async function statusOf(url: string, id: string): Promise<string> {
  const res = await fetch(`${url}/api/v1/discoveries/${id}`);
  return ((await res.json()) as { status: string }).status;
}

/** What a run is at, as the API tells it. */
export interface RunState {
  status: string;
  reason?: string;
  budget?: { wall_s: number; tokens: number; tool_calls: number };
  pending: { kind: string; tool?: string }[];
}

export async function stateOf(url: string, id: string): Promise<RunState> {
  return (await (await fetch(`${url}/api/v1/discoveries/${id}/state`)).json()) as RunState;
}

export function readBundle(path: string): string {
  return readFileSync(path, "utf8");
}
