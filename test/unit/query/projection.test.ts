import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Condition } from "../../../src/query/condition.ts";
import { keyPath, type Segment } from "../../../src/query/path.ts";
import {
  project,
  type ArrayRule,
  type FieldProjection,
  type FieldRule,
} from "../../../src/query/projection.ts";

const DOCUMENT = {
  subject: "P-07",
  slices: 120,
  note: null,
  tags: ["chest", "contrast"],
  empty: [],
  scores: [3, 5, 9],
  site: { name: "North", city: "Turku", geo: { lat: 60.4 } },
  series: [
    {
      uid: "A",
      kv: 80,
      files: [
        { path: "a1", bytes: 10 },
        { path: "a2", bytes: 30 },
      ],
    },
    { uid: "B", kv: 120, files: [{ path: "b1", bytes: 25 }] },
    { uid: "C", kv: 100, files: [] },
  ],
};

/** `a.*.0` as segments. */
const pattern = (text: string): readonly Segment[] =>
  (text === "" ? [] : text.split(".")).map((part): Segment => {
    if (part === "*") return { kind: "any" };
    return /^-?\d+$/.test(part)
      ? { kind: "index", index: Number(part) }
      : { kind: "key", name: part };
  });

/** `-site` hides, `site!` is recursive. */
const node = (text: string): FieldRule => ({
  kind: "node",
  pattern: pattern(text.replace(/^-/, "").replace(/!$/, "")),
  include: !text.startsWith("-"),
  recursive: text.endsWith("!"),
});

const fields = (rules: readonly FieldRule[]): FieldProjection => ({
  kind: "fields",
  rules,
  renamed: [],
});

const show = (...rules: readonly (string | FieldRule)[]): JsonObject =>
  project(fields(rules.map((rule) => (typeof rule === "string" ? node(rule) : rule))), DOCUMENT);

const { site, series, ...flat } = DOCUMENT;

const NODES: readonly (readonly [readonly string[], JsonObject])[] = [
  [[], {}],
  [["subject"], { subject: "P-07" }],
  [["unknown", "subject.deeper"], { subject: "P-07" }],
  [["*"], { subject: "P-07", slices: 120, note: null, empty: [] }],
  [["*!"], { ...DOCUMENT }],
  [["site"], {}],
  [["site!"], { site }],
  [["site.*"], { site: { name: "North", city: "Turku" } }],
  [["site.city"], { site: { city: "Turku" } }],
  [["*!", "-site"], { ...flat, series }],
  [["-site!", "site.city"], { site: { city: "Turku" } }],
  [["site.city", "-site!"], {}],
  [["-subject", "subject"], { subject: "P-07" }],
  [["*", "-subject"], { slices: 120, note: null, empty: [] }],
  [["*!", "-series", "-site.geo!"], { ...flat, site: { name: "North", city: "Turku" } }],
  [["tags"], {}],
  [["tags.*"], { tags: ["chest", "contrast"] }],
  [["tags!"], { tags: ["chest", "contrast"] }],
  [["tags.0"], { tags: ["chest"] }],
  [["tags.-1"], { tags: ["contrast"] }],
  [["empty"], { empty: [] }],
  [["series.*.uid"], { series: [{ uid: "A" }, { uid: "B" }, { uid: "C" }] }],
  [["series.-2.uid"], { series: [{ uid: "B" }] }],
  [
    ["series.*.files.*.path"],
    {
      series: [
        { files: [{ path: "a1" }, { path: "a2" }] },
        { files: [{ path: "b1" }] },
        { files: [] },
      ],
    },
  ],
];

describe("rules about nodes", () => {
  it.each(NODES)("%j", (rules, expected) => {
    expect(show(...rules)).toEqual(expected);
  });
});

const array = (
  text: string,
  select: ArrayRule["select"],
  more: Partial<ArrayRule> = {},
): ArrayRule => ({
  kind: "array",
  pattern: pattern(text),
  include: true,
  select,
  rules: [node("*!")],
  sort: [],
  ...more,
});

