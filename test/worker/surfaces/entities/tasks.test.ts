import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../../../src/app.ts";
import { type JsonObject } from "../../../../src/model/json.ts";
import { adminClient, adminToken, callerOf } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { bodyOf, codesOf, everything, metadata } from "../../../support/clients/entities.ts";
import { metadataOf, SCANS } from "../../../support/fixtures/scan-entity.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
  await bodyOf(admin.put("/metadata/scan/1.0.0", metadataOf("scan")));
  await bodyOf(admin.put("/data/insert/scan", { data: [...SCANS] }));
});

/** The objects of a stream of concatenated JSON objects. */
const objectsIn = (text: string): readonly JsonObject[] =>
  JSON.parse(`[${text.replaceAll(/\}(?=\{"(?:processed|errors)")/g, "},")}]`) as JsonObject[];

describe("a streaming find", () => {
  test("is a header and one object per document, the last one marked, of one state", async () => {
    const fields = { n: { type: "integer" } };
    await bodyOf(admin.put("/metadata/flow/1.0.0", metadata("flow", fields)));
    const data = Array.from({ length: 2_500 }, (_, n) => ({ _id: `f${n}`, n }));
    await bodyOf(admin.put("/data/insert/flow", { data }));
    const projection = { field: "n" };
    const answer = await admin.post("/data/find/flow?stream=true", {
      projection,
      sort: { n: "$desc" },
    });
    const [header, ...objects] = objectsIn(answer.text);
    expect(header).toMatchObject({ entity: "flow", entityVersion: "1.0.0", status: "COMPLETE" });
    expect(header).not.toHaveProperty("matchCount");
    expect(objects.map((each) => (each["processed"] as JsonObject)["n"])).toEqual(
      data.map(({ n }) => n).toReversed(),
    );
    expect(objects[0]?.["resultMetadata"]).toEqual({ documentVersion: "f2499:1" });
    expect(objects.map(({ last }) => last === true)).toEqual(data.map(({ n }) => n === 2_499));
    const part = await admin.post("/data/find/flow?stream=true", {
      projection,
      sort: { n: "$asc" },
      range: [1_000, 2_200],
    });
    expect(
      objectsIn(part.text)
        .slice(1)
        .map((each) => (each["processed"] as JsonObject)["n"]),
    ).toEqual(data.slice(1_000, 2_201).map(({ n }) => n));
    const none = await admin.post("/data/find/flow?stream=true", { query: { $or: [] } });
    expect(objectsIn(none.text)).toHaveLength(1);
    expect((await admin.post("/data/find/flow?stream=true", { query: [] })).status).toBe(400);
  });
});

describe("execution", () => {
  test("asynchronous work continues after 202, and only its principal gets the result", async () => {
    const app = createApp(env);
    const context = createExecutionContext();
    const fetch = (request: Request) => Promise.resolve(app.fetch(request, env, context));
    const client = clientOf(fetch, await adminToken());
    await bodyOf(
      client.put("/metadata/later/1.0.0", metadata("later", { n: { type: "integer" } })),
    );
    const data = Array.from({ length: 50 }, (_, n) => ({ n }));
    const started = await client.send("PUT", "/data/insert/later", {
      data,
      execution: { asynchronous: 0 },
    });
    expect(started.status, started.text).toBe(202);
    const { taskHandle = null, status } = started.body as JsonObject;
    expect(status).toBe("ASYNC");
    await waitOnExecutionContext(context);
    const path = `/data/task/${String(taskHandle)}`;
    expect(await bodyOf(client.get(path))).toMatchObject({ status: "COMPLETE", modifiedCount: 50 });
    expect(await everything(admin, "later")).toHaveLength(50);
    const { client: other } = await callerOf("task-other@example.org", "editor");
    expect((await other.get(path)).status).toBe(404);
    const stale = await env.DB.prepare(
      "UPDATE tasks SET recorded_at = recorded_at - 90000000000",
    ).run();
    expect(stale.success).toBe(true);
    expect((await client.get(path)).status).toBe(404);
  });

  test("an error of asynchronous work is its result", async () => {
    const app = createApp(env);
    const context = createExecutionContext();
    const client = clientOf(
      (request) => Promise.resolve(app.fetch(request, env, context)),
      await adminToken(),
    );
    const started = await bodyOf(
      client.post("/data/find/nothing", { execution: { asynchronous: 0 } }),
      202,
    );
    await waitOnExecutionContext(context);
    const answer = await client.get(`/data/task/${String(started["taskHandle"])}`);
    expect([answer.status, codesOf(answer.body as JsonObject)]).toEqual([
      404,
      ["crud:UnknownEntity"],
    ]);
  });

  test("work that is done in time is returned at once; a long search ends as PARTIAL", async () => {
    expect(
      await bodyOf(admin.post("/data/find/scan", { execution: { asynchronous: 60_000 } })),
    ).toMatchObject({ status: "COMPLETE" });
    await bodyOf(admin.put("/metadata/wide/1.0.0", metadata("wide", { t: { type: "string" } })));
    const data = Array.from({ length: 1_500 }, (_, n) => ({ t: `t${n}` }));
    await bodyOf(admin.put("/data/insert/wide", { data }));
    const query = { field: "t", regex: "^t" };
    const limited = await bodyOf(
      admin.post("/data/find/wide", { query, execution: { timeLimit: 0 } }),
    );
    expect(limited).toMatchObject({ status: "PARTIAL", matchCount: 1_000 });
    expect(await bodyOf(admin.post("/data/find/wide", { query }))).toMatchObject({
      status: "COMPLETE",
      matchCount: 1_500,
    });
    expect(
      codesOf(await bodyOf(admin.post("/data/find/scan", { execution: { timeLimit: -1 } }), 400)),
    ).toEqual(["rest-crud:RestError"]);
  });
});
