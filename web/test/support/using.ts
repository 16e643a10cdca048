// Uses one control of a page, and sees whether what it is there for happened.
import type { Page, Request } from "playwright-core";
import { type Change, type Control, find, type Seen } from "./controls";
import { dialed } from "./states";

/** Takes the handlers of a marked element away: nothing that happens to it is heard. */
export function deafen(): void {
  for (const type of ["click", "pointerdown", "keydown", "input", "change", "submit"])
    window.addEventListener(
      type,
      (e) => {
        if (!(e.target as Element | null)?.closest?.("[data-deaf]")) return;
        e.stopImmediatePropagation();
        e.preventDefault();
      },
      true,
    );
}

interface Look {
  page: string;
  url: string;
  store: string;
  focus: string;
}

/** What is typed into a field says nothing yet: that it was heard shows elsewhere. */
function withoutTyped(tree: string): string {
  const field = /^(\s*)- '?(?:textbox|searchbox|spinbutton|combobox)\b/;
  let within = -1;
  return tree
    .split("\n")
    .flatMap((line) => {
      const depth = line.search(/\S/);
      if (depth <= within) within = -1;
      if (within >= 0 && /^\s*- text: /.test(line)) return [];
      if (!field.test(line)) return line;
      within = depth;
      return line.replace(/^(\s*- '?\w+(?: "(?:[^"\\]|\\.)*")?(?: \[[\w=]+\])*'?):.*$/, "$1");
    })
    .join("\n");
}
const clocks = /\d+:\d\d(:\d\d)?|\d+(\.\d+)?[\s\u2009](s|min|h)\b|\d+ % of \w+/g;

/** The page as its reader has it, without clocks: its tree, and what the tree leaves out. */
async function look(page: Page): Promise<Look> {
  const tree = await page.locator("body").ariaSnapshot();
  const held = await page.evaluate(() => ({
    store: JSON.stringify(localStorage),
    focus: `${document.activeElement?.id} ${document.activeElement?.className}`,
    marks: [...document.querySelectorAll("[aria-sort],[aria-activedescendant]")].map(
      (el) => `${el.getAttribute("aria-sort")} ${el.getAttribute("aria-activedescendant")}`,
    ),
  }));
  const { marks, ...rest } = held;
  return { page: `${withoutTyped(tree).replace(clocks, "#")}\n${marks.join()}`, url: page.url(), ...rest };
}

const pending = new WeakMap<Page, Set<Request>>();

/** Notes what a page waits for, from before it is loaded. */
export function follow(page: Page): void {
  const open = new Set<Request>();
  pending.set(page, open);
  page.on("request", (r) => open.add(r));
  for (const end of ["requestfinished", "requestfailed"] as const)
    page.on(end as "requestfinished", (r) => open.delete(r));
}

/** Until nothing is asked for any more, and nothing changes by itself from frame to frame. */
export async function settle(page: Page): Promise<void> {
  for (let last = ""; ; ) {
    await page.evaluate(frames);
    const at = JSON.stringify(await look(page));
    if (at === last && !pending.get(page)?.size) return;
    last = at;
  }
}

/** In the page: three frames, in which React has done what it had to. */
function frames(): Promise<void> {
  return new Promise((done) => {
    let left = 3;
    const next = () => (left-- > 0 ? requestAnimationFrame(next) : done());
    next();
  });
}

const picture = (page: Page) => page.locator(".st-canvas").first().screenshot();

/** Uses a control, and waits for what it must change; false when that does not come in time. */
export async function works(page: Page, seen: Seen, c: Control, patience = 15_000): Promise<boolean> {
  await c.first?.(page);
  const before = await look(page);
  const drawn = c.changes === "picture" ? await picture(page) : Buffer.of();
  const dials = dialed(page);
  const came = new Set<Change>();
  const hear = (r: Request) => {
    const path = new URL(r.url()).pathname.replace(/^\/api\/v1/, "");
    const said = `${r.method()} ${path} ${r.postData() ?? ""} ${r.headers().authorization ?? ""}`;
    if ((c.asks ?? /./).test(said)) came.add("request");
  };
  const saved = () => void came.add("file");
  const choosing = () => void came.add("chooser");
  page.on("request", hear).on("download", saved).on("filechooser", choosing);
  try {
    if (c.use) await c.use(page, seen.role, seen.name);
    else await find(page, seen.role, seen.name).click({ timeout: 20_000 });
    for (const end = Date.now() + patience; ; await page.waitForTimeout(50)) {
      if (c.changes === "picture" ? !(await picture(page)).equals(drawn) : came.has(c.changes)) return true;
      if (c.changes === "socket" && dialed(page) > dials) return true;
      const at = await look(page);
      if (c.changes in at && at[c.changes as keyof Look] !== before[c.changes as keyof Look]) return true;
      if (Date.now() > end) return false;
    }
  } finally {
    page.off("request", hear).off("download", saved).off("filechooser", choosing);
  }
}

/** Whether a control changes nothing when its handler is gone, as it must; the page is of no use afterwards. */
export async function fallsSilent(page: Page, seen: Seen, c: Control): Promise<boolean> {
  const at = find(page, seen.role, seen.name);
  await at.evaluate((el) => el.setAttribute("data-deaf", ""));
  return !(await works(page, seen, c, 700).catch(() => true));
}

/** Whether a control can still be used where others were used before it; in a menu, only where that was opened again. */
export async function stands(page: Page, seen: Seen, path: string, inMenu = false): Promise<boolean> {
  const over = page.locator(inMenu ? "dialog[open]" : "dialog[open], [role=menu]");
  const at = find(page, seen.role, seen.name);
  if (new URL(page.url()).pathname !== path || (await over.count()) > 0) return false;
  // It may go between the two questions.
  return (await at.isVisible()) && (await at.isEnabled({ timeout: 1000 }).catch(() => false));
}
