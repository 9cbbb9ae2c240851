import { describe, expect, it } from "vitest";
import { freshSecrets } from "../../../src/server/secrets.ts";
import { createApp } from "../../../src/app.ts";
import type { CallOptions, Client } from "../../../src/client/index.ts";
import { openApiDocument } from "../../../src/http/openapi.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/model/json.ts";
import {
  bodyOf,
  type OpenApiDocument,
  type Operation,
  operationsOf,
  resolved,
} from "../../support/checks/openapi-document.ts";
import { type Seen, stubClient } from "./stub.ts";

const app = createApp({ ...freshSecrets(), ENVIRONMENT: "development" } as unknown as Env);
const document = openApiDocument(app, "0.0.0") as unknown as OpenApiDocument;

const PAST = "2026-01-01T00:00:00Z";
const grant = { identifier: "a", grantee_type: "user", grantee_id: "u" } as const;
const upload = { filename: "f", group: "g" };

const take = async (things: AsyncIterable<unknown>): Promise<void> => {
  for await (const thing of things) if (thing !== undefined) return;
};

type Use = (client: Client, options: CallOptions) => Promise<unknown>;

/** Each operation of the catalogue, the method that calls it, and the response of the stub. */
const USES: Readonly<Record<string, readonly [Json, Use]>> = {
  "GET /health": [{}, async (client, options) => client.health(options)],
  "GET /ready": [{}, async (client, options) => client.ready(options)],
  "POST /resources/create": [{ created: 0 }, async (client, options) => client.create([], options)],
  "POST /resources/read": [[], async (client, options) => client.get("a", options)],
  "POST /resources/update": [{ updated: 0 }, async (client, options) => client.update({}, options)],
  "POST /resources/delete": [{ deleted: 0 }, async (client, options) => client.delete([], options)],
  "POST /resources/grants/create": [
    { created: 0 },
    async (client, options) => client.createGrants([grant], options),
  ],
  "POST /resources/grants/read": [[], async (client, options) => client.readGrants(["a"], options)],
  "POST /resources/grants/delete": [
    { deleted: 0 },
    async (client, options) => client.deleteGrants([grant], options),
  ],
  "POST /query": [
    { results: [], next_cursor: null, limit: null },
    async (client, options) => client.query({}, options).all(),
  ],
  "POST /query/explain": [{}, async (client, options) => client.explain({}, options)],
  "POST /query/count": [{ count: 0 }, async (client, options) => client.count({}, options)],
  "POST /query/parquet": [{}, async (client, options) => client.parquet({}, options)],
  "POST /resources/history": [[], async (client, options) => client.history("a", options)],
  "POST /resources/diff": [
    {},
    async (client, options) => client.diff({ identifier: "a", from: 1, to: 2 }, options),
  ],
  "GET /changes": [
    { changes: [{}], next: "1", more: true },
    async (client, options) => take(client.follow({}, options)),
  ],
  "GET /transactions/{id}": [{}, async (client, options) => client.transaction(1, options)],
  "GET /schemas": [{}, async (client, options) => client.schemas(options)],
  "GET /schemas/{payload_type}": [
    {},
    async (client, options) => client.schema("image", "1.0.0", options),
  ],
  "GET /schemas/{payload_type}/indexes": [
    {},
    async (client, options) => client.indexes("image", options),
  ],
  "PUT /schemas/{payload_type}/indexes": [
    {},
    async (client, options) => client.setIndexes("image", { fields: [] }, options),
  ],
  "PUT /schemas/{payload_type}": [
    {},
    async (client, options) =>
      client.registerSchema("report_x", { version: "1.0.0", json_schema: {} }, options),
  ],
  "POST /patients/register": [
    { identifiers: [] },
    async (client, options) => client.registerPatients([], { ...options, or_resolve: true }),
  ],
  "POST /patients/resolve": [
    { identifiers: [] },
    async (client, options) => client.resolvePatients([], options),
  ],
  "POST /studies/register": [
    { identifiers: [] },
    async (client, options) => client.registerStudies([], { ...options, or_resolve: true }),
  ],
  "POST /studies/resolve": [
    { identifiers: [] },
    async (client, options) => client.resolveStudies([], options),
  ],
  "GET /parents/{identifier}": [[], async (client, options) => client.parents("a/b", options)],
  "GET /children": [
    [],
    async (client, options) =>
      client.children({ parent_identifier: "a", with_payloads: true, limit: 1 }, options).all(),
  ],
  "GET /lineage/{identifier}": [
    {},
    async (client, options) =>
      client
        .lineage("a", { direction: "up", depth: 1 }, options)
        .then(async () => client.provenance("a", {}, options)),
  ],
  "GET /artefacts/latest": [
    {},
    async (client, options) =>
      client.latestArtefact({ repo: "r", branch: "b", path: "p" }, options),
  ],
  "GET /s3/config": [{}, async (client, options) => client.bucket(options)],
  "POST /s3/presign": [
    {},
    async (client, options) => client.address({ direction: "download", path: "p" }, options),
  ],
  "POST /s3/presign/batch": [
    { urls: [] },
    async (client, options) => client.uploadAddresses([upload], options),
  ],
  "POST /s3/finalize": [{}, async (client, options) => client.finalize({ path: "p" }, options)],
  "GET /s3/parquet": [
    {},
    async (client, options) => client.previewParquet({ path: "p", limit: 1, offset: 1 }, options),
  ],
  "POST /exports": [
    {},
    async (client, options) => client.orderExport({}, { ...options, format: "csv" }),
  ],
  "GET /exports/{id}": [{}, async (client, options) => client.exportState("e", options)],
  "GET /datasources/stats": [{}, async (client, options) => client.statistics(options)],
  "GET /datasources/detailed-stats": [
    {},
    async (client, options) =>
      client
        .detailedStatistics("d", options)
        .then(async () => client.allDetailedStatistics(options)),
  ],
  "POST /admin/materialized-views/refresh": [
    {},
    async (client, options) => client.refreshViews(options),
  ],
  "GET /admin/transactions": [
    { transactions: [], next: null },
    async (client, options) => client.audit({ order: "asc", limit: 1 }, options).all(),
  ],
};

