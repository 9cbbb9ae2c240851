// Updating, replacing and deleting records of datasets.
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { byId, type Table } from "../../../support/clients/datasets.ts";
import {
  defineScans,
  freshTable,
  idsOf,
  valuesOf,
} from "../../../support/fixtures/scan-datasets.ts";

let admin: Client;
let scans: Table;

beforeAll(async () => {
  admin = await adminClient();
  scans = await defineScans(admin);
});

describe("constraints and defaults", () => {
  let rules: Table;

  beforeAll(async () => {
    rules = await freshTable(admin, "rules", [
      {
        name: "required_field",
        type: "string",
        constraints: [{ type: "required" }],
        default: "given",
      },
      { name: "needed", type: "string", constraints: [{ type: "required" }] },
      {
        name: "range_field",
        type: "integer",
        constraints: [
          { type: "min", value: 1 },
          { type: "max", value: 9 },
        ],
      },
      { name: "digits", type: "string", constraints: [{ type: "numeric" }] },
      { name: "letters", type: "string", constraints: [{ type: "alpha" }] },
      { name: "both", type: "string", constraints: [{ type: "alphanumeric" }] },
      { name: "upper", type: "string", constraints: [{ type: "uppercase" }] },
      { name: "lower", type: "string", constraints: [{ type: "lowercase" }] },
      {
        name: "sized",
        type: "string",
        constraints: [
          { type: "min_length", value: 2 },
          { type: "max_length", value: 3 },
        ],
      },
      { name: "formed", type: "string", constraints: [{ type: "regexp", value: "^A[0-9]+$" }] },
      { name: "number", type: "integer", default: 5 },
    ]);
  });

  test("a violated constraint is reported with the wording that clients know", async () => {
    const cases: readonly (readonly [JsonObject, string])[] = [
      [{}, 'validation error: missing data for "needed"'],
      [
        { needed: "x", required_field: null },
        'validation error: missing data for "required_field"',
      ],
      [
        { needed: "x", range_field: 10 },
        'Validation error: field "range_field" violates "max" constraint',
      ],
      [
        { needed: "x", range_field: 0 },
        'Validation error: field "range_field" violates "min" constraint',
      ],
      [
        { needed: "x", digits: "1a" },
        'Validation error: field "digits" violates "numeric" constraint',
      ],
      [
        { needed: "x", letters: "a1" },
        'Validation error: field "letters" violates "alpha" constraint',
      ],
      [
        { needed: "x", both: "a-1" },
        'Validation error: field "both" violates "alphanumeric" constraint',
      ],
      [
        { needed: "x", upper: "Ab" },
        'Validation error: field "upper" violates "uppercase" constraint',
      ],
      [
        { needed: "x", lower: "Ab" },
        'Validation error: field "lower" violates "lowercase" constraint',
      ],
      [
        { needed: "x", sized: "a" },
        'Validation error: field "sized" violates "minLength" constraint',
      ],
      [
        { needed: "x", sized: "abcd" },
        'Validation error: field "sized" violates "maxLength" constraint',
      ],
      [
        { needed: "x", formed: "B1" },
        'Validation error: field "formed" violates "regexp" constraint',
      ],
    ];
    for (const [body, message] of cases) {
      expect(await rules.refused("POST", {}, body)).toBe(`400 ${message}`);
    }
    const [good] = await rules.post({
      needed: "x",
      letters: "ab Cd",
      both: "a 1",
      upper: "A B 1",
      lower: "é",
      sized: "äöü",
      range_field: 9,
    });
    expect(good).toMatchObject({ required_field: "given", number: 5, lower: "é" });
  });

  test("an explicit null overrides a default, also after further changes", async () => {
    const [made] = await rules.post({ needed: "x", number: null });
    const cond = byId(made?.["id"] ?? "");
    expect(made?.["number"]).toBeNull();
    const [changed] = await rules.patch({ digits: "12" }, { cond });
    expect(changed).toMatchObject({ number: null, digits: "12" });
    expect(await rules.get({ cond })).toEqual([changed]);
    const [replaced] = await rules.put({ needed: "y" }, { cond });
    expect(replaced).toMatchObject({
      needed: "y",
      digits: null,
      number: 5,
      required_field: "given",
    });
    const [nulled] = await rules.patch({ number: null }, { cond });
    expect(nulled?.["number"]).toBeNull();
  });

  test("constraints apply to the result of a change, at any depth", async () => {
    const made = await rules.post([
      { needed: "a", range_field: 1 },
      { needed: "b", range_field: 2 },
    ]);
    const [one, two] = idsOf(made);
    const entries = [
      { id: one ?? "", range_field: 3 },
      { id: two ?? "", range_field: 99 },
    ];
    expect(await rules.refused("PATCH", {}, entries)).toBe(
      '400 Validation error: field "range_field" violates "max" constraint',
    );
    expect(await rules.refused("PATCH", { cond: byId(one ?? "") }, { needed: null })).toContain(
      "missing data",
    );
    expect(await rules.get({ cond: byId(one ?? "", two ?? "") })).toEqual(made);
  });
});

