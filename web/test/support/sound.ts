// Holds a page against axe, in both themes.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** Every violation of any rule, dark and light, in a line each; it leaves the page light, as it was opened. */
export async function violationsOf(page: Page): Promise<string[]> {
  const told: string[] = [];
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    for (const v of violations)
      told.push(`${colorScheme}: ${v.id} (${v.impact}): ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`);
  }
  return told;
}

export async function isSound(page: Page): Promise<void> {
  expect(await violationsOf(page)).toEqual([]);
}
