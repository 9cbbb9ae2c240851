import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import {
  dataset,
  identifiersOf,
  readOne,
  rowsOf,
  stage,
  succeed,
} from "../../../support/fixtures/restricted-tree.ts";
import type { Scene } from "../../../support/fixtures/restricted-tree.ts";

let admin: Client;
let owner: Caller;
let stranger: Caller;
let reader: Caller;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("owner@example.org", "editor");
  stranger = await callerOf("stranger@example.org", "editor");
  reader = await callerOf("reader@example.org", "user");
});

/** A response without values that differ between two responses. */
const comparable = ({ status, text }: Answer): string =>
  `${status} ${text.replace(/"request_id":"[^"]*"/, "")}`;

describe("a restricted resource and everything below it", () => {
  let scene: Scene;
  let name: (suffix: string) => string;
  beforeAll(async () => {
    scene = await stage(admin, owner.client, "hidden");
    name = (suffix) => `${scene.prefix}${suffix}`;
  });

  const everybody = (): readonly (readonly [string, Client])[] => [
    ["reader", reader.client],
    ["another editor", stranger.client],
  ];

  test("is absent from the reads, queries and counts of others, in the present and at any instant", async () => {
    const instants = (await succeed(
      admin.post("/resources/history", { identifier: name("secret") }),
    )) as unknown as readonly { transaction: { instant: string } }[];
    const states: readonly JsonObject[] = [
      {},
      ...instants.map(({ transaction }) => ({ as_of: transaction.instant })),
    ];
    for (const [who, client] of everybody()) {
      for (const state of states) {
        const identifiers = [...scene.hidden, name("root")];
        const read = await succeed(client.post("/resources/read", { identifiers, ...state }));
        expect(identifiersOf(read as readonly JsonObject[]), who).toEqual([name("root")]);
        const filters = { identifier: { starts_with: scene.prefix } };
        for (const body of [
          { filters },
          { filters, payload_type: "dataset" },
          { filters, payload_type: "dataset", sort_by: "name", sort_order: "asc" },
          { identifiers },
          { payload_type: "dataset", identifiers },
          { parent_identifier: name("root") },
          { parent_identifier: name("root"), include_indirect_parents: true },
          { filters: { name: { contains: scene.prefix } }, payload_type: "dataset" },
          {
            filters: { name: { regex: "changed|secret|child" } },
            payload_type: "dataset",
            identifiers,
          },
        ]) {
          const queryBody: JsonObject = { ...body, ...state };
          const rows = await rowsOf(client, queryBody);
          for (const identifier of scene.hidden) {
            expect(identifiersOf(rows), `${who} ${JSON.stringify(queryBody)}`).not.toContain(
              identifier,
            );
          }
          expect(await succeed(client.post("/query/count", queryBody))).toEqual({
            count: rows.length,
          });
        }
      }
    }
  });

  test("is no child, source or parent in what others see", async () => {
    for (const [who, client] of everybody()) {
      expect((await readOne(client, name("root")))["children"], who).toEqual([name("open")]);
      expect((await readOne(client, name("derived")))["derived_from"]).toEqual([name("source")]);
      for (const body of [
        { filters: { parent_identifier: name("secret") } },
        { filters: { parent_identifier: name("child") }, payload_type: "dataset" },
      ]) {
        expect(await rowsOf(client, body), `${who} ${JSON.stringify(body)}`).toEqual([]);
        expect(await succeed(client.post("/query/count", body))).toEqual({ count: 0 });
      }
      const versions = (await succeed(
        client.post("/resources/history", { identifier: name("derived") }),
      )) as readonly JsonObject[];
      expect(versions.map((row) => row["derived_from"])).toEqual([[name("source")]]);
    }
  });

  test("is not found by history, diff, transaction and as the parent of a query", async () => {
    for (const [who, client] of everybody()) {
      for (const identifier of scene.hidden) {
        const bodies: readonly (readonly [string, JsonObject])[] = [
          ["/resources/history", { identifier }],
          ["/resources/diff", { identifier, from: 1, to: 1 }],
          ["/query", { parent_identifier: identifier }],
          ["/query/count", { parent_identifier: identifier, include_indirect_parents: true }],
        ];
        for (const [path, body] of bodies) {
          const answer = await client.post(path, body);
          const missing = `${scene.prefix}nowhere`;
          const absent = await client.post(
            path,
            JSON.parse(JSON.stringify(body).replaceAll(identifier, missing)) as Json,
          );
          expect(answer.status, `${who} ${path}`).toBe(404);
          expect(comparable(answer).replaceAll(identifier, missing)).toBe(comparable(absent));
        }
      }
      const one = await client.get(`/transactions/${scene.secretTransaction}`);
      expect(one.status, who).toBe(404);
      expect(comparable(one)).toBe(comparable(await client.get("/transactions/99999999")));
    }
    expect((await admin.get(`/transactions/${scene.secretTransaction}`)).status).toBe(200);
  });

  test("does not appear in the change feed of others, nor in the counts of a transaction", async () => {
    for (const [who, client] of everybody()) {
      const feed = (await succeed(client.get(`/changes?after=${scene.start}`))) as JsonObject;
      const changes = feed["changes"] as readonly JsonObject[];
      const seen = identifiersOf(changes).filter((each) => String(each).startsWith(scene.prefix));
      expect(seen, who).toEqual(["root", "open", "source", "derived", "open"].map(name));
      const mixed = changes.findLast((change) => change["identifier"] === name("open"));
      const record = (await succeed(
        client.get(`/transactions/${Number(mixed?.["transaction"])}`),
      )) as JsonObject;
      expect(record["resources"]).toBe(1);
    }
  });

  test("cannot be changed, deleted, restored, used as parent or detected by another editor", async () => {
    const [secret = ""] = scene.hidden;
    const before = await readOne(admin, secret);
    const client = stranger.client;
    const missing = `${scene.prefix}nowhere`;
    const attempts: readonly (readonly [string, (identifier: string) => JsonObject])[] = [
      ["/resources/update", (identifier) => ({ updates: { [identifier]: { name: "mine" } } })],
      ["/resources/update", (identifier) => ({ updates: { [identifier]: { is_deleted: false } } })],
      ["/resources/delete", (identifier) => ({ identifiers: [identifier] })],
      [
        "/resources/create",
        (identifier) => ({ resources: [dataset(name("x"), { parent_identifier: identifier })] }),
      ],
      [
        "/resources/create",
        (identifier) => ({ resources: [dataset(name("x"), { derived_from: [identifier] })] }),
      ],
      [
        "/resources/update",
        (identifier) => ({ updates: { [name("open")]: { parent_identifier: identifier } } }),
      ],
    ];
    for (const [path, bodyOf] of attempts) {
      const answer = await client.post(path, bodyOf(secret));
      const absent = await client.post(path, bodyOf(missing));
      expect([400, 404], `${path} ${answer.text}`).toContain(answer.status);
      expect(comparable(answer).replaceAll(secret, missing)).toBe(comparable(absent));
    }
    expect(await readOne(admin, secret)).toEqual(before);
  });

  test("is visible to its owner and to admins", async () => {
    for (const client of [owner.client, admin]) {
      const read = await succeed(client.post("/resources/read", { identifiers: scene.hidden }));
      expect(identifiersOf(read as readonly JsonObject[])).toEqual(scene.hidden);
      expect((await readOne(client, name("root")))["children"]).toEqual(
        ["open", "secret"].map(name),
      );
      const below = { parent_identifier: name("root"), include_indirect_parents: true };
      expect(await succeed(client.post("/query/count", below))).toEqual({ count: 4 });
      const history = await client.post("/resources/history", { identifier: name("secret") });
      expect((history.body as readonly Json[]).length).toBe(2);
    }
  });

  test("is not opened by a grant that an editor without rights writes", async () => {
    const grant = {
      identifier: name("grant"),
      payload_type: "grant",
      resource_identifier: name("secret"),
      grantee_type: "user",
      grantee_id: stranger.actor.id.replace("user:", ""),
    };
    const answer = await stranger.client.post("/resources/create", { resources: [grant] });
    expect(await readOne(stranger.client, name("secret")), answer.text).toEqual({});
    expect(answer.status).not.toBe(200);
  });
});

