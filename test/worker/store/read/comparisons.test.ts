// The bound on comparisons within documents by the conditions and projections of one request.
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { bodyOf, codesOf, defineEntity } from "../../../support/clients/entities.ts";

const ELEMENTS = 2_000;
const DOCUMENTS = 20;
const LEAVES = Math.ceil(LIMITS.comparisonsMax / ELEMENTS / DOCUMENTS) + 1;

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
  const text = { type: "string" };
  const list = { type: "array", items: { type: "object", fields: { a: text, b: text } } };
  await defineEntity(admin, "compared", { list, note: text });
  const elements = Array.from({ length: ELEMENTS }, (_, at) => ({ a: `v${at}`, b: "w" }));
  const data = Array.from({ length: DOCUMENTS }, (_, at) => ({
    _id: `compared${at}`,
    list: elements,
    note: "x".repeat(20_000),
  }));
  await bodyOf(admin.put("/data/insert/compared", { data }));
});

const either = (count: number, field = "a"): Json => ({
  $or: Array.from({ length: count }, (_, at) => ({ field, op: "=", rvalue: `none${at}` })),
});
const all = { $and: [] };
const found = (condition: Json): JsonObject => ({ array: "list", elemMatch: condition });
const chosen = (condition: Json): JsonObject => ({
  projection: [{ field: "list", match: condition }],
});
/** A condition that SQL cannot decide, tested element by element. */
const residual = (count: number): Json => ({
  $or: Array.from({ length: count }, (_, at) => ({ field: "a", regex: `^n${at}` })),
});

const removal = (condition: Json): Json => ({
  $foreach: { list: condition, $update: "$remove" },
});

const rules = (count: number): Json =>
  Array.from({ length: count }, (_, at) => ({ field: "list.*.a", include: at % 2 === 0 }));

const patterns = (count: number): Json => {
  const regex = "(?:ab|cd|ef|gh){20}";
  return { $or: Array.from({ length: count }, (_, at) => ({ field: "note", regex: regex + at })) };
};

describe("comparisons within documents", () => {
  const tooMany: readonly (readonly [string, string, JsonObject])[] = [
    ["a projection", "find", { query: all, ...chosen(either(LEAVES)) }],
    ["rules", "find", { query: all, projection: rules(LEAVES) }],
    ["elements", "find", { query: found(residual(LEAVES)) }],
    ["regular expressions", "find", { query: patterns(40) }],
    ["two fields", "find", { query: { field: "list.*.a", op: "=", rfield: "list.*.b" } }],
    ["an update", "update", { query: all, update: removal(either(LEAVES)) }],
    [
      "what an update shows",
      "update",
      { query: all, update: { $set: { note: "n" } }, ...chosen(either(LEAVES)) },
    ],
    ["what a delete is about", "delete", { query: found(residual(LEAVES)) }],
  ];

  test.each(tooMany)("beyond the bound are refused: %s", async (_, command, request) => {
    const answer = await admin.post(`/data/${command}/compared`, request);
    expect(answer.status).toBe(413);
    expect(codesOf(answer.body as JsonObject)).toEqual(["crud:ResultSizeTooLarge"]);
    expect(answer.text).toMatch(/at most 25000000 comparisons.*fewer documents/);
  });

  test("within the bound are made, whatever the documents", async () => {
    const some = Math.floor(LEAVES / 4);
    const range = { range: [0, 2] };
    for (const request of [
      { query: all, ...chosen(either(some)) },
      { query: all, ...range, ...chosen(either(LEAVES)) },
      { query: found(residual(some)) },
    ]) {
      const body = await bodyOf(admin.post("/data/find/compared", request));
      expect(body["status"]).toBe("COMPLETE");
    }
  });

  test("of a stream are bounded per page, and it reports its end", async () => {
    const request = { query: all, ...chosen(either(LEAVES)) };
    const answer = await admin.post("/data/find/compared?stream=true", request);
    expect(answer.text).toContain("comparisons");
  });
});
