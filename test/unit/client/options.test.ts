import { describe, expect, test } from "vitest";
import type { AnswerNotice, CallOptions, ClientOptions } from "../../../src/client/index.ts";
import { problem, type Reply, stubClient, stubFetch } from "./stub.ts";

const PAST = "2026-01-01T00:00:00Z";
const OTHER = "2026-02-02T00:00:00Z";

const asOfSent = async (client: CallOptions, call: CallOptions) => {
  const { client: made, seen } = stubClient([{ body: [] }], client);
  await made.read(["a"], call);
  await made.parents("a", call);
  return [JSON.parse(seen[0]?.body ?? "") as unknown, seen[1]?.query];
};

describe("each option of the client can be overridden for a call", () => {
  test("as_of: another instant, a Date, or null for now", async () => {
    const body = (instant: string) => ({ identifiers: ["a"], as_of: instant });
    expect(await asOfSent({ as_of: PAST }, {})).toEqual([body(PAST), { as_of: PAST }]);
    expect(await asOfSent({ as_of: PAST }, { as_of: OTHER })).toEqual([
      body(OTHER),
      { as_of: OTHER },
    ]);
    expect(await asOfSent({ as_of: PAST }, { as_of: null })).toEqual([{ identifiers: ["a"] }, {}]);
    expect(await asOfSent({}, { as_of: new Date(PAST) })).toEqual([
      body("2026-01-01T00:00:00.000Z"),
      { as_of: "2026-01-01T00:00:00.000Z" },
    ]);
    expect(await asOfSent({ as_of: PAST }, { as_of: undefined })).toEqual([
      body(PAST),
      { as_of: PAST },
    ]);
  });

  test("token: another, or none", async () => {
    const { client, seen } = stubClient([{}], { token: "one" });
    await client.health();
    await client.health({ token: async () => "two" });
    await client.health({ token: null });
    const sent = seen.map(({ headers }) => headers.get("authorization"));
    expect(sent).toEqual(["Bearer one", "Bearer two", null]);
  });

  test("reason: of writes alone, in a form that a header can carry", async () => {
    const { client, seen } = stubClient([{ body: { created: 1 } }], { reason: "moved" });
    const write = (options: CallOptions) =>
      client.create([{ identifier: "a", payload_type: "dataset", name: "a" }], options);
    await write({});
    await write({ reason: "Straße, 1" });
    await write({ reason: "UTF-8'x" });
    await write({ reason: null });
    await client.health();
    expect(seen.map(({ headers }) => headers.get("x-reason"))).toEqual([
      "moved",
      "UTF-8''Stra%C3%9Fe%2C%201",
      "UTF-8''UTF-8'x",
      null,
      null,
    ]);
  });

  test("fetch", async () => {
    const { client, seen } = stubClient([{}]);
    const other = stubFetch({});
    await client.health({ fetch: other.fetch });
    expect([seen.length, other.seen.length]).toEqual([0, 1]);
  });

  test("timeoutMs", async () => {
    const { client } = stubClient([{ silent: true }], {
      timeoutMs: 60_000,
      retries: { attempts: 1 },
    });
    await expect(client.health({ timeoutMs: 5 })).rejects.toThrow("no answer within 5 ms");
    const bounded = stubClient([{ silent: true }], { timeoutMs: 5, retries: { attempts: 1 } });
    const stop = new AbortController();
    const call = bounded.client.health({ timeoutMs: 0, signal: stop.signal });
    setTimeout(() => stop.abort(new Error("by hand")), 25);
    await expect(call).rejects.toThrow("by hand");
  });

  test("signal: those of the client and of the call both count", async () => {
    for (const which of ["client", "call"] as const) {
      const client = new AbortController();
      const call = new AbortController();
      const stub = stubClient([{ silent: true }], { signal: client.signal });
      const running = stub.client.health({ signal: call.signal });
      setTimeout(() => ({ client, call })[which].abort(new Error(which)), 5);
      await expect(running).rejects.toThrow(which);
    }
  });

  test("retries, member by member", async () => {
    const broken: Reply = { broken: "gone" };
    const options: Partial<ClientOptions> = { retries: { attempts: 3, baseMs: 100 } };
    const { client, seen, clock } = stubClient([broken], options);
    await expect(client.health({ retries: { attempts: 2 } })).rejects.toThrow("gone");
    expect([seen.length, clock.waits]).toEqual([2, [50]]);
    await expect(client.health()).rejects.toThrow("gone");
    expect(seen).toHaveLength(5);
  });

  test("headers: those of the call override", async () => {
    const { client, seen } = stubClient([{}], { headers: { "x-one": "1", "x-two": "1" } });
    await client.health({ headers: { "x-two": "2" } });
    expect(seen[0]?.headers.get("x-one")).toBe("1");
    expect(seen[0]?.headers.get("x-two")).toBe("2");
  });

  test("onRetry and onAnswer", async () => {
    const calls: string[] = [];
    const replies = [problem(503, "unavailable"), {}];
    const note = (name: string) => ({
      onRetry: () => void calls.push(`${name} retry`),
      onAnswer: () => void calls.push(`${name} answer`),
    });
    await stubClient(replies, note("client")).client.health();
    await stubClient(replies, note("client")).client.health(note("call"));
    expect(calls).toEqual(["client retry", "client answer", "call retry", "call answer"]);
  });

  test("idempotencyKey of a write", async () => {
    const { client, seen } = stubClient([{ body: { deleted: 0 } }]);
    await client.delete(["a"], { idempotencyKey: "mine" });
    expect(seen[0]?.headers.get("idempotency-key")).toBe("mine");
  });
});

test("every option is passed on by calls that send several requests", async () => {
  const stop = new AbortController();
  const headers = { "x-mark": "here" };
  const pages = [
    { body: { results: [], next_cursor: "c", limit: null } },
    { body: { results: [], next_cursor: null, limit: null } },
  ];
  const { client, seen } = stubClient(pages, { token: "one", as_of: PAST });
  await client.query({}, { token: "two", as_of: OTHER, headers, signal: stop.signal }).all();
  expect(seen).toHaveLength(2);
  for (const { body, headers: sent } of seen) {
    expect(JSON.parse(body)).toMatchObject({ as_of: OTHER });
    expect(sent.get("authorization")).toBe("Bearer two");
    expect(sent.get("x-mark")).toBe("here");
  }
});

test("the latest bookmark is sent with reads, and may be replaced or left out", async () => {
  const marks = ["0002", "0001", "0003"].map((mark) => ({
    body: { created: 0 },
    headers: { "x-d1-bookmark": mark },
  }));
  const { client, seen } = stubClient([...marks, { body: [] }]);
  const image = { identifier: "a", payload_type: "image" } as const;
  for (const _ of marks) await client.create([image]);
  await client.read(["a"]);
  await client.read(["a"], { bookmark: "0009" });
  await client.read(["a"], { bookmark: null });
  const sent = seen.map(({ headers }) => headers.get("x-d1-bookmark"));
  expect(sent).toEqual([null, null, null, "0003", "0009", null]);
});

test("onAnswer gets the transaction, the request id and whether it was a replay", async () => {
  const notices: AnswerNotice[] = [];
  const headers = { "x-transaction": "7", "x-request-id": "r", "idempotency-replayed": "true" };
  const { client } = stubClient([{ body: { deleted: 1 }, headers }], {
    onAnswer: (notice) => void notices.push(notice),
  });
  await client.delete(["a"]);
  expect(notices).toEqual([
    {
      request: "POST /resources/delete",
      status: 200,
      requestId: "r",
      transaction: 7,
      replayed: true,
      attempts: 1,
    },
  ]);
});
