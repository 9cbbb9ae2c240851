// Sending back a resource with hidden references removed changes nothing.
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { keyClient } from "../../../support/clients/keys.ts";
import { dataset, readOne, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { create, update } from "../../../support/fixtures/uploads.ts";

let admin: Client;
let owner: Caller;
let grantee: Caller;
let reader: Caller;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("masks-owner@example.org", "editor");
  grantee = await callerOf("masks-grantee@example.org", "editor");
  reader = await callerOf("masks-reader@example.org", "user");
});

/** Gives the grantee access to a resource. */
const open = (identifier: string): Promise<unknown> =>
  succeed(
    admin.post("/resources/grants/create", {
      grants: [{ identifier, grantee_type: "user", grantee_id: grantee.actor.id.slice(5) }],
    }),
  );

/** The members of a read resource that an update accepts. */
const sentBack = (shown: JsonObject): JsonObject => {
  const set = ["identifier", "schema_version", "version", "created_at", "updated_at", "children"];
  return Object.fromEntries(Object.entries(shown).filter(([name]) => !set.includes(name)));
};

/** A hidden parent with a granted child, which is derived from hidden and open resources. */
const stage = async (): Promise<(name: string) => string> => {
  const prefix = uniquePrefix("mask");
  const name = (suffix: string): string => `${prefix}${suffix}`;
  await create(
    owner.client,
    dataset(name("root"), { access_level: "restricted" }),
    dataset(name("source"), { access_level: "restricted" }),
    dataset(name("open")),
    dataset(name("other")),
    dataset(name("child"), {
      parent_identifier: name("root"),
      derived_from: [name("open"), name("source"), name("other")],
      access_level: "internal",
    }),
  );
  await open(name("child"));
  return name;
};

const comparable = ({ status, text }: Answer): string =>
  `${status} ${text.replace(/"request_id":"[^"]*"/, "")}`;

describe("a child of a hidden parent", () => {
  test("keeps its place when it is sent back as it was returned", async () => {
    const name = await stage();
    const shown = await readOne(grantee.client, name("child"));
    expect(shown).toMatchObject({
      parent_identifier: null,
      derived_from: [name("open"), name("other")],
    });
    const sent = { ...sentBack(shown), description: "changed" };
    await succeed(update(grantee.client, name("child"), sent));
    expect(await readOne(owner.client, name("child"))).toMatchObject({
      parent_identifier: name("root"),
      derived_from: [name("open"), name("source"), name("other")],
      description: "changed",
      version: 2,
    });
    expect(await readOne(reader.client, name("child"))).toEqual({});
    // An unchanged resource gets no new version.
    await succeed(update(grantee.client, name("child"), sent));
    expect(await readOne(owner.client, name("child"))).toMatchObject({ version: 2 });
  });

  test("keeps its hidden sources when the visible ones are replaced or removed", async () => {
    const name = await stage();
    for (const derived_from of [[name("other")], [name("root2")], []]) {
      const answer = await update(grantee.client, name("child"), { derived_from });
      expect(answer.status).toBe(derived_from.includes(name("root2")) ? 400 : 200);
    }
    expect(await readOne(owner.client, name("child"))).toMatchObject({
      derived_from: [name("source")],
      parent_identifier: name("root"),
    });
    await succeed(
      update(grantee.client, name("child"), { derived_from: [name("open"), name("other")] }),
    );
    expect(await readOne(grantee.client, name("child"))).toMatchObject({
      derived_from: [name("open"), name("other")],
    });
    expect(
      new Set((await readOne(owner.client, name("child")))["derived_from"] as string[]),
    ).toEqual(new Set([name("open"), name("other"), name("source")]));
    // A caller that sees all sources replaces all of them.
    await succeed(update(owner.client, name("child"), { derived_from: [name("other")] }));
    expect(await readOne(owner.client, name("child"))).toMatchObject({
      derived_from: [name("other")],
    });
  });

  test("treats a guess of its parent or of its sources as an unknown identifier", async () => {
    const name = await stage();
    const parent = (identifier: string): Promise<Answer> =>
      update(grantee.client, name("child"), { parent_identifier: identifier });
    const sources = (identifier: string): Promise<Answer> =>
      update(grantee.client, name("child"), { derived_from: [name("open"), identifier] });
    const [absent, hidden] = [await parent(name("nope")), await parent(name("root"))];
    // The response repeats the name that the caller sent.
    const alike = (response: Answer, sent: string): string =>
      comparable(response).replaceAll(name(sent), "<sent>");
    expect([absent.status, alike(hidden, "root")]).toEqual([400, alike(absent, "nope")]);
    expect(alike(await sources(name("source")), "source")).toBe(
      alike(await sources(name("nope")), "nope"),
    );
    expect(await readOne(owner.client, name("child"))).toMatchObject({ version: 1 });
  });

  test("is not moved by callers who do not see its place", async () => {
    const name = await stage();
    const answer = await update(grantee.client, name("child"), { parent_identifier: name("open") });
    expect(answer.status, answer.text).toBe(403);
    expect(answer.text).not.toContain(name("root"));
    // A restricted root of another owner gives the same response.
    await create(owner.client, dataset(name("top"), { access_level: "restricted" }));
    await open(name("top"));
    const root = await update(grantee.client, name("top"), { parent_identifier: name("open") });
    expect(comparable(root)).toBe(comparable(answer).replaceAll(name("child"), name("top")));
    for (const each of ["child", "top"]) {
      expect(await readOne(owner.client, name(each))).toMatchObject({ version: 1 });
      expect(await readOne(reader.client, name(each))).toEqual({});
    }
  });

  test("is deleted and restored in its place, with its hidden references", async () => {
    const name = await stage();
    const identifiers = [name("child")];
    await succeed(grantee.client.post("/resources/delete", { identifiers }));
    const sent = { is_deleted: false, parent_identifier: null, derived_from: [] };
    await succeed(update(grantee.client, name("child"), sent));
    expect(await readOne(owner.client, name("child"))).toMatchObject({
      parent_identifier: name("root"),
      derived_from: [name("source")],
    });
    expect(await readOne(reader.client, name("child"))).toEqual({});
  });

  test("whose parent is a tombstone cannot be restored, and the error does not say why", async () => {
    const name = await stage();
    await succeed(owner.client.post("/resources/delete", { identifiers: [name("root")] }));
    const answer = await update(grantee.client, name("child"), {
      is_deleted: false,
      parent_identifier: null,
    });
    expect(answer.status, answer.text).toBe(404);
    expect(answer.text).not.toContain("parent");
  });
});

