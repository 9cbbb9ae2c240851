import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { createMemory } from "../../../../src/store/context.ts";
import { openStore } from "../../../../src/store/store.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import { uniquePrefix } from "../../../support/clients/http.ts";

const datasource = async (): Promise<string> => {
  const identifier = `${uniquePrefix("reg")}ds`;
  const admin = await adminClient();
  const answer = await admin.post("/resources/create", {
    resources: [{ identifier, payload_type: "datasource", name: "Registrations" }],
  });
  expect(answer.status, answer.text).toBe(200);
  return identifier;
};

test("an identifier created by hand is skipped, and all others stay dense", async () => {
  const admin = await adminClient();
  const scope = await datasource();
  const taken = [1, 2, 4].map((number) => `${scope}.P00000${number}`);
  await admin.post("/resources/create", {
    resources: taken.map((identifier) => ({ identifier, payload_type: "patient" })),
  });
  const items = ["a", "b", "c"].map((external_uid) => ({ datasource_id: scope, external_uid }));
  const answer = await admin.post("/patients/register", { items });
  expect(answer.status, answer.text).toBe(200);
  expect((answer.body as JsonObject)["identifiers"]).toEqual(
    [3, 5, 6].map((number) => `${scope}.P00000${number}`),
  );
});

test("a bad payload is named by its path in the body, and nothing is registered", async () => {
  const admin = await adminClient();
  const scope = await datasource();
  const bad = {
    datasource_id: scope,
    external_uid: "a",
    payload: { patient_sex: 5, "": 1 },
  };
  const pathsOf = async (body: JsonObject): Promise<readonly string[]> => {
    const answer = await admin.post("/patients/register", body);
    expect(answer.status, answer.text).toBe(400);
    const errors = (answer.body as JsonObject)["errors"] as readonly JsonObject[];
    return errors.map((error) => String(error["path"])).toSorted();
  };
  expect(await pathsOf(bad)).toEqual(["payload.", "payload.patient_sex"]);
  const items = [{ ...bad, external_uid: "b", payload: {} }, bad];
  expect(await pathsOf({ items })).toEqual(["items.1.payload.", "items.1.payload.patient_sex"]);
  const resolved = await admin.post("/patients/resolve", {
    datasource_id: scope,
    external_uid: "a",
  });
  expect(resolved.status).toBe(404);
});

test("a grant opens a restricted resource and what is below it only to its grantee", async () => {
  const admin = await adminClient();
  const { client: reader, actor } = await callerOf("grantee@example.org", "user");
  const { client: stranger } = await callerOf("stranger@example.org", "user");
  const root = `${uniquePrefix("grant")}root`;
  await admin.post("/resources/create", {
    resources: [
      { identifier: root, payload_type: "dataset", name: "R", access_level: "restricted" },
      { identifier: `${root}/below`, payload_type: "image", parent_identifier: root },
    ],
  });
  const seen = async (client: typeof reader): Promise<number> => {
    const answer = await client.post("/query/count", {
      filters: { identifier: { starts_with: root } },
    });
    return (answer.body as unknown as { count: number }).count;
  };
  expect(await seen(reader)).toBe(0);

  const store = openStore({
    database: env.DB,
    memory: createMemory(),
    now: () => Date.now() * 1000,
    anonymousAccess: { publicRead: false },
    bucket: "vxdata",
    auditContext: () => ({ requestId: "", route: "" }),
  });
  const system = { kind: "system", id: "system:test", role: null } as const;
  await store.write(system, {
    context: { surface: "test", operation: "grant", requestId: crypto.randomUUID() },
    changes: [
      {
        kind: "create",
        identifier: `grant:${root}`,
        payloadType: "grant",
        parentIdentifier: null,
        derivedFrom: [],
        license: null,
        accessLevel: "restricted",
        payload: {
          resource_identifier: root,
          grantee_type: "user",
          grantee_id: actor.id.slice("user:".length),
        },
      },
    ],
  });
  expect(await seen(reader)).toBe(2);
  expect(await seen(stranger)).toBe(0);
});

test("grants cannot be written through the resource routes", async () => {
  const admin = await adminClient();
  const answer = await admin.post("/resources/create", {
    resources: [
      {
        identifier: `${uniquePrefix("grant")}forged`,
        payload_type: "grant",
        resource_identifier: "x",
        grantee_type: "user",
        grantee_id: "y",
      },
    ],
  });
  expect(answer.status).toBe(400);
  expect((answer.body as JsonObject)["code"]).toBe("unknown_payload_type");
});
