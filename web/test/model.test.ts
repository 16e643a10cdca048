// A language model of one's own, entered in the page, on a stack without any:
// tested, used, kept without its key being shown, and removed. And a structure
// file: brought, looked at, asked about.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./support/browser";
import { type Stack, startStack } from "./support/stack";
import { type ScriptedModel, startModel } from "./support/workshop";

const patience = 180_000;
const secret = "sk-of-the-tester-0001";
const cif = `data_NaCl
_cell_length_a 5.64
_cell_length_b 5.64
_cell_length_c 5.64
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
_symmetry_Int_Tables_number 225
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na 0 0 0
Cl 0.5 0.5 0.5
`;

describe("brought by a person", () => {
  let stack: Stack;
  let model: ScriptedModel;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [stack, model, browser] = await Promise.all([
      startStack(),
      startModel(({ last }) =>
        /test of the connection/.test(last)
          ? { calls: [{ tool: "ready", args: { ok: true } }] }
          : { text: "I am the model you entered." },
      ),
      launch(),
    ]);
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(patience);
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await model?.stop();
  });

  it("a model is tested, then used, and its key is not shown again", async () => {
    await page.goto(stack.url);
    await page.getByRole("button", { name: "Let a language model reason" }).click();
    const dialog = page.getByRole("dialog", { name: "Language model" });
    await dialog.getByLabel("Address").fill(model.url);
    await dialog.getByLabel("Model").fill("lab-1");
    await dialog.getByLabel("Key").fill(secret);
    await dialog.getByText("Nothing leaves this machine.").waitFor();
    await dialog.getByRole("button", { name: "Test" }).click();
    await dialog.getByText("It can call tools.").waitFor();
    await dialog.getByRole("button", { name: "Use it" }).click();
    await page.getByText("lab-1").first().waitFor();
    expect([...model.keys]).toEqual([`Bearer ${secret}`]);
    const told = await (await fetch(`${stack.url}/api/v1/llm`)).text();
    expect(JSON.parse(told)).toEqual({ own: { base_url: model.url, model: "lab-1", has_key: true }, allowed: true });

    await page.getByRole("textbox", { name: "Question" }).fill("Who are you?");
    await page.keyboard.press("Enter");
    const report = page.getByRole("group", { name: "Report" });
    await report.getByText("I am the model you entered.").waitFor();
    await report.getByText(/lab-1 \(127\.0\.0\.1/).waitFor();
    const session = page.url().match(/\/s\/(\w+)/)?.[1];
    const events = await (await fetch(`${stack.url}/api/v1/sessions/${session}/events?limit=100`)).text();
    expect(events).not.toContain(secret);
    for (const log of logsOf(stack.state)) expect(log).not.toContain(secret);
  });

  it("is removed, and the planner answers again", async () => {
    await page.goto(stack.url);
    await page.getByRole("button", { name: "Change the language model" }).click();
    const dialog = page.getByRole("dialog", { name: "Language model" });
    expect(await dialog.getByLabel("Key").inputValue()).toBe("");
    await dialog.getByRole("button", { name: "Remove it" }).click();
    await page.getByText("crystalyse-planner-1").first().waitFor();
    expect(((await (await fetch(`${stack.url}/api/v1/llm`)).json()) as { own: unknown }).own).toBeNull();
  });

  it("a structure file is drawn in its cell, and asked about", async () => {
    await page.getByRole("textbox", { name: "Question" }).fill("Is NaCl charge-balanced?");
    await page.keyboard.press("Enter");
    await page.getByRole("group", { name: "Report" }).getByText("Completed").waitFor();
    await page
      .getByLabel("Structure file")
      .setInputFiles({ name: "mine.cif", mimeType: "text/plain", buffer: Buffer.from(cif) });
    await page.getByText("8 atoms + 19 images").waitFor();
    await page.getByRole("button", { name: "Ask about it" }).click();
    const box = page.getByRole("textbox", { name: "Follow-up question" });
    expect(await box.inputValue()).toMatch(/^Relax structure st_[0-9a-f]{26} \(NaCl, from mine\.cif\)/);
    await box.press("End");
    await box.pressSequentially("tell me its space group");
    await page.keyboard.press("Enter");
    await page
      .getByRole("article", { name: /relax structure/ })
      .first()
      .waitFor();
  });
});

function logsOf(state: string): string[] {
  const dir = join(state, "logs");
  return readdirSync(dir)
    .filter((f) => f.endsWith(".log"))
    .map((f) => readFileSync(join(dir, f), "utf8"));
}
