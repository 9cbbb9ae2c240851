// Quota-limited records (idempotency keys, uploads, exports, tasks) as tests create them: by calls,
// and by the thousand.
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { LIMITS } from "../../src/model/limits.ts";
import { appOver } from "./app.ts";
import { callerOf } from "./cast.ts";
import { clientOf, login, uniquePrefix, type Answer, type Client } from "./client.ts";
import { distantDatabase } from "./latency.ts";
import { FAULT_TYPE } from "./writes.ts";

/** The password of everybody. */
export const PASSWORD = "correct horse battery";

/** Microseconds. */
export const HOUR = 3_600_000_000;

/** An entity that tests of tasks query. */
export const ENTITY = "kept";

/** An editor. */
export interface Person {
  readonly id: string;
  readonly email: string;
  /** Through an isolate that is far away from the database. */
  readonly client: Client;
}

/** A new editor. */
export const somebody = async (word: string): Promise<Person> => {
  const email = `${uniquePrefix(word).slice(0, -1)}@example.org`;
  const { actor } = await callerOf(email, "editor");
  const distant = appOver(distantDatabase(env.DB));
  const client = clientOf(distant, await login(distant, email, PASSWORD));
  return { id: actor.id, email, client };
};

/** Runs a statement. */
export const run = (sql: string, ...values: readonly unknown[]): Promise<D1Result> =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();

/** The result column `n` of a statement. */
export const count = async (sql: string, ...values: readonly unknown[]): Promise<number> =>
  (await env.DB.prepare(sql)
    .bind(...values)
    .first<number>("n")) ?? 0;

/** Rows of one kind for a principal, created at an instant. */
const SEEDS = {
  idempotency: `INSERT INTO idempotency (principal, key, request_hash, receipt, recorded_at)
    SELECT ?1, 'seed-' || ?3 || value, '', '{}', ?2 FROM generate_series(1, ?4)`,
  uploads: `INSERT INTO uploads (path, principal, state, created_at, expires_at)
    SELECT 'seed/' || ?3 || value, ?1, 'promised', ?2, ?2 FROM generate_series(1, ?4)`,
  exports: `INSERT INTO exports (id, principal, state, task, attempts, path, size_bytes, created_at,
      touched_at, finished_at, expires_at)
    SELECT 'seed-' || ?3 || value, ?1, 'succeeded', '{}', 1, 'exports/seed/' || ?3 || value, 7, ?2, ?2,
      ?2, ?2 + ${LIMITS.exportKeptHours * HOUR} FROM generate_series(1, ?4)`,
  tasks: `INSERT INTO tasks (id, part, principal, recorded_at, text, form, object, size_bytes)
    SELECT 'seed-' || ?3 || value, 0, ?1, ?2, '200', 'answer', '_tasks/seed/' || ?3 || value, 5
    FROM generate_series(1, ?4)`,
} as const;

/** What is counted. */
export type Kind = keyof typeof SEEDS;

/** All of it. */
export const KINDS = Object.keys(SEEDS) as readonly Kind[];

/** SQLite's own series is not in D1. */
export const SERIES = `(WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s
  WHERE value < ?4) SELECT value FROM s)`;

let seeds = 0;

/** Creates rows of a principal, at an instant; returns the common prefix of their names. */
export const seed = async (
  kind: Kind,
  principal: string,
  at: number,
  rows: number,
): Promise<string> => {
  seeds += 1;
  const sql = SEEDS[kind].replace("generate_series(1, ?4)", SERIES);
  const mark = `${seeds}-`;
  await run(sql, principal, at, mark, rows);
  return mark;
};

/** Now, in microseconds. */
export const now = (): number => Date.now() * 1_000;

/** The expected counters. */
export const COUNTED: Readonly<Record<Kind, string>> = {
  idempotency:
    "SELECT principal, count(*) AS items, sum(octet_length(receipt)) AS bytes FROM idempotency",
  uploads:
    "SELECT principal, count(*) AS items, 0 AS bytes FROM uploads WHERE state IN ('promised', 'refused', 'swept')",
  exports:
    "SELECT principal, count(*) AS items, coalesce(sum(iif(path IS NULL, 0, size_bytes)), 0) AS bytes FROM exports",
  tasks: "SELECT principal, count(*) AS items, sum(size_bytes) AS bytes FROM tasks WHERE part = 0",
};

/** Checks that the counters equal the rows. */
export const expectCounted = async (): Promise<void> => {
  for (const [kind, sql] of Object.entries(COUNTED)) {
    const { results: real } = await env.DB.prepare(
      `SELECT * FROM (${sql} GROUP BY principal) ORDER BY principal`,
    ).all();
    const { results: kept } = await env.DB.prepare(
      "SELECT principal, items, bytes FROM quota_usage WHERE kind = ? AND items <> 0 ORDER BY principal",
    )
      .bind(kind)
      .all();
    expect(kept, kind).toEqual(real);
  }
};

const ASYNCHRONOUS = { execution: { asynchronous: 0 } };

/** Creates a resource under an Idempotency-Key. */
export const createKeyed = (client: Client, identifier: string, key: string): Promise<Answer> =>
  client.post(
    "/resources/create",
    { resources: [{ identifier, payload_type: FAULT_TYPE }] },
    { "idempotency-key": key },
  );

/** Requests addresses for uploads. */
export const presign = (client: Client, items: number): Promise<Answer> =>
  client.post("/s3/presign/batch", {
    direction: "upload",
    items: Array.from({ length: items }, (_, at) => ({ filename: `${at}.bin`, group: "g" })),
  });

/** Orders a small export. */
export const orderExport = (client: Client): Promise<Answer> =>
  client.post("/exports", { query: { payload_type: FAULT_TYPE, limit: 1 }, format: "csv" });

/** Starts a task. */
export const beginTask = (client: Client): Promise<Answer> =>
  client.post(`/data/find/${ENTITY}`, ASYNCHRONOUS);
