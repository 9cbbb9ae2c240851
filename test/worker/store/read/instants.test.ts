import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { formatInstant, parseInstant } from "../../../../src/model/time.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";

const prefix = uniquePrefix("instant");
const identifier = `${prefix}source`;
const child = `${prefix}child`;
const type = "instant_type";

let client: Client;
/** Instants of: the create, the update, the child's create, the delete of both. */
let moments: readonly number[];

const refreshRollups = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, 5));
};

const write = async (path: string, body: JsonObject): Promise<void> => {
  await succeed(client.post(path, body));
  await refreshRollups();
};

const micros = (text: Json | undefined): number => parseInstant(String(text)) ?? NaN;

const instantsOf = async (of: string): Promise<readonly number[]> => {
  const { body } = await client.post("/resources/history", { identifier: of });
  const versions = body as unknown as readonly { transaction: { instant: string } }[];
  return versions.map(({ transaction }) => micros(transaction.instant));
};

beforeAll(async () => {
  client = await adminClient();
  const source = { identifier, payload_type: "datasource", name: "one" };
  await write("/resources/create", { resources: [source] });
  await write("/resources/update", { updates: { [identifier]: { name: "two" } } });
  const below = { identifier: child, payload_type: "patient", parent_identifier: identifier };
  await write("/resources/create", { resources: [below] });
  await write("/patients/register", { datasource_id: identifier, external_uid: "uid" });
  await write("/resources/delete", { identifiers: [identifier] });
  const schema = { version: "1.0.0", json_schema: { type: "object", properties: {} } };
  await succeed(client.put(`/schemas/${type}`, schema));
  await refreshRollups();
  const [created = 0, updated = 0, deleted = 0] = await instantsOf(identifier);
  const [born = 0] = await instantsOf(child);
  moments = [created, updated, born, deleted];
});

const at = (moment: number, offset: number): string =>
  formatInstant((moments[moment] ?? NaN) + offset);

const rowsAt = async (as_of: string): Promise<readonly JsonObject[]> => {
  const { body, status, text } = await client.post("/resources/read", {
    identifiers: [identifier],
    as_of,
  });
  expect(status, text).toBe(200);
  return body as readonly JsonObject[];
};

describe("a commit is visible from its own microsecond on", () => {
  test.each([
    ["create", 0, null, "one"],
    ["update", 1, "one", "two"],
    ["delete", 3, "two", null],
  ])("%s", async (_, moment, before, after) => {
    const nameAt = async (offset: number): Promise<Json> =>
      (await rowsAt(at(moment, offset)))[0]?.["name"] ?? null;
    expect(await nameAt(-1)).toBe(before);
    expect(await nameAt(0)).toBe(after);
    expect(await nameAt(1)).toBe(after);
  });

  test("in a query, its count, the children and the history alike", async () => {
    const body = { payload_type: "patient", parent_identifier: identifier, sort_by: "identifier" };
    const seen = async (offset: number): Promise<readonly Json[]> => {
      const as_of = at(2, offset);
      const query = await client.post("/query", { ...body, as_of });
      const count = await client.post("/query/count", { ...body, as_of });
      const history = await client.post("/resources/history", { identifier: child, as_of });
      return [
        ((query.body as JsonObject)["results"] as readonly Json[]).length,
        (count.body as JsonObject)["count"] ?? null,
        (await rowsAt(as_of))[0]?.["children"] ?? null,
        history.status,
      ];
    };
    expect(await seen(-1)).toEqual([0, 0, [], 404]);
    expect(await seen(0)).toEqual([1, 1, [child], 200]);
    expect(await seen(1)).toEqual([1, 1, [child], 200]);
  });

  test("in the change feed", async () => {
    const versionsAt = async (as_of: string): Promise<readonly Json[]> => {
      const { body } = await client.get(`/changes?limit=10000&as_of=${as_of}`);
      const changes = (body as JsonObject)["changes"] as readonly JsonObject[];
      return changes
        .filter((change) => change["identifier"] === identifier)
        .map((change) => change["version"] ?? null);
    };
    expect(await versionsAt(at(1, -1))).toEqual([1]);
    expect(await versionsAt(at(1, 0))).toEqual([1, 2]);
  });
});

