// A write fails when its caller loses access to its resources between the plan and the batch.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import {
  clientOf,
  login,
  uniquePrefix,
  type Answer,
  type Client,
} from "../../../support/clients/http.ts";
import { byId, define, pathOf } from "../../../support/clients/datasets.ts";
import { interleavedDatabase } from "../../../support/databases/interleaved.ts";
import { named } from "../../../support/fixtures/relations.ts";
import { dataset, rowsOf, succeed } from "../../../support/fixtures/restricted-tree.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
  await define(admin, "race_notes", named(["name"]));
  const relation = { dataset: "race_notes", cardinality: "one-to-many", cascade: false };
  await define(admin, "race_folders", named(["name"], [relation]));
});

/** The resources that a writer has access to: one with a child, and a record. */
interface Scene {
  readonly prefix: string;
  readonly root: string;
  readonly note: string;
  readonly folder: string;
  readonly email: string;
  readonly user: string;
  readonly group: string;
}

const post = (path: string, body: (scene: Scene) => Json) => (client: Client, scene: Scene) =>
  client.post(path, body(scene));

const query = ({ root }: Scene): JsonObject => ({ field: "_id", op: "=", rvalue: root });
const projection = { field: "*" };

/** Writes that name, change or return these resources. */
const WRITES: Readonly<Record<string, (client: Client, scene: Scene) => Promise<Answer>>> = {
  "an update": post("/resources/update", ({ root }) => ({
    updates: { [root]: { description: "new" } },
  })),
  "an update of what lies below": post("/resources/update", ({ root }) => ({
    updates: { [`${root}/1`]: { description: "new" } },
  })),
  "a deletion with what lies below": post("/resources/delete", ({ root }) => ({
    identifiers: [root],
    cascade: true,
  })),
  "something new below it": post("/resources/create", ({ root, prefix }) => ({
    resources: [dataset(`${prefix}new`, { parent_identifier: root })],
  })),
  "something derived from it": post("/resources/create", ({ root, prefix }) => ({
    resources: [dataset(`${prefix}new`, { derived_from: [root] })],
  })),
  "an update of documents": post("/data/update/dataset", (scene) => ({
    query: query(scene),
    update: { $set: { description: "new" } },
    projection,
  })),
  "a save of a document": post("/data/save/dataset", ({ root }) => ({
    data: [{ _id: root, name: "new" }],
    projection,
  })),
  "a deletion of documents": post("/data/delete/dataset", (scene) => ({ query: query(scene) })),
  "a change of a record": (client, { note }) =>
    client.send("PATCH", pathOf("race_notes", { cond: byId(note) }), { name: "new" }),
  "a deletion of a record": (client, { note }) =>
    client.send("DELETE", pathOf("race_notes", { cond: byId(note) })),
  "a link to a record": (client, { folder, note }) => {
    const link = { action: "attach", action_resource: "race_notes", action_cond: byId(note) };
    return client.send("PUT", pathOf("race_folders", { cond: byId(folder), ...link }), {});
  },
};

/** Grants to the writer itself and to a group that it belongs to. */
const grantsOf = ({ root, note, user, group }: Scene, to: "user" | "group"): JsonObject => ({
  grants: [root, note].map((identifier) => ({
    identifier,
    grantee_type: to,
    grantee_id: to === "user" ? user : group,
  })),
});

const restrictAll = ({ root, note }: Scene): Promise<Json> => {
  const access_level = "restricted";
  return succeed(
    admin.post("/resources/update", {
      updates: { [root]: { access_level }, [note]: { access_level } },
    }),
  );
};

/** How the writer gets access, and how it loses access. */
const WAYS: Readonly<
  Record<string, readonly [(scene: Scene) => Promise<unknown>, (scene: Scene) => Promise<unknown>]>
> = {
  "a grant is taken back": [
    async (scene) => {
      await restrictAll(scene);
      await succeed(admin.post("/resources/grants/create", grantsOf(scene, "user")));
    },
    (scene) => succeed(admin.post("/resources/grants/delete", grantsOf(scene, "user"))),
  ],
  "a group loses its member": [
    async (scene) => {
      await restrictAll(scene);
      await succeed(admin.post("/resources/grants/create", grantsOf(scene, "group")));
    },
    ({ group, user }) => admin.send("DELETE", `/api/groups/${group}/members/${user}`),
  ],
  "it is restricted": [() => Promise.resolve(), restrictAll],
  "it is moved below something restricted": [
    () => Promise.resolve(),
    ({ prefix, root, note }) => {
      const parent_identifier = `${prefix}shut`;
      const moved = { [root]: { parent_identifier }, [note]: { parent_identifier } };
      return succeed(admin.post("/resources/update", { updates: moved }));
    },
  ],
};

const setScene = async (): Promise<Scene> => {
  const prefix = uniquePrefix("revoked");
  const email = `${prefix.slice(0, -1)}@example.org`;
  const { actor } = await callerOf(email, "editor");
  const user = actor.id.slice("user:".length);
  const made = (await admin.post("/api/groups", { name: prefix })).body as JsonObject;
  const group = String(made["id"]);
  await admin.post(`/api/groups/${group}/members`, { user_id: user });
  const [note, folder] = [crypto.randomUUID(), crypto.randomUUID()];
  const root = `${prefix}root`;
  const resources = [
    dataset(`${prefix}shut`, { access_level: "restricted" }),
    dataset(root),
    dataset(`${root}/1`, { parent_identifier: root }),
    { identifier: note, payload_type: "race_notes", name: "SECRET" },
    { identifier: folder, payload_type: "race_folders", name: "open" },
  ];
  await succeed(admin.post("/resources/create", { resources }));
  return { prefix, root, note, folder, email, user, group };
};

/** Status and text of a response, without request id and instants. */
const said = ({ status, text }: Answer): readonly [number, string] => [
  status,
  text.replaceAll(/"(?:request_id|session|hostname)":"[^"]*"/g, ""),
];

/** The complete state of a scene. */
const stateOf = async ({ prefix, note, folder }: Scene): Promise<Json> => {
  const either = [{ identifier: { in: [note, folder] } }, { identifier: { starts_with: prefix } }];
  const rows = await rowsOf(admin, { filters: { or: either }, limit: 100 });
  return rows.map(({ identifier = null, version = null }) => [identifier, version]);
};

describe.each(Object.entries(WAYS))("while %s", (_, [letIn, shutOut]) => {
  test.each(Object.entries(WRITES))("%s is refused like a later request", async (_name, write) => {
    const scene = await setScene();
    await letIn(scene);
    let before: Json = null;
    const database = interleavedDatabase(env.DB, async () => {
      await shutOut(scene);
      before = await stateOf(scene);
    });
    const token = await login(appOver(env.DB), scene.email, "correct horse battery");
    const overtaken = await write(clientOf(appOver(database), token), scene);
    expect(before).not.toBeNull();
    expect(overtaken.text).not.toContain("SECRET");
    expect(await stateOf(scene)).toEqual(before);
    const later = await write(clientOf(appOver(env.DB), token), scene);
    expect(said(overtaken)).toEqual(said(later));
  });
});
