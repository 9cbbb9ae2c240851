// Names that indexes of different payload types have in the database.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Client } from "../../../support/clients/http.ts";
import { adminClient, registerType } from "../../../support/fixtures/callers.ts";
import { indexFields } from "../../../support/fixtures/indexes.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

const statesOf = async (type: string): Promise<unknown> => {
  const answer = (await succeed(admin.get(`/schemas/${type}/indexes`))) as JsonObject;
  return answer["indexes"];
};

const namesOf = async (type: string): Promise<readonly string[]> => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY name",
  )
    .bind(`x_${type}`)
    .all<{ name: string }>();
  return results.map(({ name }) => name);
};

describe("indexes whose names would be the same", () => {
  const ofType = (name: string, field: string) =>
    registerType(admin, name, { type: "object", properties: { [field]: { type: "integer" } } });

  const sorted = async (type: string, field: string): Promise<readonly string[]> => {
    const body = { payload_type: type, sort_by: field, sort_order: "asc" };
    const answer = (await succeed(admin.post("/query", body))) as unknown as {
      readonly results: readonly JsonObject[];
    };
    return answer.results.map(({ identifier }) => String(identifier));
  };

  test("are made, used and dropped apart", async () => {
    await ofType("alike", "other_size");
    await ofType("alike_other", "size");
    await ofType("alike_other_size_asc", "size");
    const of = (payload_type: string, field: string) =>
      [2, 1].map((value) => ({
        identifier: `${payload_type}/${value}`,
        payload_type,
        [field]: value,
      }));
    const resources = [...of("alike", "other_size"), ...of("alike_other", "size")];
    await succeed(admin.post("/resources/create", { resources }));
    await indexFields(admin, "alike", ["other_size"]);
    await indexFields(admin, "alike_other", ["size"]);
    expect(await statesOf("alike")).toMatchObject([{ field: "other_size", state: "ready" }]);
    expect(await statesOf("alike_other")).toMatchObject([{ field: "size", state: "ready" }]);
    for (const fields of [["size"], []]) {
      await indexFields(admin, "alike_other", fields);
      expect(await sorted("alike", "other_size")).toEqual(["alike/1", "alike/2"]);
      expect(await sorted("alike_other", "size")).toEqual(["alike_other/1", "alike_other/2"]);
    }
    expect(await namesOf("alike")).toEqual([
      "x_alike.other_size.asc",
      "x_alike.other_size.created",
    ]);
  });

  test("are refused where types declare them, with what has the name", async () => {
    const declare = (name: string, field: string) =>
      admin.put(`/schemas/${name}`, {
        version: "1.0.0",
        indexes: [field],
        json_schema: { type: "object", properties: { [field]: { type: "integer" } } },
      });
    await succeed(declare("told", "other_size"));
    const answer = await declare("told_other", "size");
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("told.other_size");
    expect((await admin.get("/schemas/told_other")).status).toBe(404);
  });
});
