import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { done, idOf, scene } from "../../../support/fixtures/harvest.ts";

const NOWHERE = "00000000-0000-4000-8000-000000000001";

let admin: Client;
let reader: Client;

beforeAll(async () => {
  admin = await adminClient();
  reader = (await callerOf("harvest-reader@example.org", "user")).client;
});

const detailOf = async (
  client: Client,
  method: string,
  path: string,
  body?: Json,
): Promise<readonly [number, Json | undefined]> => {
  const answer = await client.send(method, path, body);
  return [answer.status, (answer.body as JsonObject)["detail"]];
};

const INSTRUMENT: JsonObject = { name: "MR 1", cifs_host: "h", cifs_share: "s" };

test("a list is a bare array, and an envelope with skip or limit", async () => {
  const ids: string[] = [];
  for (const name of ["list a", "list b", "list c"]) {
    ids.push(idOf(await done(admin, "POST", "/api/groups", { name })));
  }
  const all = (await done(admin, "GET", "/api/groups")) as unknown as readonly JsonObject[];
  expect(all.map(idOf)).toEqual(expect.arrayContaining(ids));
  const total = all.length;
  const page = await done(admin, "GET", `/api/groups?skip=${total - 2}`);
  expect(page).toMatchObject({ total, skip: total - 2, limit: 25 });
  expect((page["items"] as readonly JsonObject[]).map(idOf)).toEqual(ids.slice(1));
  expect(await done(admin, "GET", "/api/groups?limit=1")).toMatchObject({ skip: 0, limit: 1 });
  for (const query of ["limit=0", "limit=501", "skip=-1", "limit=x"]) {
    expect((await admin.get(`/api/groups?${query}`)).status, query).toBe(422);
  }
});

test("a long list is complete", async () => {
  const count = 1_050;
  const { instrument } = await scene(admin, "long");
  const run = await done(admin, "POST", `/api/instruments/${instrument}/harvest`);
  const [{ flow_run_id: id } = {}] = run["triggered"] as readonly JsonObject[];
  await done(admin, "POST", "/api/harvest/runs/claim", { worker: "long" });
  const entries = Array.from({ length: count }, (_, at) => ({
    source_path: `f${at}`,
    size_bytes: at,
  }));
  await done(admin, "POST", `/api/harvest/runs/${String(id)}/discovered`, { entries });
  const files = await done(admin, "GET", `/api/files?instrument_id=${instrument}`);
  const paths = (files as unknown as readonly JsonObject[]).map((file) => file["source_path"]);
  expect(new Set(paths).size).toBe(count);
});

test("a deleted resource is hidden, listed on request, and can be restored", async () => {
  const id = idOf(await done(admin, "POST", "/api/instruments", INSTRUMENT));
  await done(admin, "DELETE", `/api/instruments/${id}`);
  for (const method of ["GET", "PATCH", "DELETE"]) {
    const body = method === "PATCH" ? {} : undefined;
    expect(await detailOf(admin, method, `/api/instruments/${id}`, body)).toEqual([
      404,
      "Instrument not found",
    ]);
  }
  const listed = async (query: string): Promise<JsonObject | undefined> =>
    (
      (await done(admin, "GET", `/api/instruments${query}`)) as unknown as readonly JsonObject[]
    ).find((each) => each["id"] === id);
  expect(await listed("")).toBeUndefined();
  const dead = await listed("?include_deleted=true");
  expect(dead).toMatchObject({ enabled: false });
  expect(dead?.["deleted_at"]).toBe(dead?.["updated_at"]);
  const restored = await done(admin, "POST", `/api/instruments/${id}/restore`);
  expect(restored).toMatchObject({ ...INSTRUMENT, enabled: false, deleted_at: null });
  expect(await detailOf(admin, "POST", `/api/instruments/${id}/restore`)).toEqual([
    404,
    "Deleted instrument not found",
  ]);
});

test("a change writes the members that are sent, null removes one, and unknown ones are ignored", async () => {
  const made = await done(admin, "POST", "/api/instruments", {
    ...INSTRUMENT,
    location: "Room 1",
    owner: "somebody",
    id: NOWHERE,
    created_at: "2000-01-01T00:00:00Z",
  });
  expect(made["id"]).not.toBe(NOWHERE);
  expect(String(made["created_at"])).toMatch(/^20(?:2[6-9]|[3-9]\d)-\d\d-\d\dT[\d:]{8}\.\d{6}Z$/);
  const changed = await done(admin, "PATCH", `/api/instruments/${idOf(made)}`, {
    name: "MR 2",
    location: null,
  });
  expect(changed).toMatchObject({ ...INSTRUMENT, name: "MR 2", location: null });
  expect(await done(admin, "GET", `/api/instruments/${idOf(made)}`)).toEqual(changed);
  expect(changed["created_at"]).toBe(made["created_at"]);
  expect(String(changed["updated_at"]) > String(made["updated_at"])).toBe(true);
});

test("a caller who is not an admin is refused before the body is checked", async () => {
  for (const path of [
    "instruments",
    "storage-locations",
    "service-accounts",
    "schedules",
    "hooks",
  ]) {
    for (const body of [{}, [], { name: 1 }]) {
      const refused = [403, "Admin access required"];
      expect(await detailOf(reader, "POST", `/api/${path}`, body)).toEqual(refused);
      expect(await detailOf(reader, "PATCH", `/api/${path}/none`, body)).toEqual(refused);
    }
  }
});

