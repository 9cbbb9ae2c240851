// Saved responses of API keys: a key is limited to payload types, and to its grants within them.
import { beforeAll, expect, test } from "vitest";
import { adminClient } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { keyClient } from "../../../support/clients/keys.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

test("a key whose grant was revoked gets no stored response, within its types or not", async () => {
  const policies = [{ payload_types: ["dataset"], actions: ["read", "update"] }];
  const { client, key } = await keyClient(admin, policies);
  const identifier = `${uniquePrefix("kept")}d`;
  const resources = [dataset(identifier, { access_level: "restricted" })];
  await succeed(admin.post("/resources/create", { resources }));
  const grants = [{ identifier, grantee_type: "apk", grantee_id: key }];
  await succeed(admin.post("/resources/grants/create", { grants }));
  const change = (): Promise<Answer> =>
    client.post(
      "/data/update/dataset",
      {
        query: { field: "_id", op: "=", rvalue: identifier },
        update: { $set: { citation: "changed" } },
        projection: { field: "*" },
      },
      { "idempotency-key": "kept" },
    );
  for (const answer of [await change(), await change()]) {
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining(identifier)]);
  }
  await succeed(admin.post("/resources/grants/delete", { grants }));
  const refused = await change();
  expect([refused.status, refused.text.includes(identifier)]).toEqual([403, false]);
});
