// A reader may not open a restricted resource: not by its access level, its parent, or a derived resource.
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { keyClient } from "../../../support/clients/keys.ts";
import { dataset, readOne, succeed } from "../../../support/fixtures/restricted-tree.ts";
import {
  create,
  download,
  statusOf,
  table,
  update,
  upload,
} from "../../../support/fixtures/uploads.ts";

let admin: Client;
let owner: Caller;
let grantee: Caller;
let reader: Caller;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("levels-owner@example.org", "editor");
  grantee = await callerOf("levels-grantee@example.org", "editor");
  reader = await callerOf("levels-reader@example.org", "user");
});

const idOf = ({ actor }: Caller): string => actor.id.slice(5);

const grant = (client: Client, identifier: string, to: Caller): Promise<Answer> =>
  client.post("/resources/grants/create", {
    grants: [{ identifier, grantee_type: "user", grantee_id: idOf(to) }],
  });

/** A restricted tree of the owner that the grantee may read, and open parents of both. */
const stage = async (): Promise<(name: string) => string> => {
  const prefix = uniquePrefix("right");
  const name = (suffix: string): string => `${prefix}${suffix}`;
  await create(
    owner.client,
    dataset(name("root"), { access_level: "restricted" }),
    dataset(name("a"), { parent_identifier: name("root") }),
    dataset(name("b"), { parent_identifier: name("root") }),
    dataset(name("leaf"), { parent_identifier: name("a") }),
    dataset(name("open")),
  );
  await create(grantee.client, dataset(name("mine")));
  await succeed(grant(owner.client, name("root"), grantee));
  return name;
};

const expectForbidden = (answer: Answer, path: string): void => {
  expect(answer.status, answer.text).toBe(403);
  expect(answer.text).toContain(path);
};

const expectHidden = async (...identifiers: readonly string[]): Promise<void> => {
  for (const each of identifiers) expect(await readOne(reader.client, each), each).toEqual({});
};

describe("the access level of a resource", () => {
  test("is lowered by its owner and by admins, and not by grantees", async () => {
    const name = await stage();
    for (const access_level of ["internal", "public"]) {
      expectForbidden(await update(grantee.client, name("root"), { access_level }), "access_level");
    }
    await expectHidden(name("root"), name("leaf"));
    await succeed(update(owner.client, name("root"), { access_level: "internal" }));
    expect(await readOne(reader.client, name("leaf"))).toMatchObject({ version: 1 });
    expectForbidden(
      await update(grantee.client, name("open"), { access_level: "public" }),
      "access_level",
    );
    await succeed(update(admin, name("open"), { access_level: "public" }));
  });

  test("is lowered neither with a restoration nor together with a move", async () => {
    const name = await stage();
    await succeed(update(owner.client, name("leaf"), { access_level: "restricted" }));
    await succeed(grantee.client.post("/resources/delete", { identifiers: [name("leaf")] }));
    for (const members of [
      { is_deleted: false, access_level: "internal" },
      { is_deleted: false, access_level: "internal", parent_identifier: null },
    ]) {
      expectForbidden(await update(grantee.client, name("leaf"), members), "access_level");
    }
    await succeed(update(grantee.client, name("leaf"), { is_deleted: false }));
    await expectHidden(name("leaf"));
  });

  test("left open by others is raised by those who may delete it, and by what is below", async () => {
    const name = await stage();
    await create(owner.client, dataset(name("below"), { parent_identifier: name("mine") }));
    const { client } = await keyClient(admin, [
      { payload_types: ["dataset"], actions: ["create", "read", "update"] },
    ]);
    const levels = { access_level: "restricted" };
    expectForbidden(await update(client, name("open"), levels), "access_level");
    await create(client, dataset(name("key")));
    await create(owner.client, dataset(name("under"), { parent_identifier: name("key") }));
    expectForbidden(await update(client, name("key"), levels), "access_level");
    const place = { parent_identifier: name("lock") };
    await create(client, dataset(name("lock"), levels));
    expectForbidden(await update(client, name("open"), place), "parent_identifier");
    await succeed(owner.client.post("/resources/delete", { identifiers: [name("under")] }));
    expect((await readOne(reader.client, name("key")))["version"]).toBe(1);
    await succeed(update(grantee.client, name("open"), levels));
  });
});

