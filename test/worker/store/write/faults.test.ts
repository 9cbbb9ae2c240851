import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { breakAllocator } from "../../../support/databases/allocator.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { faultyDatabase, LOST, type Fault } from "../../../support/databases/faulty.ts";
import {
  observe,
  registerFaultType,
  WRITE_CASES,
  type WriteCase,
} from "../../../support/fixtures/catalogue-writes.ts";

const BROKEN = "D1_ERROR: something else broke";
const CALLS_MAX = 12;

let healthy: Client;
let token: string;

beforeAll(async () => {
  token = await adminToken();
  healthy = await adminClient();
  await registerFaultType(healthy);
});

/** The scope of the identifiers that a case allocates; undefined when it allocates none. */
const scopeOf = ({ name }: WriteCase, prefix: string) => {
  if (name === "register patients") return { type: "patient", scope: `${prefix}a` } as const;
  if (name === "register a study") return { type: "study", scope: `${prefix}a.P000001` } as const;
  return undefined;
};

interface Run {
  readonly answer: Answer;
  /** Calls over the binding, in the Worker or in the allocator. */
  readonly calls: number;
  readonly before: string;
  readonly after: string;
  readonly send: () => Promise<Answer>;
  readonly observe: () => Promise<string>;
}

/** Runs a case in its own isolate, with one failing call. */
const run = async (one: WriteCase, message: string, fault?: Fault): Promise<Run> => {
  const prefix = uniquePrefix("fault");
  await one.prepare(healthy, prefix);
  const before = await observe(healthy, prefix);
  const faulty = faultyDatabase(env.DB, message);
  const client = clientOf(appOver(faulty.database), token);
  const allocating = scopeOf(one, prefix);
  const allocatorCalls =
    allocating === undefined
      ? undefined
      : await breakAllocator(allocating.type, allocating.scope, message, fault);
  faulty.arm(allocating === undefined ? fault : undefined);
  const { method, path, body } = one.request(prefix);
  const send = (sender: Client): Promise<Answer> =>
    sender.send(method, path, body, { "idempotency-key": `key-${prefix}` });
  const answer = await send(client);
  const calls = (allocatorCalls ?? faulty.calls)();
  faulty.arm();
  return {
    answer,
    calls,
    before,
    after: await observe(healthy, prefix),
    send: () => send(healthy),
    observe: () => observe(healthy, prefix),
  };
};

const withoutPrefix = (body: Json): string =>
  JSON.stringify(body).replaceAll(/fault[-_]\d+[_/]/g, "P/");

const expectConverging = async (normal: Run, failed: Run): Promise<void> => {
  expect([normal.before, normal.after]).toContain(failed.after);
  if (failed.answer.status === 200) {
    expect(failed.after).toBe(normal.after);
    expect(withoutPrefix(failed.answer.body)).toBe(withoutPrefix(normal.answer.body));
  } else {
    expect([500, 503]).toContain(failed.answer.status);
    const { code } = failed.answer.body as JsonObject;
    expect(["internal", "unavailable"]).toContain(code);
    expect(failed.answer.text).not.toContain("D1_ERROR");
  }
  const repeated = await failed.send();
  expect(repeated.status, repeated.text).toBe(200);
  expect(withoutPrefix(repeated.body)).toBe(withoutPrefix(normal.answer.body));
  expect(await failed.observe()).toBe(normal.after);
  const again = await failed.send();
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(withoutPrefix(again.body)).toBe(withoutPrefix(normal.answer.body));
  expect(await failed.observe()).toBe(normal.after);
};

describe.each(WRITE_CASES)("$name", (one) => {
  test.each([
    ["the connection is lost", LOST],
    ["the database breaks", BROKEN],
  ])(
    "every call fails once, before and after it takes effect: all or nothing when %s",
    async (_, message) => {
      const normal = await run(one, message);
      expect(normal.answer.status, normal.answer.text).toBe(200);
      expect(normal.calls).toBeGreaterThan(1);
      expect(normal.calls).toBeLessThan(CALLS_MAX);
      for (let call = 1; call <= normal.calls; call += 1) {
        for (const when of ["before", "after"] as const) {
          await expectConverging(normal, await run(one, message, { call, when }));
        }
      }
    },
    120_000,
  );
});
