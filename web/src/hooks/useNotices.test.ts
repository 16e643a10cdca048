import { expect, it } from "vitest";
import type { DiscoveryRecord } from "../api/types";
import { turned } from "./useNotices";

const run = (id: string, status: string) => ({ id, status }) as DiscoveryRecord;

it("tells of runs that ended or wait, each once, and of none it did not know", () => {
  const before = new Map([
    ["a", "running"],
    ["b", "running"],
    ["c", "completed"],
    ["d", "queued"],
    ["e", "needs_attention"],
  ]);
  const now = [
    run("a", "completed"),
    run("b", "needs_attention"),
    run("c", "completed"),
    run("d", "running"),
    run("e", "failed"),
    run("f", "failed"),
  ];
  expect(turned(before, now).map((d) => d.id)).toEqual(["a", "b", "e"]);
  expect(turned(new Map(now.map((d) => [d.id, d.status])), now)).toEqual([]);
});