test("the same instant in any zone and with any number of digits is the same state", async () => {
  const moment = moments[1] ?? NaN;
  const shifted = (minutes: number, suffix: string): string =>
    formatInstant(moment + minutes * 60_000_000).replace("Z", suffix);
  const expected = await rowsAt(at(1, 0));
  expect(expected.length).toBe(1);
  for (const text of [
    shifted(330, "+05:30"),
    shifted(-480, "-08:00"),
    shifted(0, "+00:00"),
    shifted(0, "-00:00"),
    shifted(1_439, "+23:59"),
    at(1, 0).replace("T", "t").replace("Z", "z"),
  ]) {
    expect(await rowsAt(text), text).toEqual(expected);
  }
  const millis = Math.ceil(moment / 1000) * 1000;
  expect(await rowsAt(formatInstant(millis).replace("000Z", "Z"))).toEqual(
    await rowsAt(formatInstant(millis)),
  );
});

/** Every read with `as_of`. */
const READS: readonly (readonly [string, (as_of: string) => Promise<Answer>])[] = [
  ["/resources/read", (as_of) => client.post("/resources/read", { identifiers: [child], as_of })],
  [
    "/resources/history",
    (as_of) => client.post("/resources/history", { identifier: child, as_of }),
  ],
  [
    "/resources/diff",
    (as_of) => client.post("/resources/diff", { identifier: child, from: 1, to: 1, as_of }),
  ],
  ["/query", (as_of) => client.post("/query", { payload_type: "patient", as_of })],
  ["/query/count", (as_of) => client.post("/query/count", { payload_type: "patient", as_of })],
  ["/changes", (as_of) => client.get(`/changes?as_of=${encodeURIComponent(as_of)}`)],
  ["/transactions", (as_of) => client.get(`/transactions/1?as_of=${encodeURIComponent(as_of)}`)],
  ["/schemas", (as_of) => client.get(`/schemas?as_of=${encodeURIComponent(as_of)}`)],
  ["/schemas/image", (as_of) => client.get(`/schemas/image?as_of=${encodeURIComponent(as_of)}`)],
  [
    "/datasources/stats",
    (as_of) => client.get(`/datasources/stats?as_of=${encodeURIComponent(as_of)}`),
  ],
  [
    "/datasources/detailed-stats",
    (as_of) =>
      client.get(
        `/datasources/detailed-stats?datasource_id=${prefix}other&as_of=${encodeURIComponent(as_of)}`,
      ),
  ],
  [
    "/patients/resolve",
    (as_of) =>
      client.post(`/patients/resolve?as_of=${encodeURIComponent(as_of)}`, {
        datasource_id: identifier,
        external_uid: "uid",
      }),
  ],
];

describe.each(READS)("%s", (_, ask) => {
  test.each([
    "2026-01-01T00:00:00",
    "2026-01-01",
    "2026-01-01 00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00.1234567Z",
    "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00+5:30",
    "2026-01-01T00:00:00+24:00",
    "20260101T000000Z",
    "+02026-01-01T00:00:00Z",
    "yesterday",
    "now",
    "0",
    "1767225600",
    "",
    " 2026-01-01T00:00:00Z",
  ])("refuses the malformed instant %j", async (text) => {
    const answer = await ask(text);
    expect(answer.status, answer.text).toBe(400);
    expect((answer.body as JsonObject)["code"]).toBe("invalid_as_of");
    expect(answer.text).toContain('"path":"as_of"');
  });

  test("refuses future instants", async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    for (const text of [tomorrow, "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-23:59"]) {
      const answer = await ask(text);
      expect([answer.status, (answer.body as JsonObject)["code"]]).toEqual([400, "invalid_as_of"]);
    }
  });

  test("finds nothing before the first transaction", async () => {
    for (const text of [
      "1970-01-01T00:00:00Z",
      "0001-01-01T00:00:00+23:59",
      "0000-01-01T00:00:00Z",
    ]) {
      const answer = await ask(text);
      expect([200, 404], answer.text).toContain(answer.status);
      const found = answer.status === 200 ? answer.text : "";
      expect(found).not.toContain(child);
    }
  });
});

