// Every control of the page, and what using it must change. A control that is in
// the accessibility tree and not in this list fails inventory.test.ts.
import type { Page } from "playwright-core";

/** What a control may change. */
export type Change = "request" | "url" | "page" | "store" | "file" | "focus" | "picture" | "chooser" | "socket";

export interface Control {
  role: string;
  name: RegExp;
  changes: Change;
  /** A request it must send: method, path, words of the body. */
  asks?: RegExp;
  /** The routes where it changes something. */
  where?: RegExp;
  /** What must be so before it changes anything. */
  first?: (page: Page) => Promise<unknown>;
  /** How it is used; a click by default. */
  use?: (page: Page, role: string, name: string) => Promise<unknown>;
  /** The browser handles it, not we: a link, a fold. */
  native?: true;
  /** It happens by itself, too, a little later. */
  alone?: true;
  /** Its name is of the data: one is used for all. */
  data?: true;
}

type Role = Parameters<Page["getByRole"]>[0];

export function find(page: Page, role: string, name: string) {
  return page.getByRole(role as Role, { name, exact: true }).first();
}

const press = (key: string) => async (page: Page, role: string, name: string) => {
  await find(page, role, name).focus();
  await page.keyboard.press(key);
};
const type = (text: string) => (page: Page, role: string, name: string) => find(page, role, name).fill(text);
/** Typed, and sent by a button: what was typed is in the request. */
const send = (text: string, button: string) => async (page: Page, role: string, name: string) => {
  await find(page, role, name).fill(text);
  await find(page, "button", button).click();
};
/** A limit, set with the question it is for. */
const limit = async (page: Page, role: string, name: string) => {
  await find(page, "textbox", "Question").fill("Is ZnO stable?");
  await send("7000", "Ask")(page, role, name);
};
const mode = (page: Page, _: string, name: string) => page.getByText(name, { exact: true }).click();
/** Another than the chosen one. */
const pick = async (page: Page, role: string, name: string) => {
  const at = find(page, role, name);
  const chosen = await at.evaluate((el) => (el as HTMLSelectElement).selectedIndex);
  await at.selectOption({ index: chosen === 0 ? 1 : 0 });
};
const file = (name: string, text: string) => async (page: Page, _: string, label: string) =>
  page.getByLabel(label).setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
const forkFrom = async (page: Page, role: string, name: string) => {
  await pick(page, role, name);
  await send("with another potential", "Fork")(page, "textbox", "What to do differently");
};
const beside = (page: Page, role: string, name: string) =>
  find(page, role, name).click({ position: { x: 380, y: 400 } });
const ahead = (page: Page) => find(page, "button", "Rotate X").click();

const updates = (kind: string) => new RegExp(`^POST /discoveries/[^/]+/updates .*"kind":"${kind}"`);
const c = (role: string, name: RegExp, changes: Change, more: Partial<Control> = {}): Control => ({
  role,
  name,
  changes,
  ...more,
});

