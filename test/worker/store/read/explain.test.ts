// What `POST /query/explain` tells: the index that a page goes by, its cost, and advice that holds.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { adminClient, callerOf, workerFetch } from "../../../support/fixtures/callers.ts";
import { buildSteps, indexFields, putIndexes } from "../../../support/fixtures/indexes.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { appOver } from "../../../support/servers/app.ts";

const ROWS = 3_000;

const image = (at: number): JsonObject => ({
  identifier: `explained/${at}`,
  payload_type: "image",
  parent_identifier: "explained",
  modality: at % 2 === 0 ? "CT" : "MR",
  body_part_examined: at % 100 === 0 ? "HAND" : "CHEST",
  view_position: at % 2 === 0 ? "PA" : "AP",
  rows: at + 1,
});

let admin: Client;
let reader: Client;

beforeAll(async () => {
  admin = await adminClient();
  reader = (await callerOf("explained@example.org", "user")).client;
  const source = { identifier: "explained", payload_type: "datasource", name: "many" };
  const resources = [source, ...Array.from({ length: ROWS }, (_, at) => image(at))];
  await succeed(admin.post("/resources/create", { resources }));
}, 60_000);

interface Explained {
  readonly explanation: string;
  readonly indexes: readonly {
    readonly name: string;
    readonly use: string;
    readonly field: string | null;
  }[];
  readonly sorted: boolean;
  readonly tested: boolean;
  readonly rows_read: number | null;
  readonly rows_returned: number | null;
  readonly advice: readonly {
    readonly field: string;
    readonly rows_expected: number;
    readonly path: string;
    readonly body: JsonObject;
  }[];
}

const explain = async (client: Client, body: JsonObject): Promise<Explained> =>
  (await succeed(
    client.post("/query/explain", { payload_type: "image", limit: 20, ...body }),
  )) as unknown as Explained;

/** Queries that an index would help, and the fields. */
const HELPED: readonly (readonly [string, JsonObject, string])[] = [
  ["a rare value", { filters: { body_part_examined: "HAND" } }, "body_part_examined"],
  ["one value", { filters: { rows: 17 } }, "rows"],
  ["a short range", { filters: { rows: { between: [40, 60] } } }, "rows"],
  ["some values", { filters: { rows: { in: [4, 5, 6] } } }, "rows"],
  ["an order", { sort_by: "rows", sort_order: "asc" }, "rows"],
  ["an order backwards", { sort_by: "rows" }, "rows"],
  ["an order of half the rows", { sort_by: "rows", filters: { view_position: "PA" } }, "rows"],
];

test.each(HELPED)(
  "%s: the advice is followed, and the page reads at most half",
  async (_, body, field) => {
    const before = await explain(admin, body);
    const [best] = before.advice;
    expect(best?.field, before.explanation).toBe(field);
    expect(before.explanation).toContain(`An index on ${field} would serve`);
    await succeed(admin.put(best?.path ?? "", best?.body ?? {}));
    // While it is built nothing is advised.
    expect((await explain(admin, body)).advice.map((each) => each.field)).not.toContain(field);
    await buildSteps(1_000, 10_000);
    const after = await explain(admin, body);
    expect(after.rows_read ?? 0).toBeLessThanOrEqual((before.rows_read ?? 0) / 2);
    expect(after.rows_read ?? 0).toBeLessThanOrEqual(2 * (best?.rows_expected ?? 0));
    expect(after.rows_returned).toBe(before.rows_returned);
    expect(after.indexes.map((index) => index.field)).toContain(field);
    expect(after.explanation).toContain(field);
    await succeed(putIndexes(admin, "image", ["modality"]));
  },
);

