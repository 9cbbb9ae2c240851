// Deletions with and without cascade along relations.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { byId, define, pathOf, tableOf, type Table } from "../../../support/clients/datasets.ts";
import { faultyDatabase } from "../../../support/databases/faulty.ts";
import {
  attach,
  childrenOf,
  nameIs,
  named,
  openEdges,
  parts,
} from "../../../support/fixtures/relations.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

describe("DELETE of records", () => {
  let houses: Table;
  let rooms: Table;
  let chairs: Table;
  let keys: Table;

  beforeAll(async () => {
    await define(admin, "chairs", named(["name"]));
    await define(admin, "doors", named(["name"]));
    await define(
      admin,
      "rooms",
      named(["name"], [{ dataset: "chairs", cardinality: "many-to-many" }]),
    );
    await define(
      admin,
      "houses",
      named(
        ["name"],
        [
          { dataset: "rooms", cardinality: "one-to-many" },
          { dataset: "doors", cardinality: "one-to-many", cascade: false },
        ],
      ),
    );
    [houses, rooms, chairs, keys] = ["houses", "rooms", "chairs", "doors"].map((name) =>
      tableOf(admin, name),
    ) as [Table, Table, Table, Table];
  });

  test("cascades to children and theirs, but not to those with another parent", async () => {
    const [house] = await houses.post({
      name: "h1",
      rooms: [
        { name: "r1", chairs: parts(["own", "shared"]) as Json },
        { name: "r2", chairs: parts(["second"]) as Json },
      ],
      doors: parts(["front"]) as Json,
    });
    await rooms.post({ name: "elsewhere" });
    await attach(rooms, "chairs", nameIs("elsewhere"), nameIs("shared"));
    const gone = await houses.remove({
      cond: byId(house?.["id"] ?? ""),
      outputs: ["rooms.name", "name"],
    });
    expect(gone).toEqual([
      {
        id: house?.["id"],
        name: "h1",
        rooms: [expect.objectContaining({ name: "r1" }), expect.objectContaining({ name: "r2" })],
      },
    ]);
    const left = async (table: Table) =>
      (await table.get({ outputs: ["name"] })).map(({ name }) => name);
    expect(await left(rooms)).toEqual(["elsewhere"]);
    expect(await left(chairs)).toEqual(["shared"]);
    expect(await left(keys)).toEqual(["front"]);
    expect(await openEdges("houses.doors")).toBe(0);
    expect(await openEdges("rooms.chairs")).toBe(1);
    expect(await childrenOf(rooms, "chairs")).toEqual({ elsewhere: ["shared"] });
  });

  test.each([["near"], ["middle"]])(
    "deletes children whose other parent was deleted before: %s first",
    async (first) => {
      const name = (word: string): string => `${first}_${word}`;
      const defined = async (word: string, relations: readonly JsonObject[] = []) => {
        await define(admin, name(word), named(["name"], relations));
        return tableOf(admin, name(word));
      };
      const many = (word: string, cascade = true): JsonObject => ({
        dataset: name(word),
        cardinality: "many-to-many",
        cascade,
      });
      const leaves = await defined("leaf");
      // The leaf is deleted with `near`, which cascades; `far` does not cascade and is visited later.
      const far = await defined("far", [many("leaf", false)]);
      const near = await defined("near", [many("leaf")]);
      await defined("middle", [many("far")]);
      const tops = await defined("top", [many("near"), many("middle")]);
      const leaf = { [name("leaf")]: [{ name: "l" }] };
      const middle = { name: "m", [name("far")]: [{ name: "f", ...leaf }] };
      const below = [
        [name("near"), [{ name: "n" }]],
        [name("middle"), [middle]],
      ] as const;
      const sent = first === "near" ? below : below.toReversed();
      await tops.post({ name: "t", ...(Object.fromEntries(sent) as JsonObject) });
      await attach(near, name("leaf"), nameIs("n"), nameIs("l"));
      await tops.remove({ cond: nameIs("t") });
      expect([await near.get(), await far.get(), await leaves.get()]).toEqual([[], [], []]);
    },
  );

  test("through the catalogue removes links, and does not cascade", async () => {
    const [house] = await houses.post({ name: "h2", rooms: parts(["r3"]) as Json });
    const identifiers = [house?.["id"] ?? ""];
    expect((await admin.post("/resources/delete", { identifiers })).body).toEqual({ deleted: 1 });
    expect(await openEdges("houses.rooms")).toBe(0);
    expect(await rooms.get({ cond: nameIs("r3"), outputs: ["name"] })).toHaveLength(1);
    const updates = { [String(house?.["id"])]: { is_deleted: false } };
    await admin.post("/resources/update", { updates });
    expect(await childrenOf(houses, "rooms")).toEqual({ h2: [] });
  });

  test("of a whole dataset unlinks related records; a new definition starts empty", async () => {
    await houses.post({ name: "h3", rooms: parts(["r4"]) as Json });
    const definition = (await admin.get("/admin/datasets/houses")).body as JsonObject;
    const [mark] = await rooms.post({ name: "mark" });
    expect((await admin.send("DELETE", "/admin/datasets/houses")).status).toBe(204);
    expect(await houses.refused("GET", {})).toContain("404");
    expect(await houses.refused("POST", {}, { name: "x" })).toContain("404");
    expect((await admin.get("/admin/datasets/houses")).status).toBe(404);
    expect((await admin.send("DELETE", "/admin/datasets/houses")).status).toBe(204);
    expect(await rooms.get({ cond: nameIs("r4") })).toHaveLength(1);
    const past = await childrenOf(houses, "rooms", {
      as_of: mark?.["created_at"] ?? "",
      cond: nameIs("h3"),
    });
    expect(past).toEqual({ h3: ["r4"] });
    const { name: _name, version: _version, ...again } = definition;
    await define(admin, "houses", again);
    expect(await houses.get()).toEqual([]);
  });
});

test("an interrupted deletion continues when it is repeated under its key, and keeps newer records", async () => {
  const name = "cutoff";
  const definition = { fields: [{ name: "title", type: "string" }] };
  await define(admin, name, definition);
  await admin.send("POST", pathOf(name), [{ title: "a" }, { title: "b" }]);
  // The connection is lost after the definition was deleted: the records stay.
  const faulty = faultyDatabase(env.DB, "D1_ERROR: something else broke");
  const cut = clientOf(appOver(faulty.database), await adminToken());
  const headers = { "idempotency-key": "cut-off" };
  const erase = (client: Client) =>
    client.send("DELETE", `/admin/datasets/${name}`, undefined, headers);
  await cut.get("/admin/datasets");
  faulty.arm({ call: 4, when: "before" });
  expect((await erase(cut)).status).toBe(500);
  const live = async (): Promise<number> =>
    (await env.DB.prepare(
      "SELECT count(*) AS n FROM resources WHERE payload_type = ? AND is_deleted = 0",
    )
      .bind(name)
      .first<number>("n")) ?? 0;
  expect(await live()).toBe(2);
  const again = await erase(admin);
  expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([204, "true"]);
  expect(await live()).toBe(0);
  await define(admin, name, definition);
  await admin.send("POST", pathOf(name), { title: "c" });
  expect((await erase(admin)).status).toBe(204);
  expect(await live()).toBe(1);
});
