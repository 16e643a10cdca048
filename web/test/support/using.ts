// Uses one control of a page, and sees whether what it is there for happened.
import type { Page, Request } from "playwright-core";
import { type Change, type Control, find, type Seen } from "./controls";

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

/** The page as its reader has it, without the clocks in it. */
async function look(page: Page): Promise<Look> {
  const tree = await page.locator("body").ariaSnapshot();
  const held = await page.evaluate(() => ({
    store: JSON.stringify(localStorage),
    focus: `${document.activeElement?.id} ${document.activeElement?.className}`,
  }));
  return {
    page: tree.replace(/\d+:\d\d(:\d\d)?|\d+(\.\d+)?[\s\u2009](s|min|h)\b|\d+ % of \w+/g, "#"),
    url: page.url(),
    ...held,
  };
}

/** Until nothing changes by itself any more. */
export async function settle(page: Page): Promise<void> {
  let last = "";
  for (let at = JSON.stringify(await look(page)); at !== last; at = JSON.stringify(await look(page))) {
    last = at;
    await page.waitForTimeout(150);
  }
}

const picture = (page: Page) => page.locator(".st-canvas").first().screenshot();

/** Uses a control, and waits for what it must change; false when that does not come in time. */
export async function works(page: Page, seen: Seen, c: Control, patience = 15_000): Promise<boolean> {
  await c.first?.(page);
  const before = await look(page);
  const drawn = c.changes === "picture" ? await picture(page) : Buffer.of();
  const came = new Set<Change>();
  const hear = (r: Request) => {
    const path = new URL(r.url()).pathname.replace(/^\/api\/v1/, "");
    if ((c.asks ?? /./).test(`${r.method()} ${path} ${r.postData() ?? ""}`)) came.add("request");
  };
  const saved = () => void came.add("file");
  const choosing = () => void came.add("chooser");
  page.on("request", hear).on("download", saved).on("filechooser", choosing);
  try {
    if (c.use) await c.use(page, seen.role, seen.name);
    else await find(page, seen.role, seen.name).click({ timeout: 20_000 });
    for (const end = Date.now() + patience; ; await page.waitForTimeout(50)) {
      if (c.changes === "picture" ? !(await picture(page)).equals(drawn) : came.has(c.changes)) return true;
      const at = await look(page);
      if (c.changes in at && at[c.changes as keyof Look] !== before[c.changes as keyof Look]) return true;
      if (Date.now() > end) return false;
    }
  } finally {
    page.off("request", hear).off("download", saved).off("filechooser", choosing);
  }
}

/** Whether a control changes nothing when its handler is gone, as it must. */
export async function fallsSilent(page: Page, seen: Seen, c: Control): Promise<boolean> {
  const at = find(page, seen.role, seen.name);
  await at.evaluate((el) => el.setAttribute("data-deaf", ""));
  const heard = await works(page, seen, c, 1500).catch(() => true);
  if (!heard) await at.evaluate((el) => el.removeAttribute("data-deaf"));
  return !heard;
}

/** Whether a control can still be used where others were used before it. */
export async function stands(page: Page, seen: Seen, path: string): Promise<boolean> {
  const over = page.locator("dialog[open], [role=menu]");
  const at = find(page, seen.role, seen.name);
  if (new URL(page.url()).pathname !== path || (await over.count()) > 0) return false;
  return (await at.isVisible()) && (await at.isEnabled());
}