test("a key that may not read the type of a parent keeps it by writing null", async () => {
  const prefix = uniquePrefix("scoped");
  const image = { identifier: `${prefix}i`, payload_type: "image", modality: "CT" };
  await create(owner.client, dataset(`${prefix}d`), dataset(`${prefix}e`), {
    ...image,
    parent_identifier: `${prefix}d`,
    derived_from: [`${prefix}e`],
  });
  const { client } = await keyClient(admin, [
    { payload_types: ["image"], actions: ["create", "read", "update"] },
  ]);
  const shown = await readOne(client, `${prefix}i`);
  expect(shown).toMatchObject({ parent_identifier: null, derived_from: [] });
  await succeed(update(client, `${prefix}i`, { ...sentBack(shown), modality: "MR" }));
  expect(await readOne(owner.client, `${prefix}i`)).toMatchObject({
    parent_identifier: `${prefix}d`,
    derived_from: [`${prefix}e`],
    modality: "MR",
  });
});

test("a caller who sees the parent moves the resource to the top by null", async () => {
  const prefix = uniquePrefix("seen");
  await create(
    owner.client,
    dataset(`${prefix}d`),
    dataset(`${prefix}c`, { parent_identifier: `${prefix}d` }),
  );
  await succeed(update(grantee.client, `${prefix}c`, { parent_identifier: null }));
  expect(await readOne(owner.client, `${prefix}c`)).toMatchObject({ parent_identifier: null });
});

test("hidden resources are unknown in a request that names them twice: to change, and as a source", async () => {
  const name = await stage();
  await create(grantee.client, dataset(name("own")));
  const both = (identifier: string) =>
    grantee.client.post("/resources/update", {
      updates: {
        [identifier]: { description: "x" },
        [name("own")]: { derived_from: [identifier] },
      },
    });
  const [hidden, absent] = [await both(name("source")), await both(name("sourcf"))];
  expect(comparable(hidden).replaceAll(name("source"), "it")).toBe(
    comparable(absent).replaceAll(name("sourcf"), "it"),
  );
  expect(hidden.status).toBe(404);
});
