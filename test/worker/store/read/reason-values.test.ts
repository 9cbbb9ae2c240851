import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Answer, Client } from "../../../support/clients/http.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";

let admin: Client;
let editor: Caller;

beforeAll(async () => {
  admin = await adminClient();
  editor = await callerOf("editor@reason.test", "editor");
});

const withReason = (reason: string): { readonly "x-reason": string } => ({ "x-reason": reason });

const create = (identifier: string, headers = {}, more: JsonObject = {}): Promise<Answer> =>
  editor.client.post("/resources/create", { resources: [dataset(identifier)], ...more }, headers);

const lastOf = async (identifier: string, client = editor.client): Promise<JsonObject> => {
  const versions = (await succeed(
    client.post("/resources/history", { identifier }),
  )) as readonly JsonObject[];
  return versions.at(-1)?.["transaction"] as JsonObject;
};

describe("a reason", () => {
  const LONG = "é".repeat(1_024);
  const WIDE = "🦵".repeat(1_024);
  const encoded = (text: string): string => `UTF-8''${encodeURIComponent(text)}`;

  test.each([
    ["plain", "wrong side", "wrong side"],
    ["encoded", "UTF-8''wrong%20side%C3%A9", "wrong sideé"],
    ["with a language", "utf-8'de'Stra%C3%9Fe", "Straße"],
    ["with quotes and commas", `it's "so", 100% sure`, `it's "so", 100% sure`],
    ["of 1,024 characters of two bytes", encoded(LONG), LONG],
    ["of 1,024 characters of four bytes", encoded(WIDE), WIDE],
  ])("%s comes in the header", async (word, header, reason) => {
    await succeed(create(`reason/header/${word}`, withReason(header)));
    expect((await lastOf(`reason/header/${word}`))["reason"]).toBe(reason);
  });

  test.each([
    ["nothing", ""],
    ["a tab", "one\ttwo"],
    ["an encoded line feed", "UTF-8''one%0Atwo"],
    ["an encoded C1 control", "UTF-8''one%C2%85two"],
    ["an encoded line separator", "UTF-8''one%E2%80%A8two"],
    ["white space alone", "UTF-8''%20%20"],
    ["1,025 characters", encoded(`${LONG}e`)],
    ["Latin-1", "Stra\u00dfe"],
    ["bytes that are no UTF-8", "UTF-8''%DF"],
    ["half an escape", "UTF-8''%C3%"],
    ["a space in what is encoded", "UTF-8''one two"],
  ])("of %s is refused in the header, and changes nothing", async (_word, header) => {
    const answer = await create("reason/bad", withReason(header));
    expect(answer.status).toBe(400);
    const { errors, code } = answer.body as JsonObject;
    expect(code).toBe("invalid_value");
    expect(errors).toMatchObject([{ path: "x-reason" }]);
    expect(
      (await editor.client.post("/resources/history", { identifier: "reason/bad" })).status,
    ).toBe(404);
  });

  test.each<[string, Json]>([
    ["nothing", ""],
    ["two lines", "one\ntwo"],
    ["1,025 characters", `${LONG}e`],
    ["half a character", "\ud800"],
    ["white space alone", " "],
    ["a number", 7],
    ["a list", ["one"]],
  ])("of %s is refused in the body", async (_word, reason) => {
    const answer = await create("reason/bad", {}, { reason });
    expect(answer.status).toBe(400);
    expect((answer.body as JsonObject)["errors"]).toMatchObject([{ path: "reason" }]);
  });

  test("is no member of bodies that only read, and none of an element", async () => {
    const resources = [{ identifier: "ward", payload_type: "datasource", name: "ward" }];
    await succeed(admin.post("/resources/create", { resources }));
    const item = { datasource_id: "ward", external_uid: "fixture", reason: "why" };
    expect((await admin.post("/patients/resolve", item)).status).toBe(400);
    const items = [item];
    expect((await admin.post("/patients/register", { items })).status).toBe(400);
    const body = { items: [{ datasource_id: "ward", external_uid: "one" }], reason: "why" };
    await succeed(admin.post("/patients/register", body));
    expect((await lastOf("ward.P000001"))["reason"]).toBe("why");
  });

  test("may stand in body and header when both say the same", async () => {
    await succeed(create("reason/both", withReason("why"), { reason: "why" }));
    const other = await create("reason/other", withReason("why"), { reason: "why not" });
    expect(other.status).toBe(400);
    expect(other.text).not.toContain("why not");
    expect((other.body as JsonObject)["errors"]).toMatchObject([{ path: "x-reason" }]);
    await succeed(create("reason/null", withReason("why"), { reason: null }));
    expect((await lastOf("reason/null"))["reason"]).toBe("why");
  });

  test("is part of what an Idempotency-Key stands for", async () => {
    const send = (key: string, headers: object, more: JsonObject = {}): Promise<Answer> =>
      create(`reason/${key}`, { "idempotency-key": key, ...headers }, more);
    await succeed(send("key-1", withReason("why")));
    const again = await send("key-1", withReason("why"));
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
    // The same reason in another form is the same reason.
    expect((await send("key-1", withReason("UTF-8''why"))).status).toBe(200);
    expect((await send("key-1", withReason("why not"))).status).toBe(422);
    expect((await send("key-1", {})).status).toBe(422);
    await succeed(send("key-2", {}, { reason: "why" }));
    expect((await send("key-2", withReason("why"), { reason: "why" })).status).toBe(200);
    expect((await send("key-2", {}, { reason: "why not" })).status).toBe(422);
  });

  test("that is bad stands in the header for clients of the other dialects, too", async () => {
    for (const [path, body] of [
      ["/api/groups", { name: "bad" }],
      ["/admin/api-keys", {}],
      ["/ds/dataset", [{ name: "bad" }]],
    ] as const) {
      const { status, text } = await admin.post(path, body, withReason("one\ttwo"));
      expect([400, 422], path).toContain(status);
      expect(text, path).toContain("x-reason");
      expect(text, path).not.toContain("one");
    }
    const { body } = await admin.post("/api/groups", { name: "bad" }, withReason("one\ttwo"));
    expect(body).toMatchObject({ detail: [{ loc: ["header", "x-reason"] }] });
  });
});
