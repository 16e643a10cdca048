// Every control, used in the page on a run that goes on for as long as it has
// to: what changes is asserted in the page and in the API.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./support/browser";
import { ask, type RunState, stateOf } from "./support/stack";
import { type Reply, startWorkshop, type Workshop } from "./support/workshop";

const patience = 120_000;
let broken = true; // whether the model's provider refuses a question about breakage

function script({ results, last }: { results: number; last: string }): Reply {
  const [word, name] = last.split(" ");
  if (word === "hold" && results === 0) return { text: "I compute it.", calls: [{ tool: "work", args: { name } }] };
  if (word === "another" && results === 1)
    return { text: "I go another way.", calls: [{ tool: "work", args: { name: "b" } }] };
  if (last === "then ask me" && results === 1)
    return {
      calls: [{ tool: "ask_user", args: { question: "Which phase?", options: ["cubic", "tetragonal"] } }],
    };
  if (last === "then ask me" && results === 2) return { calls: [{ tool: "costly", args: { name: "x" } }] };
  if (last === "then ask me" && results === 3) return { calls: [{ tool: "costly", args: { name: "y" } }] };
  if (last === "break" && broken) return { refused: "no such key" };
  if (last === "then ask me") return { text: "It has {{v:t1.tool1.e}}, and its cell is 5.64 Å wide." };
  return { text: "That is all." };
}