const where = (name: string, value: number): ArrayRule["select"] => {
  const path = name === "" ? { segments: [] } : keyPath(name);
  const condition: Condition = { kind: "compare", path, op: "gte", value };
  return { kind: "match", condition };
};

const range = (from: number, to: number | null): ArrayRule["select"] => ({
  kind: "range",
  from,
  to,
});

describe("rules about elements", () => {
  it("return the elements that satisfy a condition, with fields of their own", () => {
    const rule = array("series", where("kv", 100), { rules: [node("uid"), node("kv")] });
    expect(show(rule)).toEqual({
      series: [
        { uid: "B", kv: 120 },
        { uid: "C", kv: 100 },
      ],
    });
    expect(show({ ...rule, include: false })).toEqual({ series: [{ uid: "A", kv: 80 }] });
  });

  it("work on arrays of scalars", () => {
    expect(show(array("scores", where("", 5)))).toEqual({ scores: [5, 9] });
    expect(show(array("scores", where("", 5), { include: false }))).toEqual({ scores: [3] });
  });

  it("omit the array when nothing is selected, whatever earlier rules say", () => {
    expect(show("scores!", array("scores", where("", 50)))).toEqual({});
    expect(show(array("scores", where("", 50)), "scores!")).toEqual({ scores: [3, 5, 9] });
  });

  it("return a range of positions, both inclusive", () => {
    expect(show(array("scores", range(1, 1)))).toEqual({ scores: [5] });
    expect(show(array("scores", range(1, null)))).toEqual({ scores: [5, 9] });
    expect(show(array("scores", range(-4, 0)))).toEqual({ scores: [3] });
    expect(show(array("scores", range(2, 1)))).toEqual({});
    expect(show(array("scores", range(0, 1), { include: false }))).toEqual({ scores: [9] });
  });

  it("reach arrays inside arrays, and enclosing objects", () => {
    const deep = array("series.*.files", where("bytes", 20), { rules: [node("path")] });
    // When elements are selected, an array that is empty in the document is omitted.
    expect(show(deep)).toEqual({
      series: [{ files: [{ path: "a2" }] }, { files: [{ path: "b1" }] }],
    });
    const parent: Condition = {
      kind: "compare",
      path: { segments: [{ kind: "parent" }, { kind: "key", name: "kv" }] },
      op: "eq",
      value: 120,
    };
    const around = array("series.*.files", { kind: "match", condition: parent });
    expect(show("-series.2", around, "-series.2")).toEqual({
      series: [{ files: [{ path: "b1", bytes: 25 }] }],
    });
  });

  it("let the later of two rules about one array decide every element", () => {
    expect(show(array("scores", where("", 9)), array("scores", range(0, 0)))).toEqual({
      scores: [3],
    });
  });

  it("sort elements by what is stored, not by what is returned", () => {
    const rule = array("series", range(0, 1), {
      rules: [node("uid")],
      sort: [{ path: keyPath("kv"), direction: "desc" }],
    });
    expect(show(rule)).toEqual({ series: [{ uid: "B" }, { uid: "A" }] });
  });
});

describe("project", () => {
  it("adds values under other names, null where there are none", () => {
    const projection: FieldProjection = {
      ...fields([node("subject")]),
      renamed: [
        { name: "site.city", path: keyPath("site", "city") },
        { name: "kv", path: { segments: pattern("series.*.kv") } },
        { name: "gone", path: keyPath("gone") },
        { name: "owner", path: { column: "owner", segments: [] } },
      ],
    };
    expect(project(projection, DOCUMENT, () => "user:1")).toEqual({
      subject: "P-07",
      "site.city": "Turku",
      kv: [80, 120, 100],
      gone: null,
      owner: "user:1",
    });
  });

  it("does not mutate the document, and treats names like __proto__ as names", () => {
    const odd = JSON.parse('{"__proto__":{"a":1},"b":2}') as JsonObject;
    const before = JSON.stringify(odd);
    expect(JSON.stringify(project(fields([node("*!")]), odd))).toBe(before);
    expect(JSON.stringify(odd)).toBe(before);
  });
});
