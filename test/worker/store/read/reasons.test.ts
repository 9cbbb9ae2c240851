import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf, workerFetch } from "../../../support/fixtures/callers.ts";
import { BASE, type Answer, type Client } from "../../../support/clients/http.ts";
import {
  operationsOf,
  type OpenApiDocument,
  type Operation,
} from "../../../support/checks/openapi-document.ts";
import { ROLE_MATRIX } from "../../../support/roles/matrix.ts";
import { openWorlds, type Worlds } from "../../../support/roles/world.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { ownerOf, specOf } from "../../../support/fixtures/sources.ts";
import { create, table, upload } from "../../../support/fixtures/uploads.ts";

let operations: readonly Operation[];
let admin: Client;
let editor: Caller;
let reader: Caller;
let worlds: Worlds;

beforeAll(async () => {
  const response = await workerFetch(new Request(`${BASE}/openapi.json`));
  operations = operationsOf(await response.json<OpenApiDocument>());
  admin = await adminClient();
  editor = await callerOf("editor@reason.test", "editor");
  reader = await callerOf("reader@reason.test", "user");
  const login = { username: "editor@reason.test", password: "correct horse battery" };
  worlds = await openWorlds(admin, login);
}, 60_000);

const takesReason = ({ parameters = [] }: Operation): boolean =>
  parameters.some((each) => each.in === "header" && each.name === "x-reason");

const named = (name: string): Operation => {
  const found = operations.find((each) => each.name === name);
  if (found === undefined) throw new Error(`No such route: ${name}`);
  return found;
};

/** Calls other than GET without a reason: they read, issue URLs and tokens, or start an export. */
const WITHOUT = `
  POST /auth/register  POST /auth/jwt/login  POST /auth/jwt/logout  POST /auth  POST /auth/refresh
  POST /admin/materialized-views/refresh
  POST /resources/read  POST /resources/grants/read  POST /resources/history  POST /resources/diff
  POST /query  POST /query/count  POST /query/explain  POST /query/parquet  POST /exports
  POST /patients/resolve  POST /studies/resolve  POST /s3/presign  POST /s3/presign/batch
  POST /data/find  POST /data/find/{entity}  POST /data/find/{entity}/{version}
  POST /data/explain  POST /data/explain/{entity}  POST /data/explain/{entity}/{version}`;

/** Calls whose request in the table of roles changes nothing. */
const IDLE = [
  "POST /resources/grants/create",
  "PUT /metadata/{entity}",
  "DELETE /metadata/{entity}/default",
  "POST /source/upload",
  "POST /source/update",
  ...Object.keys(ROLE_MATRIX).filter((name) => /^POST \/data\/(?:update|delete)/.test(name)),
  "PATCH /ds/{dataset}",
  "PUT /ds/{dataset}",
  "DELETE /ds/{dataset}",
  "POST /data/bulk",
  "POST /api/harvest/runs/claim",
  "POST /metadata/{entity}/reindex",
  "POST /metadata/{entity}/{version}/reindex",
  "PUT /schemas/{payload_type}/indexes",
];

const HELD = ["transactions", "audit", "schemas", "entities"].map(
  (name) => `SELECT count(*) AS n FROM ${name} WHERE reason = ?1`,
);

/** The number of rows with a reason. */
const heldOf = async (reason: string): Promise<number> => {
  const sum = `SELECT sum(n) AS held FROM (${HELD.join(" UNION ALL ")})`;
  return (await env.DB.prepare(sum).bind(reason).first<{ held: number }>())?.held ?? 0;
};

const withReason = (reason: string): { readonly "x-reason": string } => ({ "x-reason": reason });

const write = (identifier: string, headers = {}, more: JsonObject = {}): Promise<Answer> =>
  editor.client.post("/resources/create", { resources: [dataset(identifier)], ...more }, headers);

const lastOf = async (identifier: string, client = editor.client): Promise<JsonObject> => {
  const versions = (await succeed(
    client.post("/resources/history", { identifier }),
  )) as readonly JsonObject[];
  return versions.at(-1)?.["transaction"] as JsonObject;
};

