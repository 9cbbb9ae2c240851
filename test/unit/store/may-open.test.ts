import { describe, expect, test } from "vitest";
import type { AccessLevel } from "../../../src/model/resource.ts";
import type { Draft } from "../../../src/store/write/draft.ts";
import { mayOpenBy } from "../../../src/store/write/object-plan.ts";
import { OBJECT_RIGHTS } from "../../../src/store/write/object-rights.ts";

const LEVELS: readonly AccessLevel[] = ["restricted", "internal", "public"];

const draft = (accessLevel: AccessLevel, before: AccessLevel | null): Draft =>
  ({
    accessLevel,
    before: before === null ? null : { access_level: before },
  }) as unknown as Draft;

const openedBy = (right: number, isKept: boolean, before: AccessLevel | null) =>
  LEVELS.filter((level) => mayOpenBy(draft(level, before), { right, isKept }));

describe("the levels at which a resource may open an object", () => {
  test.each([
    ["none", []],
    ["internal", ["restricted", "internal"]],
    ["public", LEVELS],
    ["full", LEVELS],
  ] as const)("by the right %s are %j", (right, levels) => {
    expect(openedBy(OBJECT_RIGHTS[right], false, null)).toEqual(levels);
    for (const before of LEVELS) {
      expect(openedBy(OBJECT_RIGHTS[right], false, before)).toEqual(levels);
    }
  });

  test.each([
    ["restricted", ["restricted"]],
    ["internal", ["restricted", "internal"]],
    ["public", LEVELS],
  ] as const)("of one that names it already, and was %s, are %j", (before, levels) => {
    expect(openedBy(OBJECT_RIGHTS.none, true, before)).toEqual(levels);
  });
});