test("visibility uses present permissions: restricting hides the past too, opening shows it", async () => {
  const identifier = `${uniquePrefix("turn")}a`;
  await succeed(owner.client.post("/resources/create", { resources: [dataset(identifier)] }));
  const born = String((await readOne(admin, identifier))["updated_at"]);
  const set = async (access_level: string): Promise<Json> =>
    succeed(
      owner.client.post("/resources/update", { updates: { [identifier]: { access_level } } }),
    );
  await set("restricted");
  const closed = String((await readOne(admin, identifier))["updated_at"]);
  expect(await readOne(reader.client, identifier)).toEqual({});
  expect(await readOne(reader.client, identifier, born)).toEqual({});
  await set("public");
  expect((await readOne(reader.client, identifier, born))["version"]).toBe(1);
  expect((await readOne(reader.client, identifier, closed))["version"]).toBe(2);
});

test("the owner of a resource below one that was closed sees it, and not what is above", async () => {
  const prefix = uniquePrefix("mask");
  const house = `${prefix}house`;
  const room = `${prefix}room`;
  await succeed(owner.client.post("/resources/create", { resources: [dataset(house)] }));
  const resources = [dataset(room, { parent_identifier: house })];
  await succeed(stranger.client.post("/resources/create", { resources }));
  const before = await readOne(stranger.client, room);
  expect(before["parent_identifier"]).toBe(house);
  const updates = { [house]: { access_level: "restricted" } };
  await succeed(owner.client.post("/resources/update", { updates }));
  expect((await readOne(stranger.client, room))["parent_identifier"]).toBeNull();
  const past = await readOne(stranger.client, room, String(before["updated_at"]));
  expect(past["parent_identifier"]).toBeNull();
  const [version] = (await succeed(
    stranger.client.post("/resources/history", { identifier: room }),
  )) as readonly JsonObject[];
  expect(version?.["parent_identifier"]).toBeNull();
  const query = await stranger.client.post("/query", { parent_identifier: house });
  expect(query.status).toBe(404);
  expect(await rowsOf(stranger.client, { filters: { parent_identifier: house } })).toEqual([]);
  expect(await readOne(reader.client, room)).toEqual({});
});