test("every call that is no read takes a reason, and no other", () => {
  const listed = WITHOUT.match(/[A-Z]+ \S+/g) ?? [];
  const without = operations.filter((each) => each.method !== "GET" && !takesReason(each));
  expect(without.map(({ name }) => name).toSorted()).toEqual(listed.toSorted());
  expect(operations.filter((each) => each.method === "GET" && takesReason(each))).toEqual([]);
});

test(
  "every call that takes a reason keeps it, and refuses a bad one",
  { timeout: 120_000 },
  async () => {
    const faults: string[] = [];
    for (const [name, { ask }] of Object.entries(ROLE_MATRIX)) {
      const operation = named(name);
      if (!takesReason(operation)) continue;
      const roleRequest = (await ask?.(worlds.worldOf())) ?? {};
      const path = roleRequest.path ?? operation.path;
      const bad = await admin.send(
        operation.method,
        path,
        roleRequest.body,
        withReason("one\ttwo"),
      );
      if (![400, 401, 422].includes(bad.status)) faults.push(`${name} took it: ${bad.status}`);
      const reason = `because of ${name}`;
      const { status } = await admin.send(
        operation.method,
        path,
        roleRequest.body,
        withReason(reason),
      );
      const isIdle = status >= 400 || IDLE.includes(name);
      if ((await heldOf(reason)) === (isIdle ? 1 : 0)) faults.push(`${name}: ${status}`);
    }
    expect(faults).toEqual([]);
  },
);

describe("calls that the table of roles leaves idle", () => {
  test("keep it when they change something", async () => {
    const entity = { entity: "dataset", entityVersion: "1.0.0" };
    const query = { field: "_id", op: "=", rvalue: "reason/idle" };
    const condition = encodeURIComponent('[{"field":"id"},"=","reason/idle"]');
    await succeed(write("reason/idle"));
    const { send } = editor.client;
    const calls: readonly (readonly [string, string, Json?])[] = [
      ["POST", "/data/update", { ...entity, query, update: { $set: { name: "two" } } }],
      ["PATCH", `/ds/dataset?cond=${condition}`, { name: "three" }],
      ["PUT", `/ds/dataset?cond=${condition}`, { name: "four" }],
      [
        "POST",
        "/data/bulk",
        {
          requests: [
            {
              seq: 0,
              op: "save",
              request: { ...entity, data: [{ _id: "reason/idle", name: "five" }] },
            },
          ],
        },
      ],
      ["DELETE", `/ds/dataset?cond=${condition}`],
    ];
    for (const [method, path, body] of calls) {
      const answer = await send(method, path, body, withReason(`${method} ${path}`));
      expect(answer.status, answer.text).toBeLessThan(300);
      expect((await lastOf("reason/idle", admin))["reason"], path).toBe(`${method} ${path}`);
    }
  });

  test("keep it when indexes are set", async () => {
    const path = "/schemas/image/indexes";
    const fields = ["modality", "rows"];
    await succeed(admin.send("PUT", path, { fields }, withReason("by rows")));
    expect(await heldOf("by rows")).toBe(1);
    await succeed(admin.send("PUT", path, { fields: ["modality"], reason: "no more" }));
    expect(await heldOf("no more")).toBe(1);
  });

  test("keep it when a file, a harvest or a source is written", async () => {
    const path = await upload(admin, "contents");
    await create(admin, table("reason/file", path));
    await succeed(admin.post("/s3/finalize", { path, reason: "arrived" }));
    expect((await lastOf("reason/file", admin))["reason"]).toBe("arrived");
    const made = await admin.post("/api/groups", { name: "reason" });
    const group = `/api/groups/${String((made.body as JsonObject)["id"])}`;
    await admin.send("DELETE", group, undefined, withReason("gone"));
    await admin.send("POST", `${group}/restore`, undefined, withReason("back"));
    expect([await heldOf("gone"), await heldOf("back")]).toEqual([1, 1]);
    const owner = await ownerOf("owner@reason.test", workerFetch);
    const spec = specOf(owner.id, "reason");
    expect(await owner.upload(spec, withReason("new slices"))).toMatchObject({ success: true });
    expect(await heldOf("new slices")).toBe(1);
  });
});

