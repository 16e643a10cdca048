// The states in which the page is looked at: where it is, what is played, and
// what a person has opened.
import type { Page, WebSocketRoute } from "playwright-core";
import type { PlayName } from "./plays";
import type { Play } from "./stage";

export interface State {
  name: string;
  play?: PlayName;
  width?: number;
  route: (p: Play) => string;
  /** Before the page is loaded. */
  before?: (page: Page) => Promise<unknown>;
  ready: (page: Page) => Promise<void>;
  /** Opens again what closes when one of its items is used. */
  again?: (page: Page) => Promise<void>;
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

/** A state with a menu open, which each of its items closes. */
const withMenu = (opener: string, s: State): State => ({
  ...s,
  ready: after(s.ready, press(opener)),
  again: press(opener),
});

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

const says = (text: string | RegExp) => (page: Page) => page.getByText(text).first().waitFor();
const panel = (page: Page) => page.getByRole("complementary", { name: "Memory" });
const keptOnes = (page: Page) => panel(page).getByRole("listitem").first().waitFor();
const memory = after(report, press("Memory"), keptOnes);
const memoryItem = (name: string) => (page: Page) => panel(page).getByRole("button", { name }).first().click();
const find = async (page: Page) => {
  await panel(page).getByRole("searchbox", { name: "Search memories" }).fill("oxides");
  await panel(page).getByRole("list", { name: "Found" }).waitFor();
};
const overNumber = async (page: Page) => {
  await page
    .getByRole("group", { name: "Report" })
    .getByRole("button", { name: /eV\/atom/ })
    .first()
    .focus();
  await page.getByRole("tooltip").waitFor();
};
const phoneTab = (name: string) => (page: Page) =>
  page.getByRole("navigation", { name: "Panels" }).getByRole("button", { name }).click();

/** The line of a page to the server, held so that it can be lost for good. */
const lines = new WeakMap<Page, { lost: boolean; dialed: number; open: WebSocketRoute[] }>();
const holdLine = (page: Page) => {
  const line = { lost: false, dialed: 0, open: [] as WebSocketRoute[] };
  lines.set(page, line);
  return page.routeWebSocket(/\/ws\//, (ws) => {
    line.dialed++;
    if (line.lost) return void ws.close();
    ws.connectToServer();
    line.open.push(ws);
  });
};
/** How often a page whose line is held has dialed. */
export const dialed = (page: Page) => lines.get(page)?.dialed ?? 0;
const loseLine = async (page: Page) => {
  const line = lines.get(page);
  if (!line) throw new Error("the line of this page is not held");
  line.lost = true;
  await Promise.all(line.open.map((ws) => ws.close()));
  await page.getByText("this page catches up by itself").waitFor();
};
const withoutWebGL = (page: Page) =>
  page.addInitScript(() => {
    const real = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
      return kind === "webgl2" ? null : Reflect.apply(real, this, [kind, ...rest]);
    } as typeof real;
  });

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
  withMenu("Theme", { name: "home, theme", route: () => "/", ready: home }),
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
  withMenu("More", run("finished", "Completed", report, "finished, menu")),
  run(
    "finished",
    "Completed",
    after(report, (p) => p.getByText(/numbers and where/).click()),
    "finished, numbers",
  ),
  run("finished", "Completed", memory, "finished, memory"),
  run(
    "stable",
    "Completed",
    after(tab("Hull"), (p) => p.getByRole("region", { name: /^Hull of/ }).waitFor()),
    "stable, hull",
  ),
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
  withMenu("Export", run("finished", "Completed", crystal, "finished, export")),
  withMenu("Supercell", run("finished", "Completed", crystal, "finished, supercell")),
  withMenu("More of the picture", run("finished", "Completed", crystal, "finished, picture")),
  run("running", "Running", crystal),
  withMenu("More", run("running", "Running", undefined, "running, menu")),
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
  { name: "home, question", route: () => "/", ready: after(home, fill("Question", "What is MgO?")) },
  run("finished", "Completed", after(report, inMenu(/Fork from a turn/)), "finished, fork, empty"),
  run(
    "finished",
    "Completed",
    after(report, inMenu(/Fork from a turn/), fill("What to do differently", "only cubic cells")),
    "finished, fork",
  ),
  withMenu("Images", run("finished", "Completed", crystal, "finished, images")),
  withMenu("Colors", run("finished", "Completed", crystal, "finished, colors")),
  run("running", "Running", fill("Steer the discovery", "only cubic cells"), "running, word"),
  run("running", "Running", after(inMenu(/Change the budget/), fill("Minutes", "33")), "running, budget"),
  run("running", "Running", press("Cancel"), "running, cancel"),
  // Memories
  run("finished", "Completed", after(memory, memoryItem("Edit")), "finished, memory, edited"),
  run("finished", "Completed", after(memory, memoryItem("Forget")), "finished, memory, forgotten"),
  run("finished", "Completed", after(memory, find), "finished, memory, found"),
  {
    ...run("finished", "Completed", after(report, press("Memory"), says("Empty.")), "finished, no memory"),
    before: (page) => page.route(/\/memories\?/, (r) => r.fulfill({ json: { memories: [], next: "", counts: {} } })),
  },
  run("recalled", "Running", (p) => button(p, /of earlier work/).waitFor()),
  // What is over the page
  run("finished", "Completed", after(crystal, press("Keys of the viewer")), "finished, keys"),
  run("finished", "Completed", after(report, overNumber), "finished, number"),
  { ...run("finished", "Completed", after(report, press("Sessions")), "phone, sessions"), width: 390 },
  { ...run("finished", "Completed", after(report, phoneTab("Crystal"), crystal), "phone, crystal"), width: 390 },
  { ...run("finished", "Completed", after(report, phoneTab("Results")), "phone, results"), width: 390 },
  { ...run("finished", "Completed", after(report, phoneTab("Time")), "phone, time"), width: 390 },
  { ...run("finished", "Completed", after(report, phoneTab("Memory"), keptOnes), "phone, memory"), width: 390 },
  { ...run("running", "Running", () => Promise.resolve(), "phone, running"), width: 390 },
  // What is missing
  { ...run("running", "Running", after(crystal, loseLine), "disconnected"), before: holdLine },
  { ...run("finished", "Completed", after(report, says(/no WebGL 2/)), "no WebGL"), before: withoutWebGL },
  {
    name: "no session",
    route: () => "/s/01ARZ3NDEKTSV4RRFFQ69G5FAV",
    ready: (p) => p.getByText("There is no such session").waitFor(),
    before: (page) => page.routeWebSocket(/\/ws\//, (ws) => ws.close({ code: 4504 })),
  },
  {
    name: "no server",
    route: () => "/",
    ready: (p) => button(p, "Try again").first().waitFor(),
    before: (page) =>
      page.route(/\/auth\/me$/, (r) =>
        r.fulfill({ status: 503, json: { status: 503, code: "unavailable", detail: "The store does not answer." } }),
      ),
  },
];
