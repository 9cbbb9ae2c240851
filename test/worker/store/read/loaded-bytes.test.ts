// The bytes that reads of large records load from the database.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { operationsOf, type OpenApiDocument } from "../../../support/checks/openapi-document.ts";
import { largeReads, LITTLE_BYTES, type LargeRead } from "../../../support/fixtures/large-reads.ts";
import { makeLarge } from "../../../support/fixtures/large-records.ts";
import { OTHER_READS } from "../../../support/fixtures/other-reads.ts";

const SIZE = { records: 40, bytes: 250_000 };

const budgeted = budgetedDatabase(env.DB);
let admin: Client;
let instant = "";

beforeAll(async () => {
  const token = await adminToken();
  admin = clientOf(appOver(budgeted.database), token);
  await makeLarge(clientOf(appOver(env.DB), token), SIZE);
  const { headers } = await admin.get("/health");
  instant = new Date(headers.get("date") ?? Date.now()).toISOString();
}, 120_000);

const HEADS = 1024 * 1024;

const mostOf = ({ loads }: LargeRead): number => {
  if (typeof loads === "number") return loads;
  if (loads === "little") return LITTLE_BYTES;
  return loads === "page" ? LIMITS.pageBytesMax + HEADS : Number.POSITIVE_INFINITY;
};

const READS = [...largeReads(SIZE, "AS_OF")].flatMap(([call, reads]) =>
  reads.map((read) => [`${call}: ${read.name}`, read] as const),
);

describe("the bytes that a read loads", () => {
  test.each(READS)("%s", async (_name, read) => {
    const { method, path, body, status = 200, check } = read;
    const sent = JSON.parse(
      JSON.stringify(body ?? null).replaceAll("AS_OF", instant),
    ) as typeof body;
    budgeted.start();
    const answer = await admin.send(method, path, sent ?? undefined);
    expect(answer.status, answer.text.slice(0, 500)).toBe(status);
    check?.(answer);
    const { bytes } = budgeted.spent();
    const all = bytes.reduce((sum, each) => sum + each, 0);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(LIMITS.pageBytesMax + HEADS);
    expect(all).toBeLessThanOrEqual(mostOf(read));
  });
});

test("the responses of a bulk request share one bound, and those that fit are returned", async () => {
  const find = (seq: number, to: number): JsonObject => ({
    seq,
    op: "find",
    request: {
      entity: "large_docs",
      projection: { field: "*", recursive: true },
      range: [0, to],
    },
  });
  const { text, body } = await admin.post("/data/bulk", {
    requests: [find(0, 0), find(1, 19), find(2, 19), find(3, 0)],
  });
  const { responses } = body as unknown as {
    readonly responses: readonly { readonly seq: number; readonly response: JsonObject }[];
  };
  const statuses = responses.map(({ seq, response }) => [seq, response["status"]]);
  expect(statuses).toEqual([
    [0, "COMPLETE"],
    [1, "COMPLETE"],
    [2, "ERROR"],
    [3, "COMPLETE"],
  ]);
  expect(JSON.stringify(responses[2])).toContain("crud:ResultSizeTooLarge");
  expect(text.length).toBeLessThan(LIMITS.pageBytesMax + HEADS);
});

test("every read of the API is measured, or exempt with a reason", async () => {
  const { body } = await admin.get("/openapi.json");
  const calls = operationsOf(body as unknown as OpenApiDocument)
    .filter(({ method }) => method === "GET" || method === "POST")
    .map(({ name }) => name);
  const listed = [...largeReads(SIZE, "").keys(), ...OTHER_READS.keys()];
  expect(listed.toSorted()).toEqual(calls.toSorted());
});