export const controls: Control[] = [
  // the frame
  c("link", /^To the content$/, "focus", { native: true, use: press("Enter") }),
  c("button", /^Sessions$/, "page"),
  c("button", /^Close the sessions$/, "page", { use: beside }), // the list lies over its middle
  c("link", /^(CrystaLyse|New session|Start a session)$/, "url", { native: true, where: /^\/./ }),
  c("searchbox", /^Search sessions$/, "page", { use: type("band gap") }),
  c(
    "link",
    /^(Completed|Declined|Running|Queued|Paused|Needs you|Cancelled|Budget spent|Failed) .* \d{4}-\d\d-\d\d$/,
    "url",
    { native: true, data: true },
  ),
  c("button", /^Theme$/, "page"),
  c("menuitemradio", /^(System|Light|Dark)$/, "store"),
  c("button", /^(Keyboard shortcuts|Open a downloaded run)$/, "page"),
  c("button", /^Tell me when a run ends$/, "page"),
  // dialogs
  c("button", /^Close$/, "page"),
  c("checkbox", /^Single-key shortcuts$/, "store"),
  c("combobox", /^Command$/, "page", { use: type("memory") }),
  c("option", /./, "page", { data: true }),
  c("button", /^The file \(\.jsonl\)$/, "page", { use: file("x.jsonl", "{}") }),
  c("textbox", /^Address$/, "page", { use: type("https://models.example/v1") }), // it says what goes there
  c("textbox", /^(Model|Key)$/, "request", { asks: /^POST \/llm\/test .*typed/, use: send("typed", "Test") }),
  c("button", /^Test$/, "request", { asks: /^POST \/llm\/test / }),
  c("button", /^Use it$/, "request", { asks: /^PUT \/llm / }),
  c("button", /^Remove it$/, "request", { asks: /^DELETE \/llm / }),
  // the composer
  c("textbox", /^(Question|Follow-up question|Steer the discovery)$/, "page", { use: type("Is ZnO stable?") }),
  c("radio", /^Auto$/, "page", { first: (p) => mode(p, "radio", "Creative"), use: mode }),
  c("radio", /^(Creative|Rigorous)$/, "page", { use: mode }),
  c("button", /^Budget and model$/, "page"),
  c("spinbutton", /^(Minutes|Tokens|Tool calls)$/, "request", {
    asks: /^POST \/discoveries .*:(7000|420000)\b/,
    use: limit,
  }),
  c("button", /^(Let a language model reason|Change the language model)$/, "page"),
  c("button", /^Ask$/, "request", { asks: /^POST \/discoveries .*MgO/ }),
  c("button", /^Steer$/, "request", { asks: updates("steer") }),
  c("button", /: (oxidation states|generates|relaxes)/, "request", { asks: /^POST \/discoveries / }),
  // a run
  c("button", /^Pause$/, "request", { asks: updates("pause") }),
  c("button", /^Resume$/, "request", { asks: updates("resume") }),
  c("button", /^Finish now$/, "request", { asks: updates("finish_now") }),
  c("button", /^(Cancel|Let it run)$/, "page"),
  c("button", /^Cancel it$/, "request", { asks: /^POST \/discoveries\/[^/]+\/cancel / }),
  c("button", /^Set$/, "request", { asks: updates("set_budget") }),
  c("combobox", /^After turn$/, "request", { asks: /fork .*"turn":1\b/, use: forkFrom }),
  c("textbox", /^What to do differently$/, "page", { use: type("with another potential") }),
  c("button", /^Fork$/, "request", { asks: /^POST \/discoveries\/[^/]+\/fork .*only cubic/ }),
  c("button", /^Go on$/, "request", { asks: /^POST \/discoveries\/[^/]+\/retry / }),
  c("button", /^More$/, "page"),
  c("menuitem", /^(Change the budget|Fork from a turn)/, "page"),
  c("menuitem", /^Replay from the beginning$/, "url"),
  c("menuitem", /^Download the run/, "file"),
  c("menuitem", /^Download the bundle/, "file"),
  c("menuitem", /^Start another session$/, "url"),
  c("button", /^Stop this step$/, "request", { asks: updates("cancel_step") }),
  c("button", /^Retry the step$/, "request", { asks: updates("retry_step") }),
  c("button", /^Go on without it$/, "request", { asks: updates("skip_step") }),
  c("button", /^Stop here$/, "request", { asks: /^POST \/discoveries\/[^/]+\/cancel / }),
  c("button", /^Allow$/, "request", { asks: updates("approve") }),
  c("button", /^Deny$/, "request", { asks: updates("approve") }),
  c("checkbox", /^Do the same for/, "page"),
  c("textbox", /^Rock salt at ambient/, "request", { asks: /"text":"both"/, use: send("both", "Answer") }),
  c("button", /^(Answer|ambient pressure ?default|above 30 GPa)$/, "request", { asks: updates("answer") }),
  c("button", /^(Turn \d+|Thinking|The answer as it was written)/, "url", { data: true }),
  c("button", /^(Done|Running|Failed|Cancelled|Refused|Planned) .*/, "url", { data: true }),
  c("button", /^t\d+\.\w+$/, "url", { data: true }),
  c("button", /^[−\d][\d.,−]*( ?\S+)?$/, "url", { data: true }),
  c("button", /^(JSON|\d+ numbers and where)/, "page", { native: true }),
  c("button", /^Show (all|the first) \d+$/, "page"),
  c("button", /^Report as JSON$/, "file"),
  c("button", /^Follow$/, "page"),
  c("button", /^Back to the answer$/, "focus"),
  // panes
  c("separator", /^(Width of the conversation|Height of the crystal)$/, "store", { use: press("ArrowLeft") }),
  c("button", /^Timeline$/, "store"),
  c("button", /^t\d+\.\w+ .*, (Done|Running|Failed|Cancelled|Planned|Refused), /, "url", { data: true }),
  c("button", /^(Memory|Close memory)$/, "page"),
  c("searchbox", /^Search memories$/, "request", { asks: /^POST \/memories\/search /, use: type("salt") }),
  c("button", /^(Pin|Unpin)$/, "request", { asks: /^PATCH \/memories\// }),
  c("button", /^(Edit|Forget|All of it|Less of it|Undo|Keep as it was)$/, "page"),
  c("textbox", /^Memory$/, "request", { asks: /^PATCH .*"content":"other"/, use: send("other", "Save") }),
  c("button", /^Save$/, "request", { asks: /^PATCH \/memories\// }),
  c("link", /^(t\d+\.\w+|its session)$/, "url", { native: true }),
  c("button", /^\d+ memor(y|ies) of earlier work$/, "page"),
  c("button", /^session$/, "url"),
  c("button", /^Talk$/, "page", { first: (p) => find(p, "button", "Results").click() }),
  c("button", /^(Crystal|Results|Time|Memory)$/, "page"),
  // results
  c("tab", /^Candidates$/, "page", { first: (p) => find(p, "tab", "Structures").click() }),
  c("tab", /^(Hull|Plots|Checks|Structures)$/, "page"),
  c("searchbox", /^Filter candidates$/, "page", { use: type("NiAs") }),
  c("button", /^(material|space group|atoms|energy|formation|above hull)( ?[↑↓])?( ?eV\/atom)?$/, "page"),
  c("button", /^(N a C l|Crystal structure of .*|Show .*)$/, "url"),
  c("combobox", /^Convergence of$/, "url", { use: pick }),
  c("button", /^(N a C l )?[\w(), -]+ .*−?\d\.\d{3}$/, "url", { data: true }),
  // the crystal
  c("combobox", /^Structure$/, "url", { use: pick }),
  c("button", /^Open file$/, "chooser"),
  c("button", /^Structure file$/, "request", { asks: /^POST \/structures /, use: file("x.cif", "data_x") }),
  c("tab", /^View$/, "page", { first: (p) => find(p, "tab", "Atoms").click() }),
  c("tab", /^(Atoms|Symmetry|Compare)$/, "page"),
  c("button", /^(Bonds|Polyhedra|Unit cell)$/, "page"),
  c("button", /^Conventional cell$/, "store"),
  c("button", /^(Rotate [XY]|Look along [abc])$/, "picture"),
  c("button", /^Reset the view$/, "picture", { first: ahead }),
  c("button", /^(More of the picture|Supercell|Images|Colors|Export)$/, "page"),
  c("menuitemcheckbox", /^(Atom labels|Space filling|Perspective)$/, "page"),
  c("menuitemradio", /^(\d × \d × \d|None|On the faces|Bonded|VESTA|Jmol|Safe|By number)/, "page"),
  c("menuitem", /^(CIF|POSCAR|Extended XYZ|JSON|PNG)/, "file"),
  c("button", /^Keys of the viewer$/, "page"),
  c("button", /^(Play|Pause|Pause the replay)$/, "page"),
  c("button", /^Frame (before|after)$/, "url"),
  c("slider", /^Frame$/, "url", { use: press("ArrowLeft") }),
  c("button", /^Sort by/, "page"),
  c("grid", /^Atoms$/, "page", { use: press("ArrowDown") }),
  c("combobox", /^Compare with$/, "page", { use: pick }),
  // a replay
  c("slider", /^Event$/, "url", { use: press("ArrowRight") }),
  c("button", /^End the replay$/, "url"),
  c("button", /^([A-Z][a-z]?( ?\d+)? ?)+$/, "url", { data: true }), // a formula
  // signing in
  c("textbox", /^Token$/, "request", { asks: /Bearer abc$/, use: send("abc", "Sign in") }),
  c("button", /^Sign in$/, "request", { asks: /^POST \/auth\/session / }),
  c("button", /^Try again$/, "request", { asks: /^GET / }),
  c("button", /^Try now$/, "socket", { alone: true }),
  c("button", /^(Dismiss|Ask about it)$/, "page"),
];

const roles =
  "button link textbox searchbox checkbox radio switch combobox option menuitem menuitemcheckbox menuitemradio slider spinbutton tab treeitem separator grid".split(
    " ",
  );

export interface Seen {
  role: string;
  name: string;
}

/** The controls of the accessibility tree that can be used now: behind a dialog none can. */
export async function controlsOf(page: Page): Promise<Seen[]> {
  const dialog = page.locator("dialog[open]");
  const tree = await ((await dialog.count()) > 0 ? dialog : page.locator("body")).ariaSnapshot();
  const out = new Map<string, Seen>();
  const above: string[] = []; // roles by depth
  for (const line of tree.split("\n")) {
    const m = /^(\s*)- '?(\w+)(?: "((?:[^"\\]|\\.)*)")?(.*)/.exec(line);
    const [, indent = "", role = "", quoted = "", rest = ""] = m ?? [];
    above.length = indent.length / 2;
    above.push(role);
    if (!roles.includes(role) || rest.includes("[disabled]")) continue;
    // The browser's own: what is in a <select>, and a line between items.
    if ((role === "option" && above.includes("combobox")) || (role === "separator" && quoted === "")) continue;
    const name = JSON.parse(`"${quoted.replaceAll("''", "'")}"`) as string;
    out.set(`${role} ${name}`, { role, name });
  }
  return [...out.values()];
}

export function entryOf(s: Seen): Control | undefined {
  return controls.find((x) => x.role === s.role && x.name.test(s.name));
}

/** What tells its test from others; numbers in a name make no other control. */
export function testOf(s: Seen): string {
  const entry = entryOf(s);
  return `${s.role} ${entry?.data ? entry.name : s.name.replace(/[−-]?\d[\d.,]*/g, "#")}`;
}
