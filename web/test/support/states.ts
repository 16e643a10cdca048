// The states in which the page is looked at: where it is, what is played, and
// what a person has opened.
import type { Page } from "playwright-core";
import type { PlayName } from "./plays";
import type { Play } from "./stage";

export interface State {
  name: string;
  play?: PlayName;
  width?: number;
  route: (p: Play) => string;
  ready: (page: Page) => Promise<void>;
}

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true }).first();
const press =
  (...names: string[]) =>
  async (page: Page) => {
    for (const n of names) await button(page, n).click();
  };
const after =
  (...steps: ((page: Page) => Promise<unknown>)[]) =>
  async (page: Page) => {
    for (const step of steps) await step(page);
  };
const inMenu = (name: RegExp) => async (page: Page) => {
  await button(page, "More").click();
  await page.getByRole("menuitem", { name }).click();
  await page.getByRole("dialog").waitFor();
};
const fill = (label: string, text: string) => (page: Page) => page.getByLabel(label, { exact: true }).fill(text);
const badge = (text: string) => (page: Page) =>
  page.locator(".run-head").getByText(text, { exact: true }).first().waitFor();

function run(
  name: PlayName,
  word: string,
  then: (page: Page) => Promise<void> = async () => {},
  as: string = name,
): State {
  return {
    name: as,
    play: name,
    route: (p) => `/s/${p.session}`,
    ready: async (page) => {
      await badge(word)(page);
      await page.locator(".rail-item").first().waitFor({ state: "attached" });
      await then(page);
    },
  };
}

const report = (page: Page) =>
  page
    .getByRole("group", { name: "Report" })
    .getByText(/cite|cited/)
    .first()
    .waitFor();
const crystal = async (page: Page) => {
  await page.locator(".st-drawn").waitFor();
};
const tab = (name: string) => async (page: Page) => {
  await report(page);
  await page.getByRole("tab", { name, exact: true }).click();
  await page.getByRole("tab", { name, selected: true }).waitFor();
};

const home = async (page: Page) => {
  await page.getByText("Reasoning:").waitFor();
  await page.locator(".rail-item").first().waitFor({ state: "attached" });
};
const dialog = (opener: string) => async (page: Page) => {
  await home(page);
  await button(page, opener).click();
  await page.getByRole("dialog").waitFor();
};

export const states: State[] = [
  { name: "home", route: () => "/", ready: home },
  {
    name: "home, budget",
    route: () => "/",
    ready: async (p) => {
      await home(p);
      await press("Budget and model")(p);
    },
  },
  { name: "home, shortcuts", route: () => "/", ready: dialog("Keyboard shortcuts") },
  { name: "home, open", route: () => "/", ready: dialog("Open a downloaded run") },
  { name: "home, theme", route: () => "/", ready: after(home, press("Theme")) },
  {
    name: "home, model",
    route: () => "/",
    ready: async (p) => {
      await dialog("Let a language model reason")(p);
      await p.getByRole("textbox", { name: "Address" }).fill("http://localhost:1/v1");
      await p.getByRole("textbox", { name: "Model" }).fill("m");
    },
  },
  {
    name: "home, palette",
    route: () => "/",
    ready: async (p) => {
      await home(p);
      await p.keyboard.press("Control+k");
      await p.getByRole("combobox", { name: "Command" }).fill("Dark");
    },
  },
  {
    name: "nowhere",
    route: () => "/nowhere",
    ready: async (p) => p.getByRole("heading", { name: /nothing at/ }).waitFor(),
  },
  { name: "sign in", route: () => "/signin", ready: async (p) => p.getByLabel("Token").fill("x") },
  run("finished", "Completed", after(report, crystal)),
  run("finished", "Completed", after(report, press("More")), "finished, menu"),
  run(
    "finished",
    "Completed",
    after(report, (p) => p.getByText(/numbers and where/).click()),
    "finished, numbers",
  ),
  run("finished", "Completed", after(report, press("Memory")), "finished, memory"),
  run("stable", "Completed", tab("Hull"), "stable, hull"),
  run(
    "finished",
    "Completed",
    after(tab("Plots"), (p) => p.getByLabel("Convergence of").waitFor()),
    "finished, plots",
  ),
  run("finished", "Completed", tab("Checks"), "finished, checks"),
  run("finished", "Completed", tab("Structures"), "finished, structures"),
  run("finished", "Completed", after(crystal, tab("Atoms")), "finished, atoms"),
  run("finished", "Completed", after(crystal, tab("Compare")), "finished, compare"),
  run("finished", "Completed", after(crystal, press("Export")), "finished, export"),
  run("finished", "Completed", after(crystal, press("Supercell")), "finished, supercell"),
  run("finished", "Completed", after(crystal, press("More of the picture")), "finished, picture"),
  run("running", "Running", crystal),
  run("running", "Running", press("More"), "running, menu"),
  run("paused", "Paused"),
  run("held", "Needs you", (p) => button(p, "Retry the step").waitFor()),
  run("approval", "Needs you", (p) => button(p, "Allow").waitFor()),
  run("question", "Needs you", (p) => button(p, "Answer").waitFor()),
  run("cancelled", "Cancelled", report),
  run("failed", "Failed", report),
  run("spent", "Budget spent", report),
  run("declined", "Declined", report),
  run("queued", "Queued"),
  run("thinking", "Running"),
  { ...run("finished", "Completed", report, "phone"), width: 390 },
  {
    name: "replay",
    play: "finished",
    route: (p) => `/s/${p.session}?at=40`,
    ready: async (p) => p.getByRole("slider", { name: "Event" }).waitFor(),
  },
];

/** Menus and words that the inventory opens too; they were not held against axe yet. */
export const deeper: State[] = [
  { name: "home, question", route: () => "/", ready: after(home, fill("Question", "What is MgO?")) },
  run(
    "finished",
    "Completed",
    after(report, inMenu(/Fork from a turn/), fill("What to do differently", "only cubic cells")),
    "finished, fork",
  ),
  run("finished", "Completed", after(crystal, press("Images")), "finished, images"),
  run("finished", "Completed", after(crystal, press("Colors")), "finished, colors"),
  run("running", "Running", fill("Steer the discovery", "only cubic cells"), "running, word"),
  run("running", "Running", after(inMenu(/Change the budget/), fill("Minutes", "33")), "running, budget"),
  run("running", "Running", press("Cancel"), "running, cancel"),
];
