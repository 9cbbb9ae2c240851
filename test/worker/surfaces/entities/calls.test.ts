import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../../../src/app.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../../src/model/json.ts";
import { adminClient, adminToken, callerOf } from "../../../support/fixtures/callers.ts";
import { BASE, type Client } from "../../../support/clients/http.ts";
import { bodyOf, codesOf, everything, metadata } from "../../../support/clients/entities.ts";
import { metadataOf, SCANS } from "../../../support/fixtures/scan-entity.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
  await bodyOf(admin.put("/metadata/scan/1.0.0", metadataOf("scan")));
  await bodyOf(admin.put("/data/insert/scan", { data: [...SCANS] }));
});

describe("find", () => {
  test("sorts missing values first, by several keys, and into arrays", async () => {
    const idsBy = async (sort: Json): Promise<Json> => {
      const body = await bodyOf(
        admin.post("/data/find/scan", { sort, projection: { field: "_id" } }),
      );
      return (body["processed"] as readonly JsonObject[]).map(({ _id }) => _id ?? null);
    };
    expect(await idsBy({ slices: "$asc" })).toEqual(["s4", "s2", "s3", "s1"]);
    expect(await idsBy({ slices: "$desc" })).toEqual(["s1", "s3", "s2", "s4"]);
    expect(await idsBy([{ minSlices: "$desc" }, { slices: "$asc" }])).toEqual([
      "s2",
      "s3",
      "s1",
      "s4",
    ]);
    expect(await idsBy({ "scores.*": "$asc" })).toEqual(["s4", "s1", "s2", "s3"]);
    expect(await idsBy({ "scores.*": "$desc" })).toEqual(["s1", "s3", "s2", "s4"]);
    expect(await idsBy([])).toEqual(["s1", "s2", "s3", "s4"]);
  });

  test("counts all matches, whatever the window; without a projection returns no fields", async () => {
    const query = { field: "slices", op: ">", rvalue: 0 };
    for (const [window, size] of [
      [{ range: [0, 0] }, 1],
      [{ range: [2, 1] }, 0],
      [{ from: 1, maxResults: 5 }, 2],
      [{ maxResults: 0 }, 0],
      [{ range: [7, 9] }, 0],
    ] as const) {
      const body = await bodyOf(admin.post("/data/find/scan", { query, ...window }));
      expect(body).toMatchObject({ matchCount: 3, modifiedCount: 0, status: "COMPLETE" });
      expect(body["processed"], JSON.stringify(window)).toEqual(
        Array.from({ length: size }, () => ({})),
      );
      expect(body["resultMetadata"]).toHaveLength(size);
    }
  });

  test("accepts as_of and a session, and refuses invalid ones", async () => {
    const inserted = await bodyOf(
      admin.put("/data/insert/scan", { data: { _id: "s9", subject: "late" } }),
    );
    const { session = null } = inserted;
    expect(typeof session).toBe("string");
    const history = await admin.post("/resources/history", { identifier: "s9" });
    const [version] = history.body as unknown as readonly { created_at: string }[];
    const query = { field: "_id", op: "=", rvalue: "s9" };
    await bodyOf(admin.post("/data/delete/scan", { query }));
    const as_of = version?.created_at ?? "";
    expect(await bodyOf(admin.post("/data/find/scan", { query, as_of, session }))).toMatchObject({
      matchCount: 1,
    });
    expect(
      await bodyOf(admin.post("/data/find/scan", { query, client: { session } })),
    ).toMatchObject({ matchCount: 0 });
    for (const bad of [
      { session: "x" },
      { as_of: "yesterday" },
      { as_of: "2999-01-01T00:00:00Z" },
    ]) {
      expect(codesOf(await bodyOf(admin.post("/data/find/scan", bad), 400))[0]).toMatch(
        /^rest-crud:Rest/,
      );
    }
  });

  test("does the same with a query string", async () => {
    const body = await bodyOf(
      admin.get(
        "/data/find/scan?Q=modality:CT,MR;minSlices:64&P=subject:1,site:1r&S=slices:a&from=0&maxResults=1",
      ),
    );
    expect(body).toMatchObject({ matchCount: 2, processed: [{ subject: "P-08" }] });
    const lower = await bodyOf(admin.get("/data/find/scan/1.0.0?q=subject:P-09&p=tags%23:1"));
    expect(lower).toMatchObject({ processed: [{ "tags#": 0 }] });
    expect(codesOf(await bodyOf(admin.get("/data/find/scan?Q=modality"), 400))).toEqual([
      "query-api:InvalidQuery",
    ]);
  });

  test("can be explained by admins", async () => {
    const query = { field: "subject", op: "=", rvalue: "P-07" };
    const body = await bodyOf(admin.post("/data/explain/scan", { query }));
    expect(JSON.stringify(body["resultMetadata"])).toMatch(/SELECT .*x_scan/);
    expect(
      (await bodyOf(admin.get("/data/explain/scan?Q=subject:P-07")))["resultMetadata"],
    ).toHaveLength(1);
    const { client: reader } = await callerOf("explain-reader@example.org", "user");
    expect((await reader.post("/data/explain/scan", { query })).status).toBe(403);
  });
});

