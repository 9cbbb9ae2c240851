import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf, workerFetch } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import {
  claimed,
  complete,
  discover,
  done,
  idOf,
  scene,
  workerToken,
} from "../../../support/fixtures/harvest.ts";
import { keyClient } from "../../../support/clients/keys.ts";

const NOWHERE = "00000000-0000-4000-8000-000000000001";

let admin: Client;
let reader: Caller;
let user = "";
let instrument = "";
let file = "";
let other = "";
let transfer = "";

beforeAll(async () => {
  admin = await adminClient();
  reader = await callerOf("harvest-reader@example.org", "user");
  user = reader.actor.id.replace("user:", "");
  const worker = clientOf(workerFetch, await workerToken(admin));
  const made = await scene(admin, "seen");
  instrument = made.instrument;
  const run = await claimed(admin, worker, made);
  const items = await discover(worker, run, "a", "b");
  const recorded = await complete(worker, run, items);
  [file = "", other = ""] = items.map((item) => String(item["file_id"]));
  transfer = String((recorded["items"] as readonly JsonObject[])[0]?.["transfer_id"]);
  await done(worker, "POST", `/api/harvest/runs/${run}/finish`, { summary: {} });
});

const listed = async (client: Client, path: string): Promise<readonly string[]> =>
  ((await done(client, "GET", path)) as unknown as readonly JsonObject[]).map(idOf);

/** Files and transfers that a caller sees; checks that reads by id agree with the lists. */
const visibility = async (client: Client): Promise<readonly string[]> => {
  const files = await listed(client, "/api/files");
  const transfers = await listed(client, "/api/transfers");
  for (const id of [file, other]) {
    const { status } = await client.get(`/api/files/${id}`);
    expect(status).toBe(files.includes(id) ? 200 : 404);
  }
  const byFile = await listed(client, `/api/transfers?file_id=${file}`);
  expect(byFile).toEqual(transfers.filter((id) => id === transfer));
  expect((await client.get(`/api/transfers/${transfer}`)).status).toBe(
    byFile.length === 1 ? 200 : 404,
  );
  const query = { payload_type: "file", limit: 100 };
  const catalogue = JSON.stringify((await client.post("/query", query)).body);
  for (const id of [file, other]) expect(catalogue.includes(id)).toBe(files.includes(id));
  const read = await client.post("/resources/read", { identifiers: [transfer] });
  expect(read.text.includes(transfer)).toBe(byFile.length === 1);
  return files.toSorted();
};

const both = (): readonly string[] => [file, other].toSorted();

test("an admin sees all files, and a user none without access", async () => {
  expect(await visibility(admin)).toEqual(both());
  expect(await visibility(reader.client)).toEqual([]);
});

test("a hidden resource and a missing one get the same response, byte for byte", async () => {
  for (const [path, id] of [
    ["files", file],
    ["transfers", transfer],
  ] as const) {
    const hidden = await reader.client.get(`/api/${path}/${id}`);
    const missing = await reader.client.get(`/api/${path}/${NOWHERE}`);
    expect([hidden.status, hidden.text]).toEqual([missing.status, missing.text]);
    expect(hidden.status).toBe(404);
  }
  expect(await done(reader.client, "GET", `/api/files?instrument_id=${NOWHERE}`)).toEqual([]);
  expect(await done(reader.client, "GET", `/api/files?instrument_id=${instrument}`)).toEqual([]);
  expect(await done(reader.client, "GET", "/api/files?limit=5")).toMatchObject({
    items: [],
    total: 0,
  });
});

const give = async (grantee_type: string, grantee_id: string): Promise<string> => {
  const grant = await done(admin, "POST", `/api/files/${file}/access`, {
    grantee_type,
    grantee_id,
  });
  expect(grant).toMatchObject({ file_id: file, grantee_type, grantee_id });
  return idOf(grant);
};

const take = (grant: string) => done(admin, "DELETE", `/api/files/${file}/access/${grant}`);

