import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, registerType } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
  await registerType(admin, "link", { type: "object", properties: { count: { type: "integer" } } });
});

const link = (identifier: string, members: JsonObject = {}): JsonObject => ({
  identifier,
  payload_type: "link",
  ...members,
});

const create = (...resources: readonly JsonObject[]): Promise<Answer> =>
  admin.post("/resources/create", { resources });

const update = (updates: JsonObject): Promise<Answer> =>
  admin.post("/resources/update", { updates });

const named = (answer: Answer): readonly string[] => {
  const errors = (answer.body as JsonObject)["errors"] as readonly JsonObject[];
  const words = errors.map((error) => `${String(error["identifier"])} ${String(error["code"])}`);
  return [...new Set(words)].toSorted();
};

const three = (prefix: string): readonly [string, string, string] => [
  `${prefix}a`,
  `${prefix}b`,
  `${prefix}c`,
];

test("a refused batch names every bad element, whatever is wrong with each", async () => {
  const prefix = uniquePrefix("link");
  const [a, b, c] = three(prefix);
  const answer = await create(
    link(a, { count: "many" }),
    link(b, { parent_identifier: `${prefix}nowhere` }),
    link(c, { parent_identifier: c }),
    link(`${prefix}d`, { license: 5 }),
    link(`${prefix}e`),
  );
  expect(answer.status).toBe(400);
  expect(named(answer)).toEqual([
    `${a} invalid_value`,
    `${b} missing_reference`,
    `${c} cycle`,
    `${prefix}d invalid_value`,
  ]);
});

test("a batch may reverse a derivation", async () => {
  const [a, b, c] = three(uniquePrefix("link"));
  await create(link(a), link(b, { derived_from: [a] }), link(c, { derived_from: [b] }));
  const turned = await update({ [b]: { derived_from: [] }, [a]: { derived_from: [c] } });
  expect(turned.body, turned.text).toEqual({ updated: 2 });
});

test("a derivation cycle is refused although the batch repeats an existing edge", async () => {
  const [a, b, c] = three(uniquePrefix("link"));
  await create(link(a), link(b, { derived_from: [a] }), link(c, { derived_from: [b] }));
  const closing = { [a]: { derived_from: [c] } };
  for (const repeated of [{}, { [c]: { derived_from: [b] } }, { [b]: { derived_from: [a] } }]) {
    const answer = await update({ ...repeated, ...closing });
    expect(named(answer)).toEqual([`${a} cycle`]);
  }
});

test("a hidden parent can be neither filtered nor sorted by", async () => {
  const [a, b, c] = three(uniquePrefix("link"));
  await create(
    link(a),
    link(b, { parent_identifier: a, access_level: "public" }),
    link(c, { access_level: "public" }),
  );
  const nobody = clientOf(appOver(env.DB, { PUBLIC_READ: "true" }));
  const ask = async (body: JsonObject): Promise<readonly string[]> => {
    const answer = await nobody.post("/query", { identifiers: [a, b, c], ...body });
    const { results } = answer.body as unknown as { readonly results: readonly JsonObject[] };
    return results.map((row) => String(row["identifier"]));
  };
  expect(await ask({ filters: { parent_identifier: a } })).toEqual([]);
  expect(await ask({ filters: { parent_identifier: { starts_with: "link" } } })).toEqual([]);
  expect(await ask({ filters: { parent_identifier: null }, sort_order: "asc" })).toEqual([b, c]);
  expect(await ask({ sort_by: "parent_identifier", sort_order: "desc" })).toEqual([b, c]);
});
