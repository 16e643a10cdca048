// Which atoms are hovered and selected. Up to four are kept, in order, because
// four are what can be measured.
import { type Measurement, measure } from "./measure";
import type { AtomRef, Pane } from "./pane";

export interface Hit {
  pane: number;
  drawn: number;
}

const MOST = 4;
const same = (a: Hit | null, b: Hit | null) => a?.pane === b?.pane && a?.drawn === b?.drawn;

export class Selection {
  hits: Hit[] = [];
  hovered: Hit | null = null;

  clear(): void {
    this.hits = [];
    this.hovered = null;
  }

  /** True when the hovered atom changed. */
  hover(hit: Hit | null): boolean {
    if (same(hit, this.hovered)) return false;
    this.hovered = hit;
    return true;
  }

  /** A click: alone it selects one atom or none, adding it keeps those of the same pane. */
  click(hit: Hit | null, add: boolean): void {
    if (!hit) {
      this.hits = [];
      return;
    }
    const had = this.hits.some((s) => same(s, hit));
    const others = this.hits.filter((s) => s.pane === hit.pane && !same(s, hit));
    if (add) this.hits = had ? others : [...others, hit].slice(-MOST);
    else this.hits = had && this.hits.length === 1 ? [] : [hit];
  }

  choose(refs: readonly AtomRef[], pane: Pane | undefined): void {
    this.hits = refs.slice(-MOST).flatMap((r) => {
      const drawn = pane?.find(r) ?? -1;
      return drawn >= 0 ? [{ pane: 0, drawn }] : [];
    });
  }

  refs(panes: readonly Pane[]): AtomRef[] {
    return this.hits.flatMap((s) => panes[s.pane]?.ref(s.drawn) ?? []);
  }

  /** Runs a change of the panes and finds the same atoms again after it. */
  across(panes: readonly Pane[], change: () => void): void {
    const kept = this.hits.map((s) => ({ pane: s.pane, ref: panes[s.pane]?.ref(s.drawn) }));
    change();
    this.hits = kept.flatMap(({ pane, ref }) => {
      const drawn = ref ? (panes[pane]?.find(ref) ?? -1) : -1;
      return drawn >= 0 ? [{ pane, drawn }] : [];
    });
    this.hovered = null;
  }

  /** Of the selected atoms, by minimum image. */
  measurement(panes: readonly Pane[]): Measurement | null {
    const pane = panes[this.hits[0]?.pane ?? 0];
    if (!pane) return null;
    return measure(
      this.hits.map((s) => pane.point(s.drawn)),
      pane.lattice,
    );
  }

  paint(panes: readonly Pane[]): void {
    panes.forEach((pane, k) => {
      const selected = this.hits.filter((s) => s.pane === k).map((s) => s.drawn);
      pane.paint(this.hovered?.pane === k ? this.hovered.drawn : null, selected);
    });
  }
}