describe("every form of access opens at once, and closes at once", () => {
  test("a grant to the user", async () => {
    const grant = await give("user", user);
    expect(await give("user", user)).toBe(grant);
    expect(await visibility(reader.client)).toEqual([file]);
    const list = (await done(admin, "GET", `/api/files/${file}/access`)) as unknown;
    expect(list).toMatchObject([{ id: grant, grantee_id: user }]);
    expect((await admin.send("DELETE", `/api/files/${other}/access/${grant}`)).status).toBe(404);
    await take(grant);
    expect(await visibility(reader.client)).toEqual([]);
    expect((await admin.send("DELETE", `/api/files/${file}/access/${grant}`)).text).toBe(
      '{"detail":"Grant not found"}',
    );
  });

  test("a grant to a group, and membership of it", async () => {
    const group = idOf(await done(admin, "POST", "/api/groups", { name: "Reader group" }));
    const grant = await give("group", group);
    expect(await visibility(reader.client)).toEqual([]);
    await done(admin, "POST", `/api/groups/${group}/members`, { user_id: user });
    expect(await visibility(reader.client)).toEqual([file]);
    await done(admin, "DELETE", `/api/groups/${group}`);
    expect(await visibility(reader.client)).toEqual([]);
    await done(admin, "POST", `/api/groups/${group}/restore`);
    expect(await visibility(reader.client)).toEqual([file]);
    await done(admin, "DELETE", `/api/groups/${group}/members/${user}`);
    expect(await visibility(reader.client)).toEqual([]);
    await take(grant);
  });

  test("a grant to a project: directly, and through a group", async () => {
    const project = idOf(await done(admin, "POST", "/api/projects", { name: "Reader project" }));
    const grant = await give("project", project);
    const members = `/api/projects/${project}/members`;
    await done(admin, "POST", members, { member_type: "user", member_id: user });
    expect(await visibility(reader.client)).toEqual([file]);
    await done(admin, "DELETE", `${members}/${user}`);
    expect(await visibility(reader.client)).toEqual([]);
    const group = idOf(await done(admin, "POST", "/api/groups", { name: "Reader inner group" }));
    await done(admin, "POST", `/api/groups/${group}/members`, { user_id: user });
    await done(admin, "POST", members, { member_type: "group", member_id: group });
    expect(await visibility(reader.client)).toEqual([file]);
    await done(admin, "DELETE", `/api/groups/${group}`);
    expect(await visibility(reader.client)).toEqual([]);
    await done(admin, "POST", `/api/groups/${group}/restore`);
    expect(await visibility(reader.client)).toEqual([file]);
    await take(grant);
    expect(await visibility(reader.client)).toEqual([]);
  });

  test("access to the instrument: to all of its files, and not to the instrument", async () => {
    const path = `/api/instruments/${instrument}/access`;
    await done(admin, "POST", path, { user_id: user });
    expect((await admin.post(path, { user_id: user })).status).toBe(409);
    expect(await visibility(reader.client)).toEqual(both());
    const read = await reader.client.post("/resources/read", { identifiers: [instrument] });
    expect(read.body).toEqual([]);
    expect((await reader.client.get(`/api/instruments/${instrument}`)).status).toBe(403);
    expect(await done(admin, "GET", path)).toMatchObject([
      { instrument_id: instrument, user_id: user },
    ]);
    await done(admin, "DELETE", `${path}/${user}`);
    expect(await visibility(reader.client)).toEqual([]);
    expect((await admin.send("DELETE", `${path}/${user}`)).status).toBe(404);
  });

  test("the owner of a harvest sees its files, and a past state uses present permissions", async () => {
    const own = await callerOf("harvest-owner@example.org", "user");
    await done(admin, "POST", "/admin/policies", {
      subjects: [own.actor.id],
      payload_types: ["*"],
      actions: ["harvest"],
    });
    const made = await scene(admin, "owned");
    const run = await claimed(admin, own.client, made, "owner");
    const [item] = await discover(own.client, run, "mine");
    const files = (await done(own.client, "GET", "/api/files")) as unknown as readonly JsonObject[];
    expect(files).toMatchObject([
      { id: item?.["file_id"] ?? "", owner_id: own.actor.id.replace("user:", "") },
    ]);
    const grant = await give("user", user);
    const instant = new Date(Date.now() + 1).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await take(grant);
    const past = { identifiers: [file], as_of: instant };
    expect((await reader.client.post("/resources/read", past)).body).toEqual([]);
  });
});

test("managing access is for admins, also for files that the caller cannot see", async () => {
  const grant = { grantee_type: "user", grantee_id: user };
  for (const id of [file, NOWHERE]) {
    const refused = await reader.client.post(`/api/files/${id}/access`, grant);
    expect([refused.status, refused.text]).toEqual([403, '{"detail":"Admin access required"}']);
  }
  expect((await admin.post(`/api/files/${NOWHERE}/access`, grant)).status).toBe(404);
});

test("the action harvest permits the worker calls, and nothing else", async () => {
  const worker = clientOf(workerFetch, await workerToken(admin));
  expect((await worker.post("/api/harvest/runs/claim", { worker: "only" })).status).toBe(204);
  for (const path of ["/api/files", "/api/transfers", "/api/instruments", "/api/groups"]) {
    expect((await worker.get(path)).status, path).toBe(403);
  }
  expect((await worker.post("/query", { payload_type: "file" })).status).toBe(403);
  const { client } = await keyClient(admin, [{ payload_types: ["*"], actions: ["read"] }]);
  expect((await client.post("/api/harvest/runs/claim", {})).status).toBe(403);
  expect((await client.post(`/api/harvest/runs/${NOWHERE}/finish`, {})).status).toBe(403);
  expect(await done(client, "GET", "/api/files")).toEqual([]);
});