test("errors name the member, and never repeat secrets", async () => {
  expect(await detailOf(admin, "POST", "/api/instruments", { name: "x", cifs_host: "h" })).toEqual([
    422,
    [
      {
        type: "missing",
        loc: ["body", "cifs_share"],
        msg: "Field required",
        input: { name: "x", cifs_host: "h" },
      },
    ],
  ]);
  const secret = "an unspeakable word";
  for (const body of [
    { name: "x", password: secret },
    { name: "x", username: 7, password: secret },
    { name: "x", username: "u", password: [secret] },
  ]) {
    const answer = await admin.post("/api/service-accounts", body);
    expect(answer.status).toBe(422);
    expect(answer.text).not.toContain(secret);
  }
  expect((await admin.get("/api/instruments/not-a-uuid")).status).toBe(422);
  expect(
    (await admin.send("POST", "/api/instruments", INSTRUMENT, { "content-type": "text/plain" }))
      .status,
  ).toBe(422);
});

describe("groups, projects and members", () => {
  test("names and members are unique, and both can be removed", async () => {
    const group = idOf(await done(admin, "POST", "/api/groups", { name: "Once" }));
    expect((await admin.post("/api/groups", { name: "Once" })).status).toBe(409);
    const user = await callerOf("harvest-member@example.org", "user");
    const user_id = user.actor.id.replace("user:", "");
    const path = `/api/groups/${group}/members`;
    expect(await done(admin, "POST", path, { user_id })).toEqual({
      group_id: group,
      user_id,
      email: "harvest-member@example.org",
    });
    expect(await detailOf(admin, "POST", path, { user_id })).toEqual([
      409,
      "User already in group",
    ]);
    const project = idOf(await done(admin, "POST", "/api/projects", { name: "Joint" }));
    const member = { member_type: "group", member_id: group };
    const members = `/api/projects/${project}/members`;
    expect(await done(admin, "POST", members, member)).toMatchObject(member);
    expect(await detailOf(admin, "POST", members, member)).toEqual([
      409,
      "Member already in project",
    ]);
    const me = await done(user.client, "GET", "/api/me");
    expect(me).toMatchObject({ email: "harvest-member@example.org", role: "user" });
    expect(me["groups"]).toEqual([{ id: group, name: "Once", description: null }]);
    expect(me["projects"]).toEqual([{ id: project, name: "Joint", description: null }]);
    await done(admin, "DELETE", `/api/projects/${project}`);
    expect((await done(user.client, "GET", "/api/me"))["projects"]).toEqual([]);
    await done(admin, "DELETE", `${path}/${user_id}`);
    expect(await done(admin, "GET", path)).toEqual([]);
    expect((await admin.send("DELETE", `${path}/${user_id}`)).status).toBe(404);
    await done(admin, "POST", path, { user_id });
    expect((await admin.post(path, { user_id: NOWHERE })).status).toBe(404);
  });
});

test("other surfaces cannot write these resources, and all of them have a history", async () => {
  const id = idOf(await done(admin, "POST", "/api/instruments", INSTRUMENT));
  const resource = { identifier: "forged", payload_type: "instrument", ...INSTRUMENT };
  expect((await admin.post("/resources/create", { resources: [resource] })).status).toBe(400);
  const update = { updates: { [id]: { name: "forged" } } };
  expect((await admin.post("/resources/update", update)).status).toBe(404);
  expect((await admin.post("/resources/delete", { identifiers: [id] })).status).toBe(404);
  await done(admin, "PATCH", `/api/instruments/${id}`, { name: "Renamed" });
  const history = await admin.post("/resources/history", { identifier: id });
  const versions = history.body as unknown as readonly JsonObject[];
  expect(versions.map((version) => version["name"])).toEqual(["MR 1", "Renamed"]);
  const query = { payload_type: "instrument", filters: { name: { eq: "Renamed" } } };
  expect(JSON.stringify((await admin.post("/query", query)).body)).toContain(id);
  expect((await reader.post("/resources/history", { identifier: id })).status).toBe(404);
});

test("one call of the database authenticates and reads", async () => {
  const { instrument } = await scene(admin, "calls");
  const calls = async (method: string, path: string, body?: Json): Promise<number> => {
    const answer = await admin.send(method, path, body);
    return Number(/calls (\d+)/.exec(answer.headers.get("server-timing") ?? "")?.[1]);
  };
  // The second call of a read records the disclosure.
  expect(await calls("GET", `/api/instruments/${instrument}`)).toBe(2);
  expect(await calls("GET", "/api/files?instrument_id=00000000-0000-4000-8000-000000000001")).toBe(
    1,
  );
  expect(await calls("POST", "/api/groups", { name: "calls" })).toBe(2);
  expect(await calls("PATCH", `/api/instruments/${instrument}`, { location: "here" })).toBe(2);
  const { rows } = (await env.DB.prepare("SELECT count(*) AS rows FROM guard").first<{
    rows: number;
  }>()) ?? { rows: -1 };
  expect(rows).toBe(0);
});

test("pages of a list with deleted resources add up to the whole list", async () => {
  const path = "/api/groups?include_deleted=true";
  for (let at = 0; at < 9; at += 1) {
    const { id } = await done(admin, "POST", "/api/groups", { name: `paged ${at}` });
    if (at % 3 === 1) await done(admin, "DELETE", `/api/groups/${String(id)}`);
  }
  const whole = (await done(admin, "GET", path)) as unknown as readonly JsonObject[];
  expect(whole.length).toBeGreaterThan(8);
  for (const limit of [1, 2, 5]) {
    const items: Json[] = [];
    for (let skip = 0; skip < whole.length; skip += limit) {
      const page = await done(admin, "GET", `${path}&skip=${skip}&limit=${limit}`);
      expect(page["total"]).toBe(whole.length);
      items.push(...(page["items"] as readonly Json[]));
    }
    expect(items).toEqual(whole);
  }
});
