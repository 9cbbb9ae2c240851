import { expect, test } from "vitest";
import { createClient } from "../../../src/client/index.ts";
import { adminToken, workerFetch } from "../../support/fixtures/callers.ts";
import { uniquePrefix } from "../../support/clients/http.ts";

test("the TypeScript client runs inside a Worker", async () => {
  const client = createClient({
    url: "https://vxdata.test",
    token: await adminToken(),
    fetch: async (input, init) => workerFetch(new Request(input, init)),
  });
  const prefix = uniquePrefix("sdk");
  const names = ["a", "b", "c"].map((name) => `${prefix}${name}`);
  await client.create(names.map((identifier) => ({ identifier, payload_type: "image" })));
  const found: string[] = [];
  for await (const { identifier } of client.query({
    payload_type: "image",
    identifiers: names,
    sort_by: "identifier",
    sort_order: "asc",
    limit: 2,
  })) {
    found.push(identifier);
  }
  expect(found).toEqual(names);
  const [address] = await client.uploadAddresses([{ filename: "a.dcm", group: "workers" }]);
  expect(address?.path).toMatch(/^workers\//);
});
