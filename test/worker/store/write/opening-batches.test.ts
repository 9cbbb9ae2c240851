// A write may only rely on inputs that were checked for it, not on those of other elements of its batch.
import { beforeAll, expect, test } from "vitest";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Client } from "../../../support/clients/http.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { create } from "../../../support/fixtures/uploads.ts";

let admin: Client;
let owner: Caller;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("batch-owner@example.org", "editor");
});

/** A dataset of the owner that an admin has derived from a restricted one. */
const derived = async (prefix: string): Promise<string> => {
  await create(admin, dataset(`${prefix}secret`, { access_level: "restricted" }));
  await create(owner.client, dataset(`${prefix}derived`));
  const updates = { [`${prefix}derived`]: { derived_from: [`${prefix}secret`] } };
  await succeed(admin.post("/resources/update", { updates }));
  return `${prefix}derived`;
};

test("a resource that names its sources is changed together with one derived from restricted ones", async () => {
  const prefix = uniquePrefix("batch");
  const name = await derived(prefix);
  await create(owner.client, dataset(`${prefix}other`));
  const updates = { [`${prefix}other`]: { derived_from: [] }, [name]: { name: "changed" } };
  const answer = await owner.client.post("/resources/update", { updates });
  expect([answer.status, answer.body], answer.text).toEqual([200, { updated: 2 }]);
});

test("a resource that keeps a source hidden from its owner names others at the same time", async () => {
  const prefix = uniquePrefix("batch");
  const name = await derived(prefix);
  await create(owner.client, dataset(`${prefix}open`));
  const updates = { [name]: { derived_from: [`${prefix}open`] } };
  const answer = await owner.client.post("/resources/update", { updates });
  expect([answer.status, answer.body], answer.text).toEqual([200, { updated: 1 }]);
  const [stored] = (await succeed(
    admin.post("/resources/read", { identifiers: [name] }),
  )) as unknown as readonly { readonly derived_from: readonly string[] }[];
  expect(stored?.derived_from.toSorted()).toEqual([`${prefix}open`, `${prefix}secret`]);
});