test("a payload type, a registration and a patient exist from their own instant on", async () => {
  const schemaAt = async (as_of: string): Promise<number> =>
    (await client.get(`/schemas/${type}?as_of=${as_of}`)).status;
  expect(await schemaAt(at(0, 0))).toBe(404);
  expect(await schemaAt(formatInstant(Date.now() * 1000))).toBe(200);
  const [registered = 0] = await instantsOf(`${identifier}.P000001`);
  const resolveAt = async (as_of: number): Promise<number> => {
    const body = { datasource_id: identifier, external_uid: "uid" };
    const path = `/patients/resolve?as_of=${formatInstant(as_of)}`;
    return (await client.post(path, body)).status;
  };
  expect(await resolveAt(registered - 1)).toBe(404);
  expect(await resolveAt(registered)).toBe(200);
  expect(await resolveAt((moments[3] ?? 0) - 1)).toBe(200);
  expect(await resolveAt(moments[3] ?? 0)).toBe(404);
});

describe("bounds of a query", () => {
  const ask = async (body: JsonObject): Promise<number> =>
    (await client.post("/query", { payload_type: "patient", ...body })).status;

  test("limit is an integer from 1 to 5000, or null", async () => {
    for (const limit of [1, 5_000, null]) expect(await ask({ limit })).toBe(200);
    for (const limit of [0, -1, 5_001, 1.5, "10", true, [], {}, 2 ** 53]) {
      expect(await ask({ limit }), JSON.stringify(limit)).toBe(400);
    }
  });

  test("the feed's limit and wait are bounded too", async () => {
    const feed = async (query: string): Promise<number> =>
      (await client.get(`/changes?${query}`)).status;
    for (const query of ["limit=1", "limit=10000", "wait=0", "after=0", "after=99"]) {
      expect(await feed(query), query).toBe(200);
    }
    for (const query of ["limit=0", "limit=10001", "limit=-1", "limit=1.5", "limit=x", "limit="]) {
      expect(await feed(query), query).toBe(400);
    }
    for (const query of [
      "wait=31",
      "wait=-1",
      "wait=0.5",
      "wait=NaN",
      "after=-1",
      "after=x",
      "after=1.1",
    ]) {
      expect(await feed(query), query).toBe(400);
    }
  });

  const nested = (wrap: (inner: JsonObject) => JsonObject, depth: number): JsonObject => {
    let filters: JsonObject = { patient_sex: "F" };
    for (let level = 0; level < depth; level += 1) filters = wrap(filters);
    return filters;
  };

  test.each<readonly [string, (inner: JsonObject) => JsonObject]>([
    ["and", (inner) => ({ and: [inner] })],
    ["or", (inner) => ({ or: [{ patient_sex: "M" }, inner] })],
    ["not", (inner) => ({ not: inner })],
    ["members beside it, and", (inner) => ({ cohort: "x", and: [{}, inner] })],
  ])("filters nest sixteen levels of %s and no more", async (_, wrap) => {
    expect(await ask({ filters: nested(wrap, 16) })).toBe(200);
    expect(await ask({ filters: nested(wrap, 17) })).toBe(400);
  });

  test("a member called __proto__ is refused like any unknown one, never ignored", async () => {
    const hostile = JSON.parse('{"__proto__": "x"}') as JsonObject;
    const updates = JSON.parse('{"__proto__": {"license": "x"}}') as JsonObject;
    const source = { identifier: `${prefix}other`, payload_type: "datasource", name: "other" };
    await write("/resources/create", { resources: [source] });
    const definition = { version: "1.0.0", json_schema: { type: "object" }, defaults: hostile };
    const registration = { datasource_id: source.identifier, external_uid: "u2", payload: hostile };
    expect({
      filter: await ask({ filters: hostile }),
      body: await ask(hostile),
      parameter: (await client.get("/changes?__proto__=1")).status,
      payload: (await client.post("/patients/register", registration)).status,
      update: (await client.post("/resources/update", { updates })).status,
      default: (await client.put("/schemas/instant_other", definition)).status,
    }).toEqual({ filter: 400, body: 400, parameter: 400, payload: 400, update: 404, default: 400 });
  });
});