/** Tags of the catalogue. The accounts, which are not part of it, share `admin`. */
const TAGS: ReadonlySet<string> = new Set([
  "artefacts",
  "changes",
  "exports",
  "grants",
  "history",
  "lineage",
  "objects",
  "query",
  "registrations",
  "resources",
  "schemas",
  "service",
  "statistics",
]);

/** Files of exports and pages of problems are fetched by their URLs alone. */
const BY_URL: readonly string[] = ["GET /exports/{id}/file", "GET /problems/{code}"];

const catalogue = operationsOf(document).filter(
  ({ name, tags = [] }) =>
    !BY_URL.includes(name) && (tags.some((tag) => TAGS.has(tag)) || Object.hasOwn(USES, name)),
);

const propertiesOf = (schema: JsonObject | undefined): readonly string[] => {
  const found = resolved(document, schema);
  const branches = (found["oneOf"] ?? found["anyOf"] ?? []) as readonly JsonObject[];
  const own = isJsonObject(found["properties"]) ? Object.keys(found["properties"]) : [];
  return [...own, ...branches.flatMap(propertiesOf)];
};

const known = (operation: Operation) => ({
  query: (operation.parameters ?? []).filter((one) => one.in === "query").map((one) => one.name),
  body: propertiesOf(bodyOf(operation)?.[1].schema),
});

const perform = async ({ name }: Operation, options: CallOptions): Promise<readonly Seen[]> => {
  const [body, use] = USES[name] ?? [{}, async () => undefined];
  const { client, seen } = stubClient([{ body }]);
  await use(client, options);
  return seen;
};

describe("the client and the OpenAPI document", () => {
  it("every operation of the catalogue has a method", () => {
    expect(Object.keys(USES).toSorted()).toEqual(catalogue.map(({ name }) => name).toSorted());
  });

  it.each(catalogue)("$name: method, path and members are as documented", async (operation) => {
    const seen = await perform(operation, {});
    expect(seen.length).toBeGreaterThan(0);
    const pattern = new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    const { query, body } = known(operation);
    for (const call of seen) {
      expect(call.method).toBe(operation.method);
      expect(call.path).toMatch(pattern);
      expect(query).toEqual(expect.arrayContaining(Object.keys(call.query)));
      const sent = call.body === "" ? {} : (JSON.parse(call.body) as JsonObject);
      expect(body).toEqual(expect.arrayContaining(Object.keys(sent)));
    }
  });

  it.each(catalogue)("$name: reads send as_of, writes a key", async (operation) => {
    const { query, body } = known(operation);
    // `as_of` is where the document has it; for an export that is its query.
    const inQuery = operation.name === "POST /exports";
    const inBody = body.includes("as_of") && operation.name !== "POST /s3/presign/batch";
    const expected = {
      query: query.includes("as_of") ? PAST : undefined,
      body: inBody && !query.includes("as_of") ? PAST : undefined,
      nested: inQuery ? PAST : undefined,
    };
    for (const call of await perform(operation, { as_of: PAST })) {
      const sent = call.body === "" ? {} : (JSON.parse(call.body) as JsonObject);
      const nested = isJsonObject(sent["query"]) ? sent["query"]["as_of"] : undefined;
      const found = { query: call.query["as_of"], body: sent["as_of"], nested };
      expect(found).toEqual(expected);
      const takesKey = operation.parameters?.some(({ name }) => name === "idempotency-key");
      expect(call.headers.has("idempotency-key")).toBe(takesKey === true);
    }
  });

  it("downloads are signed as of the instant", async () => {
    const { client, seen } = stubClient([{ body: { urls: [] } }], { as_of: PAST });
    await client.downloadAddresses([{ path: "p" }]);
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual({
      direction: "download",
      items: [{ path: "p", as_of: PAST }],
    });
  });
});
