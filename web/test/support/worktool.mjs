// An MCP server whose calls end when the test lets them: a call waits until the
// file <name>.go is in WORK_DIR.
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const dir = process.env.WORK_DIR;
const dropped = new Set();

const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const note = (word, name) => appendFileSync(join(dir, "work.log"), `${word} ${name}\n`);

const spec = (name) => ({
  name,
  description: "works until it is let go",
  _meta: { "crystalyse/long": true },
  inputSchema: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
  outputSchema: {
    type: "object",
    properties: { e: { type: "number", unit: "eV/atom", value: "energy_per_atom" } },
  },
});

function work(id, name) {
  note("start", name);
  const timer = setInterval(() => {
    if (dropped.has(id)) {
      clearInterval(timer);
      note("dropped", name);
    } else if (existsSync(join(dir, `${name}.go`))) {
      clearInterval(timer);
      note("done", name);
      say({ id, result: { content: [], structuredContent: { e: -1.5 } } });
    }
  }, 20);
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize")
    say({
      id,
      result: {
        protocolVersion: "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "work", version: "1" },
      },
    });
  else if (method === "tools/list") say({ id, result: { tools: [spec("work"), spec("costly")] } });
  else if (method === "tools/call") work(id, params.arguments.name);
  else if (method === "notifications/cancelled") dropped.add(params.requestId);
});
