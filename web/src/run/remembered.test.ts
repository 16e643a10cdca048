import { describe, expect, it } from "vitest";
import { givenAtFirst, placeOf } from "./remembered";

const of = (source: string, calls: string[] = [], discovery_id?: string) =>
  placeOf({ source, context: { calls }, ...(discovery_id ? { discovery_id } : {}) });

describe("the place of a memory", () => {
  it("is the step that its source names", () => {
    expect(of("disc-A/0/t2.tool1", ["disc-A/t2.tool1"], "disc-A")).toEqual({ discovery: "disc-A", step: "t2.tool1" });
    expect(of("disc-A/1/c7.t1.tool2")).toEqual({ discovery: "disc-A", step: "c7.t1.tool2" });
  });

  it("is the one call it tells of, where its source is no step", () => {
    expect(of("disc-B/save/k1", ["disc-A/t1.tool1"], "disc-B")).toEqual({ discovery: "disc-A", step: "t1.tool1" });
  });

  it("is the discovery alone for its digest, which tells of many calls", () => {
    expect(of("discovery/disc-A/rep_1", ["disc-A/t1.tool1", "disc-A/t2.tool1"], "disc-A")).toEqual({
      discovery: "disc-A",
    });
  });

  it("is nowhere for what a person wrote", () => {
    expect(of("user")).toEqual({});
    expect(of("")).toEqual({});
    expect(of("disc-A/0/../../etc")).toEqual({});
  });
});

describe("what a discovery began with", () => {
  const search = { id: "1", at: 0, op: "search" as const, memoryIds: ["m1"], query: "NaCl" };
  it("is its first search that found something, outside of steps or in the first turn", () => {
    expect(givenAtFirst({ memories: [search] })).toBe(search);
    expect(givenAtFirst({ memories: [{ ...search, step: "t1.llm" }] })?.id).toBe("1");
    expect(givenAtFirst({ memories: [{ ...search, memoryIds: [] }] })).toBeUndefined();
    expect(givenAtFirst({ memories: [{ ...search, step: "t2.tool1" }] })).toBeUndefined();
    expect(givenAtFirst({ memories: [{ ...search, op: "write" }] })).toBeUndefined();
  });
});
