// The regular expressions of a filter share one bound, because each costs CPU time.
import { beforeAll, expect, test } from "vitest";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";

let reader: Client;

beforeAll(async () => {
  const admin = await adminClient();
  reader = (await callerOf("patterns-reader@example.org", "user")).client;
  const description = "a".repeat(20_000);
  const resource = { identifier: "long", payload_type: "datasource", name: "n", description };
  await admin.post("/resources/create", { resources: [resource] });
});

test("several large patterns are refused by every surface before they are tested", async () => {
  const regex = "(?:[a-c][a-d]?){1,200}[x-z]";
  const many = <T>(each: T): readonly T[] => Array.from({ length: 1_000 }, () => each);
  const leaf = { field: "description", regex };
  const requests: readonly (readonly [string, object])[] = [
    ["/query", { payload_type: "datasource", filters: { or: many({ description: { regex } }) } }],
    ["/query/count", { filters: { not: { or: many({ description: { regex } }) } } }],
    ["/data/find/datasource", { query: { $or: many(leaf) } }],
  ];
  for (const [path, body] of requests) {
    const answer = await reader.post(path, body as never);
    expect([answer.status, answer.text.includes("10000 instructions")], answer.text).toEqual([
      400,
      true,
    ]);
  }
});

test("several large patterns are refused by datasets", async () => {
  const regex = "(?:[a-c][a-d]?){1,200}[x-z]";
  const cond = Array.from({ length: 40 }, (_, at) => [
    ...(at === 0 ? [] : ["or"]),
    { field: "description" },
    "regex",
    regex,
  ]).flat();
  const address = `/ds/datasource?cond=${encodeURIComponent(JSON.stringify(cond))}`;
  const answer = await reader.get(address);
  expect([answer.status, answer.text]).toEqual([
    400,
    expect.stringContaining("10000 instructions"),
  ]);
});

test("many small patterns are tested", async () => {
  const or = Array.from({ length: 500 }, (_, at) => ({ name: { regex: `^x${at}` } }));
  const answer = await reader.post("/query/count", { payload_type: "datasource", filters: { or } });
  expect([answer.status, answer.body]).toEqual([200, { count: 0 }]);
});
