import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { keyClient } from "../../../support/clients/keys.ts";
import { dataset, readOne, stage, succeed } from "../../../support/fixtures/restricted-tree.ts";

let admin: Client;
let owner: Caller;
let reader: Caller;
let stranger: Caller;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("owner@example.org", "editor");
  reader = await callerOf("reader@example.org", "user");
  stranger = await callerOf("stranger@example.org", "editor");
});

const idOf = ({ actor }: Caller): string => actor.id.replace("user:", "");

const grantOn = (identifier: string, grantee_type: string, grantee_id: string): JsonObject => ({
  grants: [{ identifier, grantee_type, grantee_id }],
});

const give = async (client: Client, grant: JsonObject): Promise<Json> =>
  succeed(client.post("/resources/grants/create", grant));

const takeBack = async (client: Client, grant: JsonObject): Promise<Json> =>
  succeed(client.post("/resources/grants/delete", grant));

/** Creates resources as an admin. */
const write = async (resources: readonly JsonObject[]): Promise<void> => {
  await succeed(admin.post("/resources/create", { resources }));
};

const seen = async (
  client: Client,
  identifiers: readonly string[],
): Promise<readonly boolean[]> => {
  const answer = await succeed(client.post("/resources/read", { identifiers: [...identifiers] }));
  const found = (answer as readonly JsonObject[]).map((row) => row["identifier"]);
  return identifiers.map((identifier) => found.includes(identifier));
};