describe("changing", () => {
  test("entries are applied in order, and the last one wins", async () => {
    const made = await scans.post([
      { title: "u1", total: 1 },
      { title: "u2", total: 2, note: "n" },
    ]);
    const [one, two] = idsOf(made);
    const cond = byId(one ?? "", two ?? "");
    const changed = await scans.patch(
      [{ total: 42 }, { id: one ?? "", rate: 1.5 }, { total: 24 }],
      { cond, outputs: ["total", "rate"] },
    );
    expect(changed).toEqual([
      { id: one, total: 24, rate: 1.5 },
      { id: two, total: 24, rate: null },
    ]);
    const [first] = await scans.get({ cond: byId(one ?? "") });
    expect(first?.["updated_at"]).not.toBe(first?.["created_at"]);
    expect(first?.["created_at"]).toBe(made[0]?.["created_at"]);
    const [replaced] = await scans.put({ title: "new" }, { cond: byId(two ?? "") });
    expect(replaced).toMatchObject({ title: "new", total: null });
    expect(replaced).not.toHaveProperty("note");
  });

  test("without a condition and an id nothing is changed", async () => {
    expect(await scans.refused("PATCH", {}, { title: "all" })).toBe(
      '400 action "update" needs at least one condition',
    );
    expect(await scans.refused("PUT", {}, [{ title: "all" }])).toBe(
      '400 action "update" needs at least one condition',
    );
    expect(await scans.get({ cond: [{ field: "title" }, "=", "all"] })).toEqual([]);
  });

  test("an id and a condition both have to match", async () => {
    const [made] = await scans.post({ title: "both", total: 5 });
    const id = made?.["id"] ?? "";
    expect(await scans.patch({ id, title: "x" }, { cond: [{ field: "total" }, "=", 6] })).toEqual(
      [],
    );
    expect(await scans.patch([{ id: "5f0c7a1e-8f0e-4b7c-9a39-0c5b7a1f2d10", title: "x" }])).toEqual(
      [],
    );
    expect(await scans.refused("PATCH", {}, { id: "invalid", title: "x" })).toContain("400");
    expect(
      await scans.refused("PATCH", { cond: [{ field: "id" }, "=", "invalid"] }, { title: "x" }),
    ).toContain("400");
    const [kept] = await scans.patch({ id, title: "y" }, { cond: [{ field: "total" }, "=", 5] });
    expect(kept?.["title"]).toBe("y");
  });

  test("members that nobody writes may be sent unchanged", async () => {
    const [made] = await scans.post({ title: "same" });
    const { id = "", created_at = "", updated_at = "" } = made ?? {};
    const [same] = await scans.patch({ id, created_at, updated_at, title: "same" });
    expect(same).toEqual(made);
    expect(await scans.refused("PATCH", {}, { id, created_at: "2020-01-01T00:00:00Z" })).toContain(
      '"created_at"',
    );
    expect(
      await scans.refused(
        "PATCH",
        { cond: byId(id) },
        { id: null, updated_at: "2020-01-01T00:00:00Z" },
      ),
    ).toContain('"updated_at"');
  });

  test("range and order select what is changed", async () => {
    await scans.post([1, 2, 3].map((total) => ({ title: "ranged", total })));
    const cond = [{ field: "title" }, "=", "ranged"];
    const order = { direction: "desc", fields: ["total"] };
    const changed = await scans.patch({ rate: 9 }, { cond, order, range: { limit: 1, offset: 1 } });
    expect(valuesOf(changed, "total")).toEqual([2]);
    const odd = await scans.patch(
      { rate: 8 },
      { cond: [...cond, "and", { field: "title" }, "regex", "^ran"], order, range: { limit: 1 } },
    );
    expect(valuesOf(odd, "total")).toEqual([3]);
    const gone = await scans.remove({ cond, order, range: { limit: 2 } });
    expect(valuesOf(gone, "total")).toEqual([3, 2]);
    expect(valuesOf(await scans.get({ cond }), "total")).toEqual([1]);
  });
});

describe("deleting", () => {
  test("returns the deleted records; deletes nothing without a condition", async () => {
    const made = await scans.post([{ title: "d1" }, { title: "d2" }]);
    const cond = byId(...idsOf(made));
    expect(await scans.refused("DELETE", {})).toBe(
      '400 action "delete" needs at least one condition',
    );
    expect(await scans.remove({ cond })).toEqual(made);
    expect(await scans.remove({ cond })).toEqual([]);
    expect(await scans.get({ cond })).toEqual([]);
  });

  test("a deleted record stays readable as_of before", async () => {
    const [made] = await scans.post({ title: "past" });
    const cond = byId(made?.["id"] ?? "");
    const [changed] = await scans.patch({ title: "later" }, { cond });
    await scans.remove({ cond });
    expect(await scans.get({ cond, as_of: made?.["created_at"] ?? "" })).toEqual([made]);
    expect(await scans.get({ cond, as_of: changed?.["updated_at"] ?? "" })).toEqual([changed]);
    expect(await scans.refused("GET", { as_of: "2999-01-01T00:00:00Z" })).toContain("400");
    expect(await scans.refused("GET", { as_of: "yesterday" })).toContain("400");
  });
});
