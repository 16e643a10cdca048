// A newcomer's whole path through the real stack: ask, watch, reload in the
// middle, lose the API, come back, read the report, take the run home.
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./support/browser";
import { type Stack, startStack } from "./support/stack";

const patience = 240_000; // a shared machine relaxes slowly; a quiet one needs a tenth

describe("a discovery, watched", () => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launch()]);
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(patience);
    page.on("pageerror", (e) => complaints.push(e.message));
    page.on("console", (m) => {
      if (/Content.Security.Policy/i.test(m.text())) complaints.push(m.text());
    });
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  it("is asked, shows reasoning and calls, and survives a reload in the middle", async () => {
    await page.goto(stack.url);
    const box = page.getByRole("textbox", { name: "Question" });
    await box.fill("What is the crystal structure and formation energy of NaCl?");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.waitForURL(/\/s\/[0-9A-Z]{26}/);
    await page.getByRole("article", { name: /t1\.tool2 generate crystal csp/ }).waitFor();
    await page.locator(".run-head").getByText("Running").waitFor();
    await page.reload();
    await page.getByRole("article", { name: /t1\.tool1 validate composition/ }).waitFor();
    await page
      .getByText(/Built-in planner/)
      .first()
      .waitFor();
  });

  it("says so when the API is gone, and goes on by itself when it is back", async () => {
    await page.getByRole("article", { name: /t2\.tool1 relax structures/ }).waitFor();
    process.kill(stack.pidOf("api"), "SIGKILL");
    // The supervisor may bring it back within the banner's patience; then there is nothing to say.
    await Promise.race([
      page.getByText("this page catches up by itself").waitFor(),
      page.getByRole("article", { name: /t3\.tool1/ }).waitFor(),
    ]);
    await page.getByRole("article", { name: /t3\.tool1 analyze space group/ }).waitFor();
    expect(await page.getByText("this page catches up by itself").isVisible()).toBe(false);
  });

  it("ends in a report whose numbers lead to their calls", async () => {
    const report = page.getByRole("group", { name: "Report" });
    await report.getByText("Completed").waitFor();
    const energy = report.getByRole("button", { name: /eV\/atom/ }).first();
    await energy.focus();
    const tip = page.getByRole("tooltip");
    await tip.getByText("CHGNet").waitFor();
    expect(await tip.textContent()).toMatch(/t3\.tool3/);
    await energy.click();
    await expect.poll(() => new URL(page.url()).searchParams.get("step")).toBe("t3.tool3");
    const selected = page.locator('.tool.selected[data-step="t3.tool3"]');
    await selected.waitFor();
    expect(await page.locator('.lane-row[aria-pressed="true"]').getAttribute("aria-label")).toMatch(/^t3\.tool3/);
  });

  it("opens the same step again from its address", async () => {
    const other = await browser.newPage();
    await other.goto(page.url());
    await other.locator('.tool.selected[data-step="t3.tool3"]').waitFor({ timeout: patience });
    await other.close();
  });

  it("is taken home and opened without the server, to the same state", async () => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: /Download the run/ }).click(),
    ]);
    const path = await file.path();
    expect(readFileSync(path, "utf8").split("\n")[0]).toContain("crystalyse-run");
    const away = await browser.newPage();
    await away.goto(stack.url);
    await away.getByRole("button", { name: "Open a downloaded run" }).click();
    await away
      .getByLabel(/The file/)
      .setInputFiles({ name: "run.jsonl", mimeType: "application/x-ndjson", buffer: readFileSync(path) });
    await away.getByText("Read from a file").waitFor({ timeout: patience });
    const words = async (p: Page) => {
      const text = p.getByRole("group", { name: "Report" }).locator(".prose").first();
      await text.getByRole("listitem").first().waitFor({ timeout: patience }); // its renderer is there
      return await text.textContent();
    };
    expect(await words(away)).toBe(await words(page));
    await away.close();
  });

  it("plays back: at event k nothing of later ones is shown", async () => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Replay from the beginning" }).click();
    const slider = page.getByRole("slider", { name: "Event" });
    await slider.fill("6");
    await page.getByRole("article", { name: /^Discovery/ }).waitFor();
    expect(await page.getByRole("group", { name: "Report" }).count()).toBe(0);
    expect(await page.getByRole("article", { name: /t3\.tool3/ }).count()).toBe(0);
    await page.getByRole("button", { name: "End the replay" }).click();
    await page.getByRole("group", { name: "Report" }).waitFor();
  });

  it("broke no rule of the page's own policy and threw nothing", () => {
    expect(complaints).toEqual([]);
  });
});
