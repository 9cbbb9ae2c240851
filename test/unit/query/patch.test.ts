import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { Condition } from "../../../src/query/condition.ts";
import {
  applyPatch,
  type Patch,
  type PatchStep,
  type PatchValue,
} from "../../../src/query/patch.ts";
import { keyPath, type Segment } from "../../../src/query/path.ts";
import { payloads } from "../../support/generators/conditions.ts";

const DOCUMENT: JsonObject = {
  subject: "P-07",
  slices: 120,
  note: null,
  tags: ["chest", "contrast"],
  scores: [3, 5, 9],
  site: { city: "Turku", geo: { lat: 60.4 } },
  series: [
    { uid: "A", kv: 80, files: [{ bytes: 10 }, { bytes: 30 }] },
    { uid: "B", kv: 120, files: [{ bytes: 25 }] },
    { uid: "C", kv: 100 },
  ],
};

/** `a.0.^.*` as segments; `^` is the parent. */
const path = (text: string): readonly Segment[] =>
  (text === "" ? [] : text.split(".")).map((part): Segment => {
    if (part === "*") return { kind: "any" };
    if (part === "^") return { kind: "parent" };
    if (part === "#") return { kind: "size" };
    return /^-?\d+$/.test(part)
      ? { kind: "index", index: Number(part) }
      : { kind: "key", name: part };
  });

const constant = (value: Json): PatchValue => ({ kind: "constant", value });
const field = (text: string): PatchValue => ({ kind: "field", path: path(text) });

const set = (text: string, value: PatchValue): PatchStep => ({
  kind: "set",
  path: path(text),
  value,
});
const unset = (text: string): PatchStep => ({ kind: "unset", path: path(text) });
const add = (text: string, value: PatchValue): PatchStep => ({
  kind: "add",
  path: path(text),
  value,
});

const append = (text: string, ...values: readonly PatchValue[]): PatchStep => ({
  kind: "append",
  path: path(text),
  values,
});

const insert = (text: string, ...values: readonly PatchValue[]): PatchStep => ({
  kind: "insert",
  path: path(text),
  values,
});

const ALL: Condition = { kind: "true" };

const atLeast = (name: string, value: number): Condition => ({
  kind: "compare",
  path: name === "" ? { segments: [] } : keyPath(name),
  op: "gte",
  value,
});

const foreach = (text: string, condition: Condition, update: "remove" | Patch): PatchStep => ({
  kind: "foreach",
  path: path(text),
  condition,
  update,
});

/** The members that a patch changes. */
const changed = (...patch: Patch): Json => {
  const patched = applyPatch(patch, DOCUMENT);
  if (!patched.ok) return patched.error.code;
  const names = new Set([...Object.keys(DOCUMENT), ...Object.keys(patched.document)]);
  return Object.fromEntries(
    [...names]
      .filter((name) => patched.document[name] !== DOCUMENT[name])
      .map((name) => [name, patched.document[name] ?? "gone"]),
  );
};

const files = DOCUMENT["series"] as readonly JsonObject[];

