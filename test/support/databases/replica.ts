import { env } from "cloudflare:workers";
import { createTables } from "./tables.ts";

/** A primary and a replica that has applied what the primary had when it last caught up. */
export interface ReplicatedDatabase {
  readonly database: D1Database;
  /** Lets the replica apply everything that the primary has. */
  readonly catchUp: () => Promise<void>;
  /** Which of both was called since the last `catchUp` or `forget`, call by call. */
  readonly called: () => readonly ("primary" | "replica")[];
  readonly forget: () => void;
}

/** A statement that is prepared by the database that it is sent to. */
interface Deferred {
  readonly text: string;
  readonly params: readonly unknown[];
  readonly bind: (...params: unknown[]) => Deferred;
}

const defer = (text: string, params: readonly unknown[] = []): Deferred => ({
  text,
  params,
  bind: (...given) => defer(text, given),
});

const sendTo = (
  target: D1Database,
  statements: readonly Deferred[],
): Promise<D1Result<Record<string, unknown>>[]> =>
  target.batch(statements.map(({ text, params }) => target.prepare(text).bind(...params)));

const rowsIn = async (
  database: D1Database,
  text: string,
): Promise<readonly Record<string, unknown>[]> => (await database.prepare(text).all()).results;

const CHUNK_ROWS = 100;

const copyTable = async (from: D1Database, to: D1Database, table: string): Promise<void> => {
  const rows = await rowsIn(from, `SELECT * FROM "${table}"`);
  const names = Object.keys(rows[0] ?? {});
  const columns = names.map((name) => `"${name}"`).join(", ");
  const marks = names.map(() => "?").join(", ");
  await to.prepare(`DELETE FROM "${table}"`).run();
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    await to.batch(
      rows
        .slice(start, start + CHUNK_ROWS)
        .map((row) =>
          to
            .prepare(`INSERT INTO "${table}" (${columns}) VALUES (${marks})`)
            .bind(...names.map((name) => row[name])),
        ),
    );
  }
};

const OWN = "type IN ('table', 'trigger') AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'";

/** Makes a database the copy of another. Triggers would prevent that, so a copy has none. */
const copyDatabase = async (from: D1Database, to: D1Database): Promise<void> => {
  const there = await rowsIn(to, `SELECT type, name FROM sqlite_schema WHERE ${OWN}`);
  for (const { type, name } of there) {
    if (type === "trigger") await to.prepare(`DROP TRIGGER "${String(name)}"`).run();
  }
  const known = new Set(there.map(({ name }) => name));
  const tables = await rowsIn(from, `SELECT type, name, sql FROM sqlite_schema WHERE ${OWN}`);
  for (const { type, name, sql } of tables) {
    if (type === "trigger") continue;
    if (!known.has(name)) await to.prepare(String(sql)).run();
    await copyTable(from, to, String(name));
  }
};

/** The platform's metadata of a result from a replica. */
const byReplica = <T>(results: D1Result<T>[]): D1Result<T>[] =>
  results.map((result) => ({ ...result, meta: { ...result.meta, served_by_primary: false } }));

/**
 * The database with a replica, as sessions see them: one that begins at the primary calls it, and
 * every other calls the replica, unless it writes.
 */
export const replicatedDatabase = async (primary: D1Database): Promise<ReplicatedDatabase> => {
  const replica = env.REPLICA;
  await createTables(replica);
  let called: ("primary" | "replica")[] = [];
  const withSession = (start: string) => {
    let isPrimary = start === "first-primary";
    return {
      prepare: defer,
      batch: async (statements: readonly Deferred[]) => {
        isPrimary ||= statements.some(({ text }) => /^\s*(?:INSERT|UPDATE|DELETE)\b/i.test(text));
        called.push(isPrimary ? "primary" : "replica");
        return isPrimary
          ? sendTo(primary, statements)
          : byReplica(await sendTo(replica, statements));
      },
      getBookmark: () => null,
    };
  };
  const database = { withSession } as unknown as D1Database;
  const catchUp = async (): Promise<void> => {
    await copyDatabase(primary, replica);
    called = [];
  };
  await catchUp();
  return {
    database,
    catchUp,
    called: () => called,
    forget: () => {
      called = [];
    },
  };
};