/** Queries that no further index would help. */
const UNHELPED: readonly (readonly [string, JsonObject])[] = [
  ["a page of the newest", {}],
  ["a value of most rows", { filters: { body_part_examined: "CHEST" } }],
  ["a value of half the rows", { filters: { view_position: "PA" } }],
  ["a difference", { filters: { body_part_examined: { ne: "CHEST" } } }],
  ["a substring", { filters: { body_part_examined: { contains: "AN" } } }],
  ["an expression", { filters: { body_part_examined: { regex: "^H" } } }],
  ["an indexed value", { filters: { modality: "CT" } }],
  ["an open range of most rows", { filters: { rows: { gt: 5 } } }],
  ["an order after an indexed value", { filters: { modality: "CT" }, sort_by: "rows" }],
  ["an order of few rows", { filters: { rows: { lt: 5 } }, sort_by: "columns" }],
  ["a past state", { filters: { rows: 17 }, as_of: new Date(Date.now() + 1_000).toISOString() }],
  ["all types", { payload_type: null, filters: { identifier: "explained/7" } }],
];

test.each(UNHELPED)("%s: nothing is advised that does not help", async (_, body) => {
  const { advice, rows_read: read } = await explain(admin, body);
  for (const { field, body: fields } of advice) {
    await indexFields(admin, "image", fields["fields"] as unknown as readonly string[]);
    const after = await explain(admin, body);
    expect(after.rows_read ?? 0, field).toBeLessThanOrEqual((read ?? 0) / 2);
    await succeed(putIndexes(admin, "image", ["modality"]));
  }
  // Of the order of few rows an index may help: the loop above has tried it.
  expect(JSON.stringify(body).includes('"lt":5') ? [] : advice).toEqual([]);
});

test("the index of each kind of query is named", async () => {
  const used = async (body: JsonObject): Promise<readonly string[]> =>
    (await explain(admin, body)).indexes.map(({ name }) => name);
  expect(await used({})).toEqual(["resources_type"]);
  expect(await used({ filters: { modality: "CT" } })).toContain("x_image_modality_created");
  expect(await used({ sort_by: "modality", sort_order: "asc" })).toContain("x_image_modality_asc");
  expect(await used({ identifiers: ["explained/1"] })).toContain("sqlite_autoindex_resources_1");
  expect(await used({ payload_type: null })).toContain("resources_created");
  expect((await explain(admin, { sort_by: "rows" })).sorted).toBe(true);
});

test("what is looked up for each row of a page is not told as what finds the page", async () => {
  const nobody = clientOf(appOver(env.DB, { PUBLIC_READ: "true" }));
  for (const client of [reader, nobody]) {
    const { indexes } = await explain(client, {});
    expect(indexes.map(({ name }) => name)).toEqual(["resources_type"]);
    const byValue = await explain(client, { filters: { modality: "CT" } });
    expect(byValue.indexes.map(({ name }) => name)).toEqual(["x_image_modality_created"]);
    const named = await explain(client, { identifiers: ["explained/1"] });
    expect(named.indexes.map(({ use }) => use)).toContain("identifier");
  }
});

test("who may not see everything is told the same whatever is hidden, and no figure", async () => {
  const bodies: readonly JsonObject[] = HELPED.map(([, body]) => body);
  const nobody = clientOf(appOver(env.DB, { PUBLIC_READ: "true" }));
  const told = async () =>
    Promise.all(
      [reader, nobody].map((client) => Promise.all(bodies.map((body) => explain(client, body)))),
    );
  const before = await told();
  for (const answer of before.flat()) {
    expect(answer).toMatchObject({ rows_read: null, rows_returned: null, advice: [] });
    expect(answer.explanation).not.toMatch(/\d+ (?:rows|resources)/);
  }
  const hidden = Array.from({ length: 500 }, (_, at) => ({
    ...image(at),
    identifier: `explained/hidden/${at}`,
    access_level: "restricted",
  }));
  await succeed(admin.post("/resources/create", { resources: hidden }));
  expect(await told()).toEqual(before);
  expect((await clientOf(workerFetch).post("/query/explain", {})).status).toBe(401);
  const under = await reader.post("/query/explain", { parent_identifier: "explained/hidden/1" });
  const missing = await reader.post("/query/explain", { parent_identifier: "explained/nowhere" });
  expect([under.status, missing.status]).toEqual([404, 404]);
});
