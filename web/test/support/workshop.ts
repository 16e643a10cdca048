// A stack whose language model follows a script and whose one tool works until
// it is let go, so that every control can be used at its moment.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Stack, startStack } from "./stack";

export interface Reply {
  text?: string;
  refused?: string; // the provider does not answer, with these words
  calls?: { tool: string; args: object }[];
}

/** What the model is given: how many results, and the user's words. */
export type Script = (said: { results: number; last: string }) => Reply;

export interface Workshop extends Stack {
  /** Lets the calls of a name end. */
  release(name: string): void;
  /** What the tool noted, a line each: "start a". */
  log(): string[];
}

export async function startWorkshop(script: Script, policy: object): Promise<Workshop> {
  const dir = mkdtempSync(join(tmpdir(), "crystalyse-workshop-"));
  const model = await startModel(script);
  const mcp = join(dir, "mcp.json");
  const tool = resolve(import.meta.dirname, "worktool.mjs");
  const server = { command: process.execPath, args: [tool], env: { WORK_DIR: dir }, crystalyse: { max_inflight: 8 } };
  writeFileSync(mcp, JSON.stringify({ mcpServers: { work: server } }));
  writeFileSync(join(dir, "policy.json"), JSON.stringify(policy));
  const stack = await startStack({
    CRYSTALYSE_MCP_CONFIG: mcp,
    CRYSTALYSE_POLICY: join(dir, "policy.json"),
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: "none",
  });
  return {
    ...stack,
    release: (name) => writeFileSync(join(dir, `${name}.go`), ""),
    log: () => readFileSync(join(dir, "work.log"), "utf8").trim().split("\n"),
    stop: async () => {
      await stack.stop();
      await model.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface ScriptedModel {
  url: string;
  /** The keys it was shown. */
  keys: Set<string>;
  stop(): Promise<void>;
}

/** A language model that follows a script, at an address of its own. */
export async function startModel(script: Script): Promise<ScriptedModel> {
  const keys = new Set<string>();
  const server = createServer((req, res) => {
    keys.add(req.headers.authorization ?? "");
    let body = "";
    req.on("data", (part: Buffer) => {
      body += part.toString();
    });
    req.on("end", () => answer(req.url ?? "", body, res, script));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const at = server.address();
  if (!at || typeof at === "string") throw new Error("the model has no port");
  return {
    url: `http://127.0.0.1:${at.port}/v1`,
    keys,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function answer(url: string, body: string, res: ServerResponse, script: Script): void {
  if (!url.endsWith("/chat/completions")) {
    res.writeHead(404).end(); // it embeds nothing
    return;
  }
  const { messages } = JSON.parse(body) as { messages: { role: string; content: string }[] };
  const results = messages.filter((m) => m.role === "tool").length;
  const reply = script({ results, last: messages.findLast((m) => m.role === "user")?.content ?? "" });
  if (reply.refused) {
    res.writeHead(401, { "Content-Type": "application/json" });
    res.end(JSON.stringify({ error: { message: reply.refused } }));
    return;
  }
  const calls = (reply.calls ?? []).map((c, index) => ({
    index,
    id: `c${results}_${index}`,
    type: "function",
    function: { name: c.tool, arguments: JSON.stringify(c.args) },
  }));
  const delta = calls.length > 0 ? { content: reply.text ?? "", tool_calls: calls } : { content: reply.text ?? "" };
  res.writeHead(200, { "Content-Type": "text/event-stream" });
  for (const choice of [{ delta }, { delta: {}, finish_reason: calls.length > 0 ? "tool_calls" : "stop" }]) {
    const chunk = { choices: [{ index: 0, ...choice }], usage: { prompt_tokens: 1, completion_tokens: 1 } };
    res.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
  res.end("data: [DONE]\n\n");
}
