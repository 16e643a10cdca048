// @vitest-environment node
import { describe, expect, it } from "vitest";
import { Quality } from "./quality";

/** Frames a fixed time apart. */
function frames(q: Quality, count: number, gap: (k: number) => number): void {
  q.pause();
  let now = 0;
  for (let k = 0; k <= count; k++) {
    q.frame(now);
    now += gap(k);
  }
}

describe("the resolution while moving", () => {
  it("is full while frames are in time", () => {
    const q = new Quality();
    frames(q, 100, () => 30);
    expect(q.moving(2)).toBe(2);
  });

  it("falls when frames are late, to a half and no further", () => {
    const q = new Quality();
    frames(q, 1, () => 60);
    expect(q.moving(1)).toBe(0.75);
    frames(q, 9, () => 60);
    expect(q.moving(1)).toBe(0.5);
  });

  it("rises again after frames that came early", () => {
    const q = new Quality();
    frames(q, 9, () => 60);
    frames(q, 60, () => 16);
    expect(q.moving(1)).toBe(1);
  });

  it("stays where it is when it was asked to", () => {
    const q = new Quality();
    q.adaptive = false;
    frames(q, 9, () => 60);
    expect(q.moving(1)).toBe(1);
  });

  it("tries a finer picture less and less often when it was too slow", () => {
    const q = new Quality();
    let last = q.moving(1);
    let changes = 0;
    let now = 0;
    for (let k = 0; k < 1000; k++) {
      q.frame(now);
      const ratio = q.moving(1);
      if (ratio !== last) changes++;
      last = ratio;
      now += ratio > 0.5 ? 40 : 16;
    }
    expect(changes).toBeGreaterThan(2);
    expect(changes).toBeLessThan(20);
  });

  it("does not count a pause as a frame", () => {
    const q = new Quality();
    frames(q, 5, () => 2000);
    expect(q.moving(1)).toBe(1);
  });

  it("is twice the device's at rest, unless that is too much", () => {
    const q = new Quality();
    expect(q.rest(1, 900, 600, 100)).toBe(2);
    expect(q.rest(1, 900, 600, 100_000)).toBe(1);
    expect(q.rest(2, 2000, 2000, 100)).toBe(2);
  });
});
