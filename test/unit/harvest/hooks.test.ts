import { expect, test, vi } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { runBuiltin } from "../../../src/surfaces/harvest/operations/builtin-hooks.ts";
import { globOf } from "../../../src/surfaces/harvest/operations/glob.ts";
import {
  hooksFor,
  PROCEED,
  runAfter,
  runBefore,
  type Hook,
  type HookContext,
  type HookResult,
  type RunHook,
} from "../../../src/surfaces/harvest/operations/hook.ts";

const contextOf = (
  sourcePath: string,
  sizeBytes = 100,
  metadata: JsonObject = {},
): HookContext => ({
  fileId: "f",
  sourcePath,
  filename: sourcePath.slice(sourcePath.lastIndexOf("/") + 1),
  sizeBytes,
  instrumentId: "i",
  instrumentName: "MR 3",
  destinationPath: `/archive/MR 3/${sourcePath}`,
  metadata,
  checksum: null,
});

// The results of Python's fnmatchcase.
test.each([
  ["*.tmp", "a.tmp", true],
  ["*.tmp", "a/b/c.tmp", true],
  ["*.TMP", "a.tmp", false],
  ["a*c", "a/x/c", true],
  ["?.raw", "a.raw", true],
  ["?.raw", "ab.raw", false],
  ["[abc].raw", "b.raw", true],
  ["[!abc].raw", "b.raw", false],
  ["[!abc].raw", "d.raw", true],
  ["[a-c]*", "cat", true],
  ["[]]x", "]x", true],
  ["[!]]x", "ax", true],
  ["[abc", "[abc", true],
  ["a.b", "axb", false],
  ["(a|b)+", "(a|b)+", true],
  ["[^a]", "^", true],
  ["[^a]", "b", false],
  ["*", "line\nbreak", true],
  ["", "", true],
  ["a", "ab", false],
])("the pattern %s matches %j: %s", (pattern, text, fits) => {
  expect(globOf(pattern)(text)).toBe(fits);
});

const filter = (config: JsonObject, path: string, size?: number) =>
  runBuiltin("file_filter", config, contextOf(path, size));

test("file_filter checks size, redirections, exclusions and inclusions, in this order", () => {
  const all: JsonObject = {
    min_size_bytes: 1,
    redirect_rules: [{ pattern: "*.raw", destination: "/raw" }],
    exclude_patterns: ["*.tmp", "*.raw"],
    include_patterns: ["keep/*"],
  };
  expect(filter(all, "keep/a.raw", 0)).toMatchObject({
    action: "skip",
    message: "File too small (0 B < min 1 B)",
  });
  expect(filter(all, "other/a.raw")).toMatchObject({
    action: "redirect",
    redirectPath: "/raw",
    message: "Redirected by pattern '*.raw'",
  });
  expect(filter(all, "keep/a.tmp")).toMatchObject({
    action: "skip",
    message: "Excluded by pattern '*.tmp'",
  });
  expect(filter(all, "other/a.txt")).toMatchObject({
    action: "skip",
    message: "Not matched by any include pattern",
  });
  expect(filter(all, "keep/a.txt")).toEqual(PROCEED);
  expect(filter({}, "anything")).toEqual(PROCEED);
  expect(filter({ redirect_rules: [{ pattern: "*", destination: "" }] }, "a")).toEqual(PROCEED);
});

test("metadata_enrichment extracts the named groups of path or name", () => {
  const pattern = String.raw`^(?P<date>\d{8})_(?P<compound>[^_/]+)_(?P<nucleus>[^/]+)/`;
  const read = (rules: readonly JsonObject[], path: string) =>
    runBuiltin("metadata_enrichment", { rules }, contextOf(path)).metadata;
  const path = "20260115_glucose_1H/acqus";
  expect(read([{ pattern }], path)).toEqual({
    date: "20260115",
    compound: "glucose",
    nucleus: "1H",
  });
  expect(read([{ pattern: "(?P<name>acq)(?P<rest>x)?", source: "filename" }], path)).toEqual({
    name: "acq",
    rest: null,
  });
  expect(read([{ pattern: "(?P<a>1H)" }, { pattern: "(?P<a>acqus)" }], path)).toEqual({
    a: "acqus",
  });
  expect(read([{ pattern: "" }, { pattern: "(?P<a>nowhere)" }], path)).toEqual({});
  expect(() => read([{ pattern: "(" }], path)).toThrow("cannot be read");
});

test("access_assignment names grantees by id or by metadata", () => {
  const id = "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10";
  const grants: readonly JsonObject[] = [
    { grantee_type: "user", match_field: id, source: "literal" },
    { grantee_type: "user", match_field: "no uuid", source: "literal" },
    { grantee_type: "group", match_field: "lab" },
    { grantee_type: "project", match_field: "absent" },
    { grantee_type: "nobody", match_field: "lab" },
  ];
  const context = contextOf("a", 1, { lab: "Radiology" });
  expect(runBuiltin("access_assignment", { grants }, context).grants).toEqual([
    { granteeType: "user", by: "id", value: id },
    { granteeType: "group", by: "name", value: "Radiology" },
  ]);
});

test("an unknown built-in hook is an error", () => {
  for (const name of ["nothing", "toString", null]) {
    expect(() => runBuiltin(name, {}, contextOf("a"))).toThrow("no such");
  }
});

const hookNamed = (id: string, members: Partial<Hook> = {}): Hook => ({
  id,
  name: id,
  trigger: "pre_transfer",
  implementation: "builtin",
  builtinName: null,
  webhookUrl: null,
  config: {},
  instrumentId: null,
  priority: 0,
  enabled: true,
  ...members,
});

test("hooks of the instrument and of all instruments run by priority", () => {
  const hooks = [
    hookNamed("late", { priority: 5 }),
    hookNamed("own", { instrumentId: "i", priority: -1 }),
    hookNamed("other", { instrumentId: "j" }),
    hookNamed("off", { enabled: false }),
    hookNamed("after", { trigger: "post_transfer" }),
    hookNamed("first"),
  ];
  expect(hooksFor(hooks, "pre_transfer", "i").map(({ id }) => id)).toEqual([
    "own",
    "first",
    "late",
  ]);
});

const saying =
  (said: Readonly<Record<string, Partial<HookResult> | Error>>, called: string[]): RunHook =>
  ({ id }) => {
    called.push(id);
    const result = said[id] ?? {};
    if (result instanceof Error) throw result;
    return { ...PROCEED, ...result };
  };

test("before a transfer the first that skips or redirects ends the chain, and a failing one is skipped", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const called: string[] = [];
  const run = saying(
    { a: new Error("broken"), b: {}, c: { action: "skip", message: "no" }, d: {} },
    called,
  );
  const result = await runBefore(
    ["a", "b", "c", "d"].map((id) => hookNamed(id)),
    contextOf("x"),
    run,
  );
  expect(result).toMatchObject({ action: "skip", message: "no" });
  expect(called).toEqual(["a", "b", "c"]);
});

test("after a transfer all run, later metadata wins, and each sees the results of those before", async () => {
  const seen: JsonObject[] = [];
  const run: RunHook = ({ id }, { metadata }) => {
    seen.push(metadata);
    return { ...PROCEED, metadata: { [id]: 1, last: id } };
  };
  const hooks = ["a", "b"].map((id) => hookNamed(id));
  const { metadata } = await runAfter(hooks, contextOf("x", 1, { own: true }), run);
  expect(metadata).toEqual({ own: true, a: 1, b: 1, last: "b" });
  expect(seen[1]).toEqual({ own: true, a: 1, last: "a" });
});