describe("a reason is shown", () => {
  test("with the version, the change, the transaction and the audit record", async () => {
    const reason = "Wrong side: Frau Müller’s left knee 🦵";
    const written = await write("reason/shown", {}, { reason });
    const transaction = Number(written.headers.get("x-transaction"));
    expect((await lastOf("reason/shown"))["reason"]).toBe(reason);
    const one = (await succeed(editor.client.get(`/transactions/${transaction}`))) as JsonObject;
    expect(one["reason"]).toBe(reason);
    const feed = (await succeed(
      editor.client.get(`/changes?after=${transaction - 1}&limit=1`),
    )) as JsonObject;
    expect(feed["changes"]).toMatchObject([{ identifier: "reason/shown", reason }]);
    const audit = (await succeed(admin.get("/admin/transactions?limit=50"))) as JsonObject;
    expect(audit["transactions"]).toContainEqual(expect.objectContaining({ transaction, reason }));
  });

  test("nowhere where none was given", async () => {
    const { headers } = await write("reason/none");
    const transaction = Number(headers.get("x-transaction"));
    const pages = [
      editor.client.get(`/transactions/${transaction}`),
      editor.client.get(`/changes?after=${transaction - 1}&limit=1`),
      editor.client.post("/resources/history", { identifier: "reason/none" }),
    ];
    for (const page of pages) expect((await page).text).not.toContain('"reason"');
  });

  test("as of an earlier instant only with what was written until then", async () => {
    await succeed(write("reason/past", withReason("first")));
    const { instant } = await lastOf("reason/past");
    const body = { updates: { "reason/past": { name: "two" } } };
    await succeed(editor.client.post("/resources/update", body, withReason("second")));
    const versions = async (as_of: Json) =>
      (
        (await succeed(
          editor.client.post("/resources/history", { identifier: "reason/past", as_of }),
        )) as readonly JsonObject[]
      ).map((version) => (version["transaction"] as JsonObject)["reason"]);
    expect(await versions(instant ?? null)).toEqual(["first"]);
    expect(await versions(null)).toEqual(["first", "second"]);
    const restored = { updates: { "reason/past": { is_deleted: false } } };
    const deletion = { identifiers: ["reason/past"], reason: "third" };
    await succeed(editor.client.post("/resources/delete", deletion));
    await succeed(editor.client.post("/resources/update", restored, withReason("fourth")));
    expect(await versions(null)).toEqual(["first", "second", "third", "fourth"]);
  });

  test("to nobody who may not see the transaction", async () => {
    const resources = [dataset("reason/hidden", { access_level: "restricted" })];
    const written = await editor.client.post("/resources/create", { resources, reason: "Müller" });
    const transaction = Number(written.headers.get("x-transaction"));
    const answers = [
      await reader.client.get(`/transactions/${transaction}`),
      await reader.client.get(`/changes?after=${transaction - 1}`),
      await reader.client.post("/resources/history", { identifier: "reason/hidden" }),
      await reader.client.get("/admin/transactions"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 200, 404, 403]);
    for (const { text } of answers) expect(text).not.toContain("Müller");
    const grant = { identifier: "reason/hidden", grantee_type: "user" };
    const grants = [{ ...grant, grantee_id: reader.actor.id.replace("user:", "") }];
    await succeed(editor.client.post("/resources/grants/create", { grants, reason: "asked" }));
    expect(await heldOf("asked")).toBe(1);
    expect((await lastOf("reason/hidden", reader.client))["reason"]).toBe("Müller");
  });
});

test("pages end where their reasons are as large as a page may be", async () => {
  const resources = Array.from({ length: 2_500 }, (_, at) => dataset(`reason/many/${at}`));
  const reason = "🦵".repeat(1_024);
  const written = await editor.client.post("/resources/create", { resources, reason });
  expect(written.status, written.text).toBe(200);
  let next = String(Number(written.headers.get("x-transaction")) - 1);
  const sizes: number[] = [];
  for (let more = true; more;) {
    const page = (await succeed(
      editor.client.get(`/changes?after=${next}&limit=10000`),
    )) as JsonObject;
    const changes = page["changes"] as readonly JsonObject[];
    expect(changes.every((change) => change["reason"] === reason)).toBe(true);
    sizes.push(changes.length);
    next = String(page["next"]);
    more = page["more"] === true;
  }
  expect(sizes).toEqual([2_048, 452]);
});
