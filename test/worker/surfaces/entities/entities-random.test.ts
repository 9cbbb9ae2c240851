import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { jsonEqual, type Json, type JsonObject } from "../../../../src/model/json.ts";
import { matches } from "../../../../src/query/matches.ts";
import { applyPatch } from "../../../../src/query/patch.ts";
import { withoutNulls } from "../../../../src/schema/entity/scalar.ts";
import { parseQuery } from "../../../../src/surfaces/entities/language/query.ts";
import { parseUpdate } from "../../../../src/surfaces/entities/language/update.ts";
import { adminClient, setting } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { seedOf } from "../../../support/run/clock.ts";
import {
  payloadOf,
  projected,
  projectedPayload,
  READER,
} from "../../../support/fixtures/scan-interpreters.ts";
import { documents } from "../../../support/generators/entity-documents.ts";
import { projections } from "../../../support/generators/entity-projections.ts";
import { queries } from "../../../support/generators/entity-queries.ts";
import { updates } from "../../../support/generators/entity-updates.ts";
import { metadataOf } from "../../../support/fixtures/scan-entity.ts";
import { figure } from "../../../support/run/figures.ts";

const SEED = seedOf(setting("FC_SEED"));
const RUNS = figure("ENTITY_DOCUMENTS");
const ROWS = 60;

const stored: readonly JsonObject[] = fc
  .sample(documents, { numRuns: ROWS, seed: SEED })
  .map((document, at) => ({
    ...(JSON.parse(JSON.stringify(document)) as JsonObject),
    _id: `d${String(at).padStart(2, "0")}`,
  }));

/** An update that does not fit some documents. Random updates rarely have this property. */
const misfit = (): Json => {
  const many = fc.sample(updates, { numRuns: 5_000, seed: SEED });
  const isRefused = (update: Json): boolean => {
    const patch = parseUpdate(update, READER);
    return stored.some((document) => !applyPatch(patch, { ...document, objectType: "scan" }).ok);
  };
  const found = many.find(isRefused);
  if (found === undefined) throw new Error(`No update is refused; seed ${SEED}`);
  return found;
};

const EVERY_DOCUMENT = { field: "_id", op: "!=", rvalue: "" };

let admin: Client;

const call = async (path: string, body: JsonObject): Promise<JsonObject> => {
  const answer = await admin.post(path, body);
  expect(answer.status, `${answer.text} seed ${SEED}`).toBe(200);
  return answer.body as JsonObject;
};

/** A document as a row for `matches`. */
const rowOf = (document: JsonObject, payload = payloadOf(document)) => ({
  payload,
  column: (name: string): string => (name === "identifier" ? String(document["_id"]) : "scan"),
});

beforeAll(async () => {
  admin = await adminClient();
  await admin.put("/metadata/scan/1.0.0", metadataOf("scan"));
  const inserted = await admin.put("/data/insert/scan", { data: [...stored] });
  if ((inserted.body as JsonObject)["modifiedCount"] !== ROWS) throw new Error(inserted.text);
});

test(
  `${RUNS} random queries find and count what the reference interpreter finds`,
  { timeout: 600_000 },
  async () => {
    let found = 0;
    const property = fc.asyncProperty(queries, fc.nat({ max: 5 }), async (query, from) => {
      const condition = parseQuery(query, READER);
      const expected = stored.filter((document) => matches(condition, rowOf(document)));
      const range = [from, from + 20];
      const body = await call("/data/find/scan", { query, projection: { field: "_id" }, range });
      const shown = expected.slice(from, from + 21).map(({ _id = null }) => ({ _id }));
      expect(body["processed"], JSON.stringify(query)).toEqual(shown);
      expect(body["matchCount"], JSON.stringify(query)).toBe(expected.length);
      found += expected.length;
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    expect(found).toBeGreaterThan(RUNS * 5);
  },
);

test(
  `${RUNS} random projections return what they return for documents in memory`,
  { timeout: 600_000 },
  async () => {
    const property = fc.asyncProperty(
      projections,
      fc.nat({ max: ROWS - 1 }),
      async (projection, at) => {
        const document = stored[at] ?? {};
        const query = { field: "_id", op: "=", rvalue: document["_id"] ?? null };
        const body = await call("/data/find/scan", { query, projection });
        expect(body["processed"], JSON.stringify(projection)).toEqual([
          projected(projection, document),
        ]);
      },
    );
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
  },
);

test(
  `${RUNS} random updates through the store do what the patch does in memory`,
  { timeout: 600_000 },
  async () => {
    const payloads = new Map(
      stored.map((document) => [String(document["_id"]), payloadOf(document)]),
    );
    let [changed, refused] = [0, 0];
    const property = fc.asyncProperty(updates, queries, async (update, query) => {
      const condition = parseQuery(query, READER);
      const patch = parseUpdate(update, READER);
      const matched = [...payloads].filter(([_id, payload]) =>
        matches(condition, rowOf({ _id }, payload)),
      );
      const outcomes = matched.map(([id, before]) => {
        const patched = applyPatch(patch, { ...before, _id: id, objectType: "scan" });
        if (!patched.ok) return { id, ok: false, before, after: before };
        const { _id, objectType: _type, ...after } = withoutNulls(patched.document) as JsonObject;
        return { id, ok: true, before, after };
      });
      const body = await call("/data/update/scan", { query, update, projection: { field: "_id" } });
      const good = outcomes.filter(({ ok }) => ok);
      const different = good.filter(({ before, after }) => !jsonEqual(before, after));
      expect(body["matchCount"]).toBe(matched.length);
      expect(body["processed"]).toEqual(good.map(({ id }) => ({ _id: id })));
      expect(body["modifiedCount"], JSON.stringify(update)).toBe(different.length);
      expect(body["status"]).toBe(good.length < matched.length ? "PARTIAL" : "COMPLETE");
      for (const { id, after } of different) payloads.set(id, after);
      changed += different.length;
      refused += matched.length - good.length;
    });
    const examples: [Json, Json][] = [[misfit(), EVERY_DOCUMENT]];
    await fc.assert(property, { numRuns: RUNS, seed: SEED, examples });
    const everything = { field: "*", recursive: true };
    const after = await call("/data/find/scan", { projection: everything });
    const expected = [...payloads].map(([_id, payload]) =>
      projectedPayload(everything, _id, payload),
    );
    expect(after["processed"]).toEqual(expected);
    expect(changed).toBeGreaterThan(RUNS);
    expect(refused).toBeGreaterThan(0);
  },
);