describe("the place of a restricted resource", () => {
  test("cannot be changed to a public place or one of the grantee's own", async () => {
    const name = await stage();
    const lock = dataset(name("lock"), { access_level: "restricted" });
    const inside = dataset(name("inside"), { parent_identifier: name("root") });
    await create(grantee.client, lock, inside);
    for (const parent_identifier of ["open", "mine", "lock", "inside"].map(name)) {
      const answer = await update(grantee.client, name("leaf"), { parent_identifier });
      expectForbidden(answer, "parent_identifier");
    }
    expectForbidden(
      await update(grantee.client, name("leaf"), { parent_identifier: null }),
      "parent_identifier",
    );
    await succeed(grantee.client.post("/resources/delete", { identifiers: [name("leaf")] }));
    expectForbidden(
      await update(grantee.client, name("leaf"), { is_deleted: false, parent_identifier: null }),
      "parent_identifier",
    );
    await expectHidden(name("leaf"));
  });

  test("cannot be changed by way of a parent that is created or moved in the same request", async () => {
    const name = await stage();
    await create(grantee.client, dataset(name("inside"), { parent_identifier: name("root") }));
    const updates = {
      [name("leaf")]: { parent_identifier: name("inside") },
      [name("inside")]: { parent_identifier: null },
    };
    const answer = await grantee.client.post("/resources/update", { updates });
    expectForbidden(answer, "parent_identifier");
    await expectHidden(name("leaf"), name("inside"));
  });

  test("may be changed where no further readers gain access", async () => {
    const name = await stage();
    await succeed(update(grantee.client, name("leaf"), { parent_identifier: name("b") }));
    expect(await readOne(owner.client, name("leaf"))).toMatchObject({
      parent_identifier: name("b"),
    });
    await succeed(grant(owner.client, name("a"), reader));
    expectForbidden(
      await update(grantee.client, name("leaf"), { parent_identifier: name("a") }),
      "parent_identifier",
    );
  });

  test("cannot be changed by the owner of a resource with other owners' resources below it", async () => {
    const name = await stage();
    await create(grantee.client, dataset(name("box"), { parent_identifier: name("root") }));
    await succeed(update(owner.client, name("leaf"), { parent_identifier: name("box") }));
    expectForbidden(
      await update(grantee.client, name("box"), { parent_identifier: null }),
      "parent_identifier",
    );
    await succeed(update(owner.client, name("leaf"), { parent_identifier: name("a") }));
    await succeed(update(grantee.client, name("box"), { parent_identifier: null }));
    expect(await readOne(reader.client, name("box"))).toMatchObject({ version: 2 });
    // The owner of the whole tree may open it.
    await succeed(update(owner.client, name("a"), { parent_identifier: name("open") }));
    expect(await readOne(reader.client, name("leaf"))).toMatchObject({ version: 3 });
  });
});

