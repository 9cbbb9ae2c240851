// The loaded part of a payload: the needed members, unchanged byte for byte.
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { loadedBytes, payloadValue, type RowLoad } from "../../../src/store/read/row-load.ts";
import { sql, type Sql } from "../../../src/store/sql/template.ts";
import { runs } from "../../support/run/figures.ts";

const SEED = Number(process.env["FC_SEED"] ?? Date.now() % 2 ** 31);

const database = new DatabaseSync(":memory:");
database.exec("CREATE TABLE resources (rid INTEGER PRIMARY KEY, payload TEXT NOT NULL)");
const insert = database.prepare("INSERT OR REPLACE INTO resources VALUES (1, ?)");

const ask = ({ text, params }: Sql): Record<string, unknown> =>
  database.prepare(text).get(...params) as Record<string, unknown>;

const loaded = (stored: string, load: Omit<RowLoad, "children">): unknown => {
  insert.run(stored);
  const column = payloadValue("r", { children: false, ...load });
  return ask(sql`SELECT ${column} AS payload FROM resources r`)["payload"];
};

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Longer than payloads that are always loaded completely. */
const LONG = "x".repeat(5_000);

/** Names and strings that JSON and JSON paths escape in different ways. */
const words = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "a",
    "a.b",
    "$.a",
    "[0]",
    "",
    "é",
    "key",
    "a b",
    'a"b',
    "a\\b",
    "\u0000",
    "a\u0000b",
    "1",
    "'",
  ),
);

/** Number texts that JavaScript or SQLite would rewrite. */
const NUMBERS = ["1.0", "-0", "1e5", "1E+2", "12345678901234567890", "0.1e-7", "1e400", "-0.0"];

const scalars = fc.oneof(
  fc.constantFrom(...NUMBERS, "null", "true", "false", '"\\u0041\\n"', '"\\ud83d\\ude00"', '"é"'),
  words.map((text) => JSON.stringify(text)),
);

const values: fc.Arbitrary<string> = fc.oneof(
  scalars,
  fc.array(scalars, { maxLength: 3 }).map((texts) => `[${texts.join(",")}]`),
  fc.array(fc.tuple(words, scalars), { maxLength: 3 }).map((members) => textOf(new Map(members))),
);

const textOf = (members: ReadonlyMap<string, string>): string =>
  `{${[...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;

const documents = fc
  .array(fc.tuple(words, values), { maxLength: 8 })
  .map((members) => new Map([...members, ["filler", `"${LONG}"`]]));

const parsed = (text: unknown, names: ReadonlySet<string>): readonly (readonly [string, Json])[] =>
  Object.entries(JSON.parse(text as string) as JsonObject).filter(([name]) => names.has(name));

test("a payload of which some members are needed is loaded with only these, in their order and unchanged", () => {
  fc.assert(
    fc.property(
      documents.chain((members) =>
        fc.tuple(fc.constant(members), fc.subarray([...members.keys(), "absent"])),
      ),
      ([members, names]) => {
        const wanted = new Set(names);
        const stored = textOf(members);
        const text = loaded(stored, { members: names });
        const own = new Map([...members].filter(([name]) => wanted.has(name)));
        const isNarrowed =
          names.length === 0 ||
          (!stored.includes("\\u0000") &&
            names.every((name) => name !== "" && JSON.stringify(name) === `"${name}"`));
        expect(text).toBe(isNarrowed ? textOf(own) : stored);
        expect(parsed(text, wanted)).toEqual(parsed(stored, wanted));
        const column = loadedBytes("r", { children: false, members: names });
        const row = ask(sql`SELECT ${column} AS bytes FROM resources r`);
        expect(row["bytes"]).toBe(bytes(String(text)));
      },
    ),
    { seed: SEED, numRuns: runs(500) },
  );
});

test("a short payload is loaded completely, whatever is needed of it", () => {
  const stored = '{"a":1.0,"b":[1e5]}';
  expect(loaded(stored, { members: ["b"] })).toBe(stored);
  expect(loaded(stored, { members: ["b"], most: 11 })).toBe('{"b":[1e5]}');
});

test("a payload of which nothing is needed is not loaded", () => {
  expect(loaded('{"a":1}', { members: [] })).toBe("{}");
});

test("a payload larger than the bound is loaded as its size in bytes", () => {
  const stored = `{"a":"é","text":"${LONG}é"}`;
  const part = `{"text":"${LONG}é"}`;
  expect(loaded(stored, { most: bytes(stored) })).toBe(stored);
  expect(loaded(stored, { most: bytes(stored) - 1 })).toBe(bytes(stored));
  expect(loaded(stored, { members: ["text"], most: bytes(part) })).toBe(part);
  expect(loaded(stored, { members: ["text"], most: bytes(part) - 1 })).toBe(bytes(part));
  expect(loaded(stored, { members: ["a"], most: 100 })).toBe('{"a":"é"}');
});

test("many names, and names with any characters, become a parameter", () => {
  const names = Array.from({ length: 200 }, (_, at) => `a long name of a member ${at}`);
  const column = payloadValue("r", { children: false, members: names });
  expect(column.text.length).toBeLessThan(1_000);
  expect(column.params).toEqual([JSON.stringify(names)]);
});