test("bulk runs its requests by seq, each by itself, and echoes the seq", async () => {
  await bodyOf(admin.put("/metadata/bulky/1.0.0", metadata("bulky", { n: { type: "integer" } })));
  const requests: JsonObject[] = [
    { seq: 30, op: "FIND", request: { entity: "bulky", query: null, projection: { field: "n" } } },
    { seq: 10, op: "insert", request: { entity: "bulky", data: [{ _id: "bu1", n: 1 }] } },
    {
      seq: 20,
      op: "update",
      request: { entity: "bulky", query: { $and: [] }, update: { $add: { n: 1 } } },
    },
    { seq: 15, op: "find", request: { entity: "nothing" } },
    { seq: 40, op: "delete", request: { entity: "bulky", query: { $and: [] } } },
    { op: "delete", request: { entity: "bulky", query: { $and: [] } } },
  ];
  const body = await bodyOf(admin.post("/data/bulk", { requests }));
  const responses = body["responses"] as readonly { seq: number; response: JsonObject }[];
  expect(
    responses.map(({ seq, response }) => [seq, response["status"], response["modifiedCount"]]),
  ).toEqual([
    [10, "COMPLETE", 1],
    [15, "ERROR", undefined],
    [20, "COMPLETE", 1],
    [30, "COMPLETE", 0],
    [40, "COMPLETE", 1],
  ]);
  expect(responses[3]?.response["processed"]).toEqual([{ n: 2 }]);
  const many = Array.from({ length: 5 }, (_, seq) => ({
    seq,
    op: "insert",
    request: { entity: "bulky", data: { n: seq } },
  }));
  await bodyOf(admin.post("/data/bulk", { ordered: false, requests: many }));
  expect(await everything(admin, "bulky")).toHaveLength(5);
  for (const bad of [
    {},
    { requests: [{ seq: 1, op: "drop", request: {} }] },
    { requests: [{ seq: "a", op: "find", request: {} }] },
  ]) {
    expect(codesOf(await bodyOf(admin.post("/data/bulk", bad), 400))).toEqual([
      "rest-crud:RestError",
    ]);
  }
});

test("a write with an Idempotency-Key is done once and has one response", async () => {
  await bodyOf(admin.put("/metadata/once/1.0.0", metadata("once", { n: { type: "integer" } })));
  const body: JsonObject = { data: [{ n: 1 }, { n: "x" }], projection: { field: "*" } };
  const headers = { "idempotency-key": "once-1" };
  const first = await admin.send("PUT", "/data/insert/once", body, headers);
  const second = await admin.send("PUT", "/data/insert/once", body, headers);
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  const { session: _one, ...one } = first.body as JsonObject;
  const { session: _two, ...two } = second.body as JsonObject;
  expect(two).toEqual(one);
  expect(await everything(admin, "once")).toHaveLength(1);
  const other = await admin.send("PUT", "/data/insert/once", { data: {} }, headers);
  expect([other.status, codesOf(other.body as JsonObject)]).toEqual([422, ["rest-crud:RestError"]]);
});

test("a response that is too large to be stored is refused before anything is done", async () => {
  await bodyOf(
    admin.put("/metadata/bulk_text/1.0.0", metadata("bulk_text", { t: { type: "string" } })),
  );
  const data = Array.from({ length: 10 }, () => ({ t: "x".repeat(300_000) }));
  const headers = { "idempotency-key": "large-1" };
  const body: JsonObject = { data, projection: { field: "*" } };
  const refused = await admin.send("PUT", "/data/insert/bulk_text", body, headers);
  expect([refused.status, codesOf(refused.body as JsonObject)]).toEqual([
    413,
    ["crud:ResultSizeTooLarge"],
  ]);
  expect(await everything(admin, "bulk_text")).toEqual([]);
  const fine = await admin.send("PUT", "/data/insert/bulk_text", { data }, headers);
  expect(fine.status, fine.text.slice(0, 200)).toBe(200);
});

test("every error is an envelope, also before an operation runs", async () => {
  const send = async (init: RequestInit): Promise<Response> => {
    const context = createExecutionContext();
    return createApp(env).fetch(
      new Request(`${BASE}/data/find/scan`, { method: "POST", ...init }),
      env,
      context,
    );
  };
  const token = `Bearer ${await adminToken()}`;
  const json = { authorization: token, "content-type": "application/json" };
  const cases: readonly (readonly [RequestInit, number])[] = [
    [{ headers: { "content-type": "application/json" }, body: "{}" }, 401],
    [{ headers: json, body: "{" }, 400],
    [{ headers: json, body: "[]" }, 400],
    [{ headers: { authorization: token, "content-type": "text/plain" }, body: "{}" }, 415],
    [{ headers: { ...json, "content-length": "99999999" }, body: " ".repeat(33_554_433) }, 413],
  ];
  for (const [init, status] of cases) {
    const answer = await send(init);
    const body: unknown = await answer.json();
    expect(answer.status).toBe(status);
    expect(isJsonObject(body) && body["status"]).toBe("ERROR");
    expect(Object.keys(body as JsonObject).toSorted()).toEqual(["errors", "status"]);
  }
});

test("names in the path and in the body must agree; the old names count when no other is given", async () => {
  expect(codesOf(await bodyOf(admin.post("/data/find/scan", { entity: "other" }), 400))).toEqual([
    "rest-crud:NoEntityMatch",
  ]);
  expect(
    codesOf(await bodyOf(admin.post("/data/find/scan/1.0.0", { entityVersion: "2.0.0" }), 400)),
  ).toEqual(["rest-crud:NoVersionMatch"]);
  expect(
    await bodyOf(admin.post("/data/find", { objectType: "scan", version: "1.0.0" })),
  ).toMatchObject({ entity: "scan" });
  expect(
    await bodyOf(
      admin.post("/data/find/scan", { objectType: "other", entityVersion: null, unknown: 1 }),
    ),
  ).toMatchObject({ entity: "scan" });
  expect(codesOf(await bodyOf(admin.post("/data/find", {}), 400))).toEqual(["rest-crud:RestError"]);
  expect(await bodyOf(admin.put("/data/scan/1.0.0", { data: { _id: "old1" } }))).toMatchObject({
    modifiedCount: 1,
  });
  expect((await admin.get("/data/health")).body).toMatchObject({ metadata: { healthy: true } });
});