describe("a grant", () => {
  test("opens a resource and everything below it at once, and its end closes them at once", async () => {
    const { hidden, prefix } = await stage(admin, owner.client, "grant");
    const born = String((await readOne(admin, `${prefix}secret`))["created_at"]);
    const grant = grantOn(`${prefix}secret`, "user", idOf(reader));
    expect(await seen(reader.client, hidden)).toEqual([false, false, false]);
    expect(await give(owner.client, grant)).toEqual({ created: 1 });
    expect(await seen(reader.client, hidden)).toEqual([true, true, true]);
    expect((await readOne(reader.client, `${prefix}secret`, born))["version"]).toBe(1);
    expect(await seen(stranger.client, hidden)).toEqual([false, false, false]);
    const below = { parent_identifier: `${prefix}root`, include_indirect_parents: true };
    expect(await succeed(reader.client.post("/query/count", below))).toEqual({ count: 4 });
    expect(await takeBack(owner.client, grant)).toEqual({ deleted: 1 });
    expect(await seen(reader.client, hidden)).toEqual([false, false, false]);
    expect(await readOne(reader.client, `${prefix}secret`, born)).toEqual({});
    expect(await give(owner.client, grant)).toEqual({ created: 1 });
    expect(await seen(reader.client, hidden)).toEqual([true, true, true]);
  });

  test("on a descendant opens that one and what is below it, not what is above", async () => {
    const { hidden, prefix } = await stage(admin, owner.client, "grant");
    await give(admin, grantOn(`${prefix}child`, "user", idOf(reader)));
    expect(await seen(reader.client, hidden)).toEqual([false, true, true]);
    expect((await readOne(reader.client, `${prefix}child`))["parent_identifier"]).toBeNull();
  });

  test("for a group, a project, a group in a project or a key opens for each member", async () => {
    const prefix = uniquePrefix("member");
    const [group, project] = [`${prefix}group`, `${prefix}project`];
    const key = await keyClient(admin, [{ payload_types: ["dataset"], actions: ["read"] }]);
    const restricted = { access_level: "restricted" };
    const rooms = ["group", "project", "apk"].map((word) => `${prefix}for-${word}`);
    await write([
      ...rooms.map((room) => dataset(room, restricted)),
      { identifier: group, payload_type: "group", name: "readers" },
      { identifier: project, payload_type: "project", name: "study" },
    ]);
    const [forGroup = "", forProject = "", forKey = ""] = rooms;
    const grants = [
      { identifier: forGroup, grantee_type: "group", grantee_id: group },
      { identifier: forProject, grantee_type: "project", grantee_id: project },
      { identifier: forKey, grantee_type: "apk", grantee_id: key.key },
    ];
    expect(await give(admin, { grants })).toEqual({ created: 3 });
    const nobody = [false, false, false];
    expect(await seen(reader.client, rooms)).toEqual(nobody);
    expect(await seen(key.client, rooms)).toEqual([false, false, true]);
    const join = async (name: string, member: JsonObject): Promise<void> =>
      write([{ identifier: `${prefix}${name}`, payload_type: "membership", ...member }]);
    const readerMember = { member_type: "user", member_id: idOf(reader) };
    await join("reader-in-group", { container_id: group, ...readerMember });
    expect(await seen(reader.client, rooms)).toEqual([true, false, false]);
    const groupMember = { member_type: "group", member_id: group };
    await join("group-in-project", { container_id: project, ...groupMember });
    expect(await seen(reader.client, rooms)).toEqual([true, true, false]);
    const strangerMember = { member_type: "user", member_id: idOf(stranger) };
    await join("stranger-in-project", { container_id: project, ...strangerMember });
    expect(await seen(stranger.client, rooms)).toEqual([false, true, false]);
    await join("key-in-group", { container_id: group, member_type: "apk", member_id: key.key });
    expect(await seen(key.client, rooms)).toEqual([true, true, true]);
    const leave = { identifiers: [`${prefix}reader-in-group`] };
    await succeed(admin.post("/resources/delete", leave));
    expect(await seen(reader.client, rooms)).toEqual(nobody);
    await succeed(admin.post("/resources/delete", { identifiers: [project] }));
    expect(await seen(stranger.client, rooms)).toEqual(nobody);
  });

  test("can be created only by admins and by the owner", async () => {
    const { prefix } = await stage(admin, owner.client, "grant");
    const [open, secret] = [`${prefix}open`, `${prefix}secret`];
    const attempt = async (client: Client, identifier: string): Promise<number> =>
      (await client.post("/resources/grants/create", grantOn(identifier, "user", idOf(stranger))))
        .status;
    expect(await attempt(stranger.client, open)).toBe(403);
    expect(await attempt(reader.client, open)).toBe(403);
    expect(await attempt(stranger.client, secret)).toBe(404);
    expect(await attempt(stranger.client, `${prefix}nowhere`)).toBe(404);
    await give(admin, grantOn(secret, "user", idOf(stranger)));
    expect(await attempt(stranger.client, secret)).toBe(403);
    const taken = await stranger.client.post(
      "/resources/grants/delete",
      grantOn(secret, "user", idOf(stranger)),
    );
    expect(taken.status).toBe(403);
  });

  test("on a tombstone opens its history until it is revoked, by those who could create it", async () => {
    const { prefix } = await stage(admin, owner.client, "grant");
    const secret = `${prefix}secret`;
    const grant = grantOn(secret, "user", idOf(reader));
    await give(owner.client, grant);
    const instant = String((await readOne(admin, secret))["updated_at"]);
    await succeed(owner.client.post("/resources/delete", { identifiers: [secret] }));
    expect(await readOne(reader.client, secret, instant)).toMatchObject({ identifier: secret });
    expect((await stranger.client.post("/resources/grants/delete", grant)).status).toBe(404);
    expect((await reader.client.post("/resources/grants/delete", grant)).status).toBe(403);
    expect((await owner.client.post("/resources/grants/create", grant)).status).toBe(404);
    await takeBack(owner.client, grant);
    expect(await readOne(reader.client, secret, instant)).toEqual({});
    expect((await owner.client.post("/resources/grants/delete", grant)).status).toBe(404);
  });

  test("is created or revoked together with all others of its call, or not at all", async () => {
    const { prefix } = await stage(admin, owner.client, "grant");
    const one = (identifier: string) => ({
      identifier,
      grantee_type: "user",
      grantee_id: idOf(reader),
    });
    const grants = [one(`${prefix}secret`), one(`${prefix}nowhere`)];
    const refused = await owner.client.post("/resources/grants/create", { grants });
    expect(refused.status).toBe(404);
    const errors = (refused.body as JsonObject)["errors"] as readonly JsonObject[];
    expect(errors.map(({ path }) => path)).toEqual(["grants.1.identifier"]);
    expect(await readOne(reader.client, `${prefix}secret`)).toEqual({});
    const twice = { grants: [one(`${prefix}secret`), one(`${prefix}secret`)] };
    expect(await give(owner.client, twice)).toEqual({ created: 1 });
    expect(await give(owner.client, twice)).toEqual({ created: 0 });
    const missing = { grants: [one(`${prefix}secret`), one(`${prefix}open`)] };
    const kept = await owner.client.post("/resources/grants/delete", missing);
    expect(kept.status).toBe(404);
    expect(await seen(reader.client, [`${prefix}secret`])).toEqual([true]);
  });

  test("is itself visible only to admins and its creator, never to its grantee", async () => {
    const { prefix, start } = await stage(admin, owner.client, "grant");
    const secret = `${prefix}secret`;
    await give(owner.client, grantOn(secret, "user", idOf(reader)));
    const list = async (client: Client, members: JsonObject = {}): Promise<Json> =>
      succeed(client.post("/resources/grants/read", { identifiers: [secret], ...members }));
    const expected = [{ identifier: secret, grantee_type: "user", grantee_id: idOf(reader) }];
    expect(await list(owner.client)).toEqual(expected);
    expect(await list(admin)).toEqual(expected);
    expect(await list(reader.client)).toEqual([]);
    expect(await list(stranger.client)).toEqual([]);
    const given = String((await readOne(admin, `${prefix}derived`))["updated_at"]);
    await takeBack(owner.client, grantOn(secret, "user", idOf(reader)));
    expect(await list(owner.client)).toEqual([]);
    expect(await list(owner.client, { as_of: given })).toEqual([]);
    const feed = (await succeed(reader.client.get(`/changes?after=${start}&limit=1000`))) as {
      readonly changes: readonly JsonObject[];
    };
    expect(feed.changes.filter((change) => change["payload_type"] === "grant")).toEqual([]);
    const filters = { resource_identifier: secret };
    const query = { payload_type: "grant", filters };
    expect(await succeed(stranger.client.post("/query/count", query))).toEqual({ count: 0 });
  });

  const instantOf = async (answer: Promise<Answer>): Promise<string> => {
    const id = (await answer).headers.get("x-transaction") ?? "";
    return String(((await succeed(admin.get(`/transactions/${id}`))) as JsonObject)["instant"]);
  };

  /** The number of grants that each caller can read, now or as of an instant. */
  const shownTo = async (
    callers: readonly Client[],
    identifier: string,
    as_of: string | null,
  ): Promise<readonly number[]> =>
    Promise.all(
      callers.map(async (client) => {
        const body = { identifiers: [identifier, identifier], as_of };
        const rows = await succeed(client.post("/resources/grants/read", body));
        return (rows as readonly Json[]).length;
      }),
    );

  test("is read as_of an instant as it was then", async () => {
    const { prefix } = await stage(admin, owner.client, "grant");
    const secret = `${prefix}secret`;
    const grant = grantOn(secret, "user", idOf(reader));
    const given = await instantOf(owner.client.post("/resources/grants/create", grant));
    const taken = await instantOf(owner.client.post("/resources/grants/delete", grant));
    expect(await shownTo([owner.client], secret, given)).toEqual([1]);
    expect(await shownTo([owner.client], secret, taken)).toEqual([0]);
  });

  test("is returned for every instant at which it and its resource existed, and for no other", async () => {
    const { prefix } = await stage(admin, owner.client, "grant");
    const secret = `${prefix}secret`;
    const grant = grantOn(secret, "user", idOf(reader));
    const change = (members: JsonObject): Promise<string> =>
      instantOf(admin.post("/resources/update", { updates: { [secret]: members } }));
    const callers = [admin, owner.client, reader.client, stranger.client];
    const [all, none] = [
      [1, 1, 0, 0],
      [0, 0, 0, 0],
    ];
    const moments: (readonly [string, readonly number[]])[] = [
      [String((await readOne(admin, secret))["updated_at"]), none],
      [await instantOf(admin.post("/resources/grants/create", grant)), all],
      [await change({ is_deleted: true }), none],
    ];
    const compare = async (now: readonly number[]): Promise<void> => {
      expect(await shownTo(callers, secret, null)).toEqual(now);
      for (const [instant, expected] of moments) {
        expect(await shownTo(callers, secret, instant), instant).toEqual(expected);
      }
    };
    await compare(none);
    moments.push([await change({ is_deleted: false }), all], [await change({ name: "x" }), all]);
    await compare(all);
    moments.push([await instantOf(admin.post("/resources/grants/delete", grant)), none]);
    moments.push([await change({ is_deleted: true }), none]);
    await compare(none);
    moments.push([await change({ is_deleted: false, access_level: "internal" }), none]);
    moments.push([await instantOf(admin.post("/resources/grants/create", grant)), all]);
    await compare(all);
  });

  test("with an unknown member is refused by its name", async () => {
    const good = { identifier: "x", grantee_type: "user", grantee_id: "y" };
    for (const [members, path] of [
      [{ grantee_type: "role" }, "grants.0.grantee_type"],
      [{ grantee_id: "" }, "grants.0.grantee_id"],
      [{ identifier: " x" }, "grants.0.identifier"],
      [{ owner: "me" }, "grants.0.owner"],
    ] as const) {
      const grants = [{ ...good, ...members }];
      const answer = await admin.post("/resources/grants/create", { grants });
      expect(answer.status).toBe(400);
      const errors = (answer.body as JsonObject)["errors"] as readonly JsonObject[];
      expect(errors.map((error) => error["path"])).toEqual([path]);
    }
  });
});

describe("groups, projects and memberships", () => {
  test("are written only by admins, are always restricted, and hidden from others", async () => {
    const prefix = uniquePrefix("govern");
    const group = { identifier: `${prefix}group`, payload_type: "group", name: "readers" };
    const membership = {
      identifier: `${prefix}membership`,
      payload_type: "membership",
      container_id: group.identifier,
      member_type: "user",
      member_id: idOf(stranger),
    };
    const resources = [group, membership];
    const refused = await stranger.client.post("/resources/create", { resources });
    expect(refused.status).toBe(403);
    await write([{ ...group, access_level: "public" }, membership]);
    expect((await readOne(admin, group.identifier))["access_level"]).toBe("restricted");
    const updates = { [group.identifier]: { access_level: "internal" } };
    expect((await admin.post("/resources/update", { updates })).status).toBe(400);
    const names = [group.identifier, membership.identifier];
    expect(await seen(stranger.client, names)).toEqual([false, false]);
    const identifiers = [membership.identifier];
    expect((await stranger.client.post("/resources/delete", { identifiers })).status).toBe(404);
  });
});