describe("a resource derived from restricted input", () => {
  const made = (name: (suffix: string) => string, members: JsonObject = {}): JsonObject =>
    dataset(name("made"), { derived_from: [name("leaf")], ...members });

  test("is restricted by default, and refused with a more open level", async () => {
    const name = await stage();
    for (const access_level of ["internal", "public"]) {
      const resources = [made(name, { access_level })];
      const answer = await grantee.client.post("/resources/create", { resources });
      expectForbidden(answer, "access_level");
    }
    await create(grantee.client, made(name));
    expect(await readOne(grantee.client, name("made"))).toMatchObject({
      access_level: "restricted",
    });
    await expectHidden(name("made"));
    // The owner of a copy may neither open nor grant it, also after its origin was removed.
    expectForbidden(
      await update(grantee.client, name("made"), { access_level: "internal" }),
      "access_level",
    );
    expect((await grant(grantee.client, name("made"), reader)).status).toBe(403);
    await succeed(update(grantee.client, name("made"), { derived_from: [] }));
    expectForbidden(
      await update(grantee.client, name("made"), { access_level: "internal" }),
      "access_level",
    );
    await expectHidden(name("made"));
    await succeed(update(admin, name("made"), { access_level: "internal" }));
    expect(await readOne(reader.client, name("made"))).toMatchObject({ version: 3 });
  });

  test("is restricted through everything in between, in one request or in several", async () => {
    const name = await stage();
    const derived = (word: string, from: string, members: JsonObject = {}): JsonObject =>
      dataset(name(word), { derived_from: [name(from)], ...members });
    await create(grantee.client, derived("second", "first"), derived("first", "leaf"));
    for (const each of ["first", "second"]) {
      expect(await readOne(grantee.client, name(each))).toMatchObject({
        access_level: "restricted",
      });
    }
    const open = { access_level: "internal" };
    for (const resources of [
      [derived("third", "second", open)],
      [derived("fourth", "leaf"), derived("fifth", "fourth", open)],
    ]) {
      expectForbidden(
        await grantee.client.post("/resources/create", { resources }),
        "access_level",
      );
    }
    expectForbidden(await update(grantee.client, name("second"), open), "access_level");
    await expectHidden(...["first", "second", "third", "fourth", "fifth"].map(name));
  });

  test("is opened when the input is, or by the owner of both", async () => {
    const name = await stage();
    await create(grantee.client, made(name));
    await create(owner.client, dataset(name("own"), { derived_from: [name("leaf")] }));
    await succeed(update(owner.client, name("own"), { access_level: "public" }));
    await succeed(update(owner.client, name("root"), { access_level: "internal" }));
    await succeed(update(grantee.client, name("made"), { access_level: "public" }));
    expect(await readOne(reader.client, name("made"))).toMatchObject({ version: 2 });
    expect(await readOne(reader.client, name("own"))).toMatchObject({ version: 2 });
  });

  test("must be restricted before: a public resource gets no restricted source of others", async () => {
    const name = await stage();
    const members = { derived_from: [name("leaf")] };
    expectForbidden(await update(grantee.client, name("mine"), members), "derived_from");
    await succeed(update(grantee.client, name("mine"), { ...members, access_level: "restricted" }));
    await expectHidden(name("mine"));
  });

  test("reveals nothing about a hidden input", async () => {
    const name = await stage();
    const responseFor = async (source: string): Promise<string> => {
      const resources = [dataset(name("made"), { derived_from: [source] })];
      const { status, text } = await grantee.client.post("/resources/create", { resources });
      // The response repeats the name that the caller sent.
      const same = text.replace(/"request_id":"[^"]*"/, "").replaceAll(source, "<source>");
      return `${status} ${same}`;
    };
    await create(owner.client, dataset(name("secret"), { access_level: "restricted" }));
    expect(await responseFor(name("secret"))).toBe(await responseFor(name("nothing")));
  });
});

test("a tree with an object is opened only by those who may open the object", async () => {
  const name = await stage();
  const key = await upload(owner.client, "text");
  await create(owner.client, table(name("original"), key));
  // A copy in a restricted tree of the grantee; then its original is restricted.
  await create(grantee.client, dataset(name("tree"), { access_level: "restricted" }));
  await create(grantee.client, table(name("copy"), key, { parent_identifier: name("tree") }));
  await succeed(update(owner.client, name("original"), { access_level: "restricted" }));
  expect(await statusOf(download(reader.client, key))).toBe(404);
  const level = { access_level: "internal" };
  expectForbidden(await update(grantee.client, name("tree"), level), "access_level");
  expectForbidden(
    await update(grantee.client, name("copy"), { parent_identifier: name("mine") }),
    "parent_identifier",
  );
  expect(await statusOf(download(reader.client, key))).toBe(404);
  await succeed(update(admin, name("tree"), level));
  expect(await statusOf(download(reader.client, key))).toBe(200);
});