const STEPS: readonly (readonly [string, Patch, Json])[] = [
  ["set a member", [set("slices", constant(130))], { slices: 130 }],
  ["set makes what is missing", [set("a.b.1.c", constant(1))], { a: { b: [null, { c: 1 }] } }],
  ["set through null", [set("note.text", constant("x"))], { note: { text: "x" } }],
  ["set replaces an object", [set("site", constant({ name: "West" }))], { site: { name: "West" } }],
  ["set null", [set("subject", constant(null))], { subject: "gone" }],
  ["set an element from the end", [set("tags.-1", constant("last"))], { tags: ["chest", "last"] }],
  ["set behind the end", [set("scores.4", constant(1))], { scores: [3, 5, 9, null, 1] }],
  ["set a reference", [set("note", field("subject"))], { note: "P-07" }],
  ["set a size", [set("note", field("tags.#"))], { note: 2 }],
  ["set a reference to nothing removes", [set("subject", field("gone"))], { subject: "gone" }],
  ["set below a scalar", [set("subject.x", constant(1))], "not_an_object"],
  ["set an element of an object", [set("site.0", constant(1))], "not_an_array"],
  ["set before the beginning", [set("tags.-3", constant(1))], "invalid_path"],
  ["set far behind the end", [set("tags.2000000000", constant(1))], "invalid_path"],
  ["set several places", [set("series.*.kv", constant(1))], "invalid_path"],
  ["set a size itself", [set("tags.#", constant(1))], "invalid_path"],
  ["set above the document", [set("^.a", constant(1))], "invalid_path"],
  ["set the document to a list", [set("", constant([]))], "not_an_object"],
  ["unset a member", [unset("site.city")], { site: { geo: { lat: 60.4 } } }],
  ["unset an element", [unset("tags.0")], { tags: ["contrast"] }],
  ["unset two elements in turn", [unset("tags.0"), unset("tags.0")], { tags: [] }],
  [
    "unset what is missing",
    [unset("gone.deep"), unset("tags.7"), unset("tags.-7"), unset("subject.x"), unset("note.x.1")],
    {},
  ],
  ["add", [add("slices", constant(5))], { slices: 125 }],
  ["add a reference", [add("slices", field("scores.0"))], { slices: 123 }],
  ["add to nothing", [add("gone", constant(1)), add("note", constant(1))], {}],
  ["add to a text", [add("subject", constant(1))], "not_a_number"],
  ["add a text", [add("slices", constant("1"))], "not_a_number"],
  [
    "add beyond all numbers",
    [set("slices", constant(1.7e308)), add("slices", field("slices"))],
    "not_a_number",
  ],
  [
    "append",
    [append("tags", constant("x"), constant(null))],
    { tags: ["chest", "contrast", "x", null] },
  ],
  ["append to nothing", [append("a.b", constant(1))], { a: { b: [1] } }],
  ["append nothing", [append("gone")], {}],
  ["append to a text", [append("subject", constant(1))], "not_an_array"],
  [
    "append, then set the last",
    [append("series", constant({})), set("series.-1.uid", constant("Z"))],
    { series: [...files, { uid: "Z" }] },
  ],
  [
    "insert",
    [insert("tags.1", constant("i"), constant("j"))],
    { tags: ["chest", "i", "j", "contrast"] },
  ],
  [
    "insert behind the end",
    [insert("tags.3", constant("i"))],
    { tags: ["chest", "contrast", null, "i"] },
  ],
  [
    "insert at a negative position",
    [insert("tags.-2", constant("i"))],
    { tags: ["chest", "contrast", "i"] },
  ],
  ["insert without a position", [insert("tags", constant("i"))], "invalid_path"],
  [
    "foreach removes",
    [foreach("series", atLeast("kv", 100), "remove")],
    { series: files.slice(0, 1) },
  ],
  ["foreach of scalars", [foreach("scores", atLeast("", 4), "remove")], { scores: [3] }],
  [
    "foreach sets scalars",
    [foreach("scores", atLeast("", 4), [set("", constant(0))])],
    { scores: [3, 0, 0] },
  ],
  [
    "foreach adds to scalars",
    [foreach("scores", ALL, [add("", constant(1))])],
    { scores: [4, 6, 10] },
  ],
  [
    "foreach with several steps",
    [
      foreach("series", atLeast("kv", 100), [
        unset("files"),
        add("kv", constant(1)),
        set("label", field("uid")),
      ]),
    ],
    {
      series: [
        files[0] ?? null,
        { uid: "B", kv: 121, label: "B" },
        { uid: "C", kv: 101, label: "C" },
      ],
    },
  ],
  [
    "foreach reads and writes around the element",
    [foreach("tags", ALL, [set("", field("^.subject")), add("^.slices", constant(1))])],
    { tags: ["P-07", "P-07"], slices: 122 },
  ],
  [
    "foreach falls back to the document",
    [foreach("scores", atLeast("", 9), [set("", field("slices"))])],
    { scores: [3, 5, 120] },
  ],
  [
    "foreach in arrays of arrays",
    [foreach("series.*.files", atLeast("bytes", 20), "remove")],
    {
      series: [
        { uid: "A", kv: 80, files: [{ bytes: 10 }] },
        { uid: "B", kv: 120, files: [] },
        files[2] ?? null,
      ],
    },
  ],
  [
    "foreach inside foreach",
    [foreach("series", atLeast("kv", 100), [foreach("files", ALL, [set("bytes", field("^.kv"))])])],
    {
      series: [files[0] ?? null, { uid: "B", kv: 120, files: [{ bytes: 120 }] }, files[2] ?? null],
    },
  ],
  ["foreach of nothing", [foreach("gone", ALL, "remove"), foreach("note", ALL, "remove")], {}],
  ["foreach of a text", [foreach("subject", ALL, "remove")], "not_an_array"],
  ["a fault inside foreach", [foreach("scores", ALL, [set("x", constant(1))])], "not_an_object"],
];

describe("applyPatch", () => {
  it.each(STEPS)("%s", (_, patch, expected) => {
    expect(changed(...patch)).toEqual(expected);
  });

  it("reports the path of the error", () => {
    const patched = applyPatch([foreach("series", ALL, [set("uid.x", constant(1))])], DOCUMENT);
    expect(patched).toMatchObject({ ok: false, error: { path: "series.0.uid" } });
  });

  it("never mutates its document", () => {
    const patch = [
      set("label.x.1", constant(1)),
      unset("mixed.0"),
      append("tags", constant("x")),
      insert("scores.1", constant(1)),
      foreach("nested", ALL, "remove"),
      foreach("mixed.*", ALL, [unset("a")]),
    ];
    fc.assert(
      fc.property(payloads, fc.subarray(patch), (payload, steps) => {
        const before = JSON.stringify(payload);
        applyPatch(steps, payload);
        expect(JSON.stringify(payload)).toBe(before);
      }),
    );
  });

  it("treats names like __proto__ as names", () => {
    const patched = applyPatch([set("__proto__.a", constant(1))], {});
    expect(patched.ok && JSON.stringify(patched.document)).toBe('{"__proto__":{"a":1}}');
    expect(({} as { readonly a?: number }).a).toBeUndefined();
  });
});
