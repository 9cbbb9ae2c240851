import { describe, expect, it, test } from "vitest";
import { instantOf } from "../../../src/cli/instants.ts";
import { csvText, jsonText, show, table } from "../../../src/cli/print.ts";
import { conditionOf } from "../../../src/cli/selection.ts";
import { textWidth } from "../../../src/cli/text-width.ts";

describe("an instant of the command line", () => {
  const now = new Date(2026, 5, 15, 12, 30);
  const millis = (text: string): number => Date.parse(instantOf("--as-of", text, now));

  it("is the last moment of a local day, and now on the present one", () => {
    expect(millis("yesterday")).toBe(new Date(2026, 5, 15).getTime() - 1);
    expect(millis("2026-01-31")).toBe(new Date(2026, 1, 1).getTime() - 1);
    expect(millis("today")).toBe(now.getTime());
    expect(millis("2026-01-31 08:15")).toBe(new Date(2026, 0, 31, 8, 15).getTime());
  });

  it("in RFC 3339 stays as it is, and nonsense is refused", () => {
    const exact = "2026-01-31T12:00:00.123456Z";
    expect(instantOf("--as-of", exact, now)).toBe(exact);
    for (const bad of ["2026-02-30", "monday", "2026-01-31T25:00"]) {
      expect(() => instantOf("--as-of", bad, now)).toThrow(bad);
    }
  });
});

test("columns align by what a terminal shows", () => {
  expect(["頭部", "e\u0301", "a", "👩‍⚕️"].map(textWidth)).toEqual([4, 1, 1, 2]);
  expect(
    table(
      ["n", "x"],
      [
        ["頭部", 1],
        ["e\u0301", 22],
      ],
    ),
  ).toEqual(["n      x", "頭部   1", "e\u0301     22"]);
});

test("no format prints control characters of a value", () => {
  const bad = "a\u001b[2J\u009b\u202eb\r";
  for (const text of [show(bad), jsonText({ bad }), csvText(bad)]) {
    expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
  }
  expect(JSON.parse(jsonText({ bad }))).toEqual({ bad });
});

test("~ on a list asks for an element", () => {
  expect(conditionOf("finding_labels~Mass", () => "list")).toEqual({
    finding_labels: { contains: "Mass" },
  });
  expect(conditionOf("x~Mass", () => "either")).toHaveProperty("or");
});