describe("in the hands of a person", () => {
  let stack: Workshop;
  let browser: Browser;
  let page: Page;
  let id = "";
  const complaints: string[] = [];

  beforeAll(async () => {
    const policy = { rules: [{ tool: "costly", decision: "ask" }] };
    [stack, browser] = await Promise.all([startWorkshop(script, policy), launch()]);
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(patience);
    page.on("pageerror", (e) => complaints.push(e.message));
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const badge = (text: string) => page.locator(".run-head").getByText(text, { exact: true }).waitFor();
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const inMenu = async (name: RegExp) => {
    await press("More");
    await page.getByRole("menuitem", { name }).click();
  };
  const stands = (of: string, what: (s: RunState) => unknown) =>
    expect.poll(async () => what(await stateOf(stack.url, of)), { timeout: patience, interval: 200 });
  const began = (name: string) =>
    expect.poll(() => stack.log().filter((l) => l === `start ${name}`).length, { timeout: patience });
  const open = async (query: string) => {
    const d = await ask(stack.url, query);
    await page.goto(`${stack.url}/s/${d.session_id}`);
    return d.id;
  };

  it("pauses, and resumes", async () => {
    id = await open("hold a");
    await page.getByRole("article", { name: "t1.tool1 work" }).waitFor();
    await badge("Running");
    await press("Pause");
    await badge("Paused");
    await stands(id, (s) => s.status).toBe("paused");
    await press("Resume");
    await badge("Running");
    await stands(id, (s) => s.status).toBe("running");
    await began("a").toBe(2);
  });

  it("changes the budget", async () => {
    await inMenu(/Change the budget/);
    const dialog = page.getByRole("dialog", { name: "Change the budget" });
    await dialog.getByLabel("Tool calls").fill("33");
    await dialog.getByRole("button", { name: "Set" }).click();
    await stands(id, (s) => s.budget?.tool_calls).toBe(33);
    await page.locator(".run-head .budget").waitFor();
  });

  it("is steered, asks, and is answered", async () => {
    await page.getByRole("textbox", { name: "Steer the discovery" }).fill("then ask me");
    await press("Steer");
    await page.getByText("Your word was handed over").waitFor();
    stack.release("a");
    const card = page.getByRole("group", { name: "It waits for you" });
    await card.getByRole("heading", { name: "Which phase?" }).waitFor();
    await stands(id, (s) => s.pending[0]?.kind).toBe("question");
    await card.getByRole("button", { name: "tetragonal" }).click();
  });

  it("runs nothing that is denied, and what is allowed", async () => {
    const card = page.getByRole("group", { name: "It waits for you" });
    await card.getByRole("heading", { name: "May it run costly?" }).waitFor();
    await stands(id, (s) => s.pending[0]?.tool).toBe("costly");
    await card.getByRole("button", { name: "Deny" }).click();
    await page.getByRole("article", { name: "t3.tool1 costly" }).waitFor();
    await card
      .getByText('"y"')
      .or(card.getByText("y", { exact: true }))
      .first()
      .waitFor();
    await card.getByRole("button", { name: "Allow" }).click();
    await began("y").toBe(1);
    expect(stack.log()).not.toContain("start x");
    stack.release("y");
    await badge("Completed");
    await stands(id, (s) => s.status).toBe("completed");
  });

  it("answers with sourced numbers as chips, and strikes the others", async () => {
    const report = page.getByRole("group", { name: "Report" });
    await report
      .locator(".prose")
      .first()
      .getByRole("button", { name: /1\.500/ })
      .waitFor();
    const struck = report.locator(".prose del").first();
    expect(await struck.textContent()).toMatch(/5\.64/);
    expect(await report.locator(".prose").first().textContent()).toContain("no source");
  });

  it("is forked from a turn, and a step of the fork is dropped", async () => {
    await inMenu(/Fork from a turn/);
    const dialog = page.getByRole("dialog", { name: "Fork from a turn" });
    await dialog.getByLabel("After turn").selectOption("1");
    await dialog.getByLabel("What to do differently").fill("another way");
    const [made] = await Promise.all([
      page.waitForResponse((r) => r.url().endsWith("/fork")),
      dialog.getByRole("button", { name: "Fork" }).click(),
    ]);
    const fork = (await made.json()) as { id: string; parent_id: string };
    expect(fork.parent_id).toBe(id);
    const card = page.getByRole("article", { name: /tool1 work/ }).filter({ hasText: "Stop this step" });
    await card.getByRole("button", { name: "Stop this step" }).click();
    await page.getByText("That is all.").first().waitFor();
    await stands(fork.id, (s) => s.status).toBe("completed");
    expect(stack.log()).not.toContain("done b");
  });

  it("is cancelled, and goes on when it is told to at once", async () => {
    id = await open("hold c");
    await began("c").toBe(1);
    await press("Cancel");
    await page
      .getByRole("dialog", { name: /Cancel this/ })
      .getByRole("button", { name: "Cancel it" })
      .click();
    await badge("Cancelled");
    await stands(id, (s) => s.status).toBe("cancelled");
    await press("Go on"); // at once: the run before may still be closing
    await badge("Running");
    await began("c").toBe(2);
    stack.release("c");
    await badge("Completed");
    await stands(id, (s) => s.status).toBe("completed");
  });

  it("holds a failure until the step is tried again", async () => {
    id = await open("break");
    const card = page.getByRole("group", { name: "It waits for you" });
    await card.getByText("OPENAI_API_KEY").first().waitFor();
    await stands(id, (s) => s.pending[0]?.kind).toBe("failure");
    broken = false;
    await card.getByRole("button", { name: "Retry the step" }).click();
    await badge("Completed");
    await stands(id, (s) => s.status).toBe("completed");
  });

  it("searches, pins, corrects and forgets a memory, and takes back the forgetting", async () => {
    const memories = `${stack.url}/api/v1/memories`;
    const kept = async (content: string) => {
      const body = JSON.stringify({ content, type: "long_term" });
      const res = await fetch(memories, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      return ((await res.json()) as { id: string }).id;
    };
    const olivine = await kept("LiFePO4 is an olivine cathode");
    const rocksalt = await kept("NaCl is a rocksalt insulator");
    const stored = async (of: string) => {
      const res = await fetch(`${memories}/${of}`);
      return res.ok ? ((await res.json()) as { content: string; pinned: boolean }) : res.status;
    };
    await page.reload();
    await press("Memory");
    const panel = page.getByRole("complementary", { name: "Memory" });
    await panel.getByText("NaCl is a rocksalt insulator").waitFor();
    await panel.getByRole("searchbox", { name: "Search memories" }).fill("olivine");
    const found = panel.getByRole("list", { name: "Found" }).getByRole("listitem");
    await found.filter({ hasText: "olivine cathode" }).waitFor();
    const item = found.filter({ hasText: "LiFePO4 is an olivine" });
    await item.getByRole("button", { name: "Pin" }).click();
    await item.getByRole("button", { name: "Unpin" }).waitFor();
    await expect.poll(() => stored(olivine), { timeout: patience }).toMatchObject({ pinned: true });
    await item.getByRole("button", { name: "Edit" }).click();
    await panel.getByRole("textbox", { name: "Memory" }).fill("LiFePO4 is an olivine of Pnma");
    await panel.getByRole("button", { name: "Save" }).click();
    // The field that is written in holds the words too; the list has them once they are stored.
    await panel.getByRole("textbox", { name: "Memory" }).waitFor({ state: "detached" });
    await panel.getByText("LiFePO4 is an olivine of Pnma").waitFor();
    await expect
      .poll(() => stored(olivine), { timeout: patience })
      .toMatchObject({ content: "LiFePO4 is an olivine of Pnma" });
    await panel.getByRole("searchbox", { name: "Search memories" }).fill("");
    const other = panel.getByRole("listitem").filter({ hasText: "NaCl is a rocksalt insulator" });
    await other.getByRole("button", { name: "Forget" }).click();
    await panel.getByRole("button", { name: "Undo" }).click();
    await other.getByRole("button", { name: "Forget" }).waitFor();
    await expect
      .poll(() => stored(rocksalt), { timeout: patience })
      .toMatchObject({ content: "NaCl is a rocksalt insulator" });
    await other.getByRole("button", { name: "Forget" }).click();
    await panel.getByRole("button", { name: "Undo" }).waitFor();
    await panel.getByRole("button", { name: "Close memory" }).click(); // who leaves has decided
    await expect.poll(() => stored(rocksalt), { timeout: patience }).toBe(404);
  });

  it("threw nothing", () => {
    expect(complaints).toEqual([]);
  });
});
