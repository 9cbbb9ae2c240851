import { describe, expect, it, test } from "vitest";
import {
  ConflictError,
  ConnectionError,
  NotFoundError,
  ProblemError,
  PROBLEM_CLASSES,
  TimeoutError,
  TooManyRequestsError,
} from "../../../src/client/index.ts";
import { CLOCK, RETRIES, retryAfterSeconds, waitMs } from "../../../src/client/retry.ts";
import { ERROR_CODES } from "../../../src/model/error.ts";
import { problem, stubClient } from "./stub.ts";

const created = { body: { created: 1 } };
const image = { identifier: "a", payload_type: "image" } as const;

describe("a transient error is retried", () => {
  const passing = [
    { name: "a connection that breaks", reply: { broken: "ECONNRESET" } },
    { name: "408", reply: { status: 408 } },
    { name: "429", reply: problem(429, "too_many_requests") },
    { name: "500", reply: problem(500, "internal") },
    { name: "502 of a proxy", reply: { status: 502, body: "Bad Gateway" } },
    { name: "503", reply: problem(503, "unavailable") },
    {
      name: "409 with Retry-After",
      reply: { ...problem(409, "conflict"), headers: { "retry-after": "0" } },
    },
  ];
  it.each(passing)("$name, a write with the same key and bytes", async ({ reply }) => {
    const { client, seen } = stubClient([reply, reply, created]);
    expect(await client.create([image])).toEqual({ created: 1 });
    expect(seen).toHaveLength(3);
    const keys = new Set(seen.map(({ headers }) => headers.get("idempotency-key")));
    expect([...keys]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(new Set(seen.map(({ body }) => body)).size).toBe(1);
  });

  it("but not a certificate that is not trusted", async () => {
    const { client, seen } = stubClient([{ broken: "DEPTH_ZERO_SELF_SIGNED_CERT" }]);
    await expect(client.create([image])).rejects.toThrow(ConnectionError);
    expect(seen).toHaveLength(1);
  });

  it("but not an error that would repeat itself", async () => {
    for (const [status, code] of [
      [400, "invalid_value"],
      [403, "forbidden"],
      [404, "not_found"],
      [409, "conflict"],
      [413, "too_large"],
      [422, "idempotency_key_reused"],
    ] as const) {
      const { client, seen } = stubClient([problem(status, code), created]);
      await expect(client.create([image])).rejects.toMatchObject({ status, code });
      expect(seen).toHaveLength(1);
    }
  });

  it("as often as configured, and then throws the last error", async () => {
    const { client, seen, clock } = stubClient([{ broken: "ECONNREFUSED" }]);
    const error = await client.health().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toContain("GET /health: ECONNREFUSED");
    expect(seen).toHaveLength(RETRIES.attempts);
    expect(clock.waits).toEqual([250, 500, 1000]);
  });

  it("no longer than configured", async () => {
    const reply = { ...problem(429, "too_many_requests"), headers: { "retry-after": "3600" } };
    const { client, seen } = stubClient([reply, {}]);
    await expect(client.health()).rejects.toBeInstanceOf(TooManyRequestsError);
    expect(seen).toHaveLength(1);
  });

  it("not before Retry-After", async () => {
    const reply = { ...problem(503, "unavailable"), headers: { "retry-after": "7" } };
    const { client, clock } = stubClient([reply, created]);
    await client.create([image]);
    expect(clock.waits).toEqual([7000]);
  });
});

test("delays are full jitter under a bound that doubles", () => {
  const longest = [0, 1, 2, 3, 4, 5, 9].map((repeat) => waitMs(repeat, RETRIES, 1, undefined));
  expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
  expect(waitMs(5, RETRIES, 0, undefined)).toBe(0);
  expect(waitMs(0, RETRIES, 1, 2)).toBe(2000);
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterSeconds("12", now)).toBe(12);
  expect(retryAfterSeconds("Thu, 01 Jan 2026 00:00:30 GMT", now)).toBe(30);
  expect(retryAfterSeconds("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect(retryAfterSeconds("soon", now)).toBeUndefined();
  expect(retryAfterSeconds(null, now)).toBeUndefined();
});

test("a delay ends when the signal aborts", async () => {
  const stop = new AbortController();
  const wait = CLOCK.sleep(60_000, stop.signal);
  stop.abort(new Error("enough"));
  await expect(wait).rejects.toThrow("enough");
  await expect(CLOCK.sleep(60_000, stop.signal)).rejects.toThrow("enough");
});

test("a refused token is renewed once", async () => {
  const given: boolean[] = [];
  const token = (renew: boolean): string => {
    given.push(renew);
    return renew ? "new" : "old";
  };
  const unauthenticated = problem(401, "unauthenticated");
  const once = stubClient([unauthenticated, created], { token });
  await once.client.create([image]);
  expect(once.seen.map(({ headers }) => headers.get("authorization"))).toEqual([
    "Bearer old",
    "Bearer new",
  ]);
  const never = stubClient([unauthenticated], { token });
  await expect(never.client.create([image])).rejects.toMatchObject({ status: 401 });
  expect(never.seen).toHaveLength(2);
  const fixed = stubClient([unauthenticated], { token: "fixed" });
  await expect(fixed.client.create([image])).rejects.toMatchObject({ status: 401 });
  expect(fixed.seen).toHaveLength(1);
});

test("a call without a response is aborted after timeoutMs, and retried", async () => {
  const { client, seen } = stubClient([{ silent: true }, { silent: true }, created]);
  expect(await client.create([image], { timeoutMs: 5 })).toEqual({ created: 1 });
  expect(seen).toHaveLength(3);
  const late = stubClient([{ silent: true }], { timeoutMs: 5, retries: { attempts: 1 } });
  await expect(late.client.health()).rejects.toBeInstanceOf(TimeoutError);
});

test("an abort ends a call at once, with the signal's reason", async () => {
  const stop = new AbortController();
  const { client, seen } = stubClient([{ silent: true }]);
  const call = client.health({ signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 5);
  await expect(call).rejects.toThrow("enough");
  await expect(client.health({ signal: stop.signal })).rejects.toThrow("enough");
  expect(seen).toHaveLength(1);
});

describe("errors", () => {
  it("each error code has a class of its own", () => {
    expect(Object.keys(PROBLEM_CLASSES)).toEqual([...ERROR_CODES]);
    const classes = Object.values(PROBLEM_CLASSES);
    expect(new Set(classes).size).toBe(classes.length);
    const facts = { status: 400, errors: [], requestId: undefined, retryAfterSeconds: undefined };
    for (const [code, Class] of Object.entries(PROBLEM_CLASSES)) {
      const error = new Class({ ...facts, code: code as "internal", detail: "" }, "GET /");
      expect(error).toBeInstanceOf(ProblemError);
      const words = code.split("_").map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`);
      expect(error.name).toBe(`${words.join("")}Error`);
    }
  });

  it("contain code, elements, request id and delay", async () => {
    const element = { index: 3, identifier: "a", path: "resources.3.rows", code: "x", detail: "y" };
    const { client } = stubClient([
      { ...problem(409, "conflict", [element]), headers: { "x-request-id": "r1" } },
    ]);
    const error = await client.create([image]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ status: 409, code: "conflict", requestId: "r1" });
    expect((error as ConflictError).errors).toEqual([element]);
    expect(String(error)).toContain("resources.3.rows: y");
  });

  it("of a proxy that returns a page keep the status", async () => {
    const { client } = stubClient([{ status: 404, body: "<html>" }]);
    const error = await client.history("a").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).not.toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ status: 404, code: "http_404" });
  });
});

test("a message names each bad element once", async () => {
  const errorOf = async (detail: string, ...errors: readonly (readonly [string, string])[]) => {
    const body = {
      type: "/problems/invalid-value",
      title: "A value",
      status: 400,
      detail,
      code: "invalid_value",
      errors: errors.map(([path, text]) => ({ path, code: "invalid_value", detail: text })),
    };
    const { client } = stubClient([{ status: 400, body }]);
    return client.create([image]).catch((error: unknown) => (error as Error).message);
  };
  const call = "POST /resources/create answered 400 invalid_value";
  expect(await errorOf("rows: Expected a number.", ["rows", "Expected a number."])).toBe(
    `${call}: rows: Expected a number.`,
  );
  expect(await errorOf("Expected a number.", ["rows", "Expected a number."])).toBe(
    `${call}: Expected a number.\n  rows: Expected a number.`,
  );
  expect(await errorOf("rows: No.", ["rows", "No."], ["columns", "No."])).toBe(
    `${call}: rows: No.\n  rows: No.\n  columns: No.`,
  );
});
