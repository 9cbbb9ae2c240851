/** A thin layer over D1: sessions, one call per batch, limits of the platform, transient errors. */
import { AppError } from "../../model/error.ts";
import { Budget } from "./budget.ts";
import { statementText, type Sql, type Statement } from "./template.ts";

/** The declared row type of a statement; unknown for a statement that declares none. */
export type RowOf<S extends Sql> = S extends Statement<infer Row> ? Row : never;

/** The rows of each of some statements. */
export type RowsOf<S extends readonly Sql[]> = { readonly [At in keyof S]: RowOf<S[At]>[] };

/** A D1 session: a sequence of calls that reads its own writes, also on replicas. */
export interface Session {
  /** What it is a session of: what an isolate remembers of a database holds for no other. */
  readonly database: D1Database;
  /** Runs the statements as one transaction in one call. */
  readonly call: <const S extends readonly Sql[]>(statements: S) => Promise<CallResult<S>>;
  /** Runs the statements as one transaction in one call; returns the rows of each. */
  readonly batch: <const S extends readonly Sql[]>(statements: S) => Promise<RowsOf<S>>;
  /** Like `batch`, for calls that must follow completed work, such as its audit: no budget stops them. */
  readonly conclude: <const S extends readonly Sql[]>(statements: S) => Promise<RowsOf<S>>;
  /** The bookmark of the session's last call; null before the first one. */
  readonly bookmark: () => string | null;
  /** Totals of the session so far, for logs and tests. */
  readonly usage: () => Usage;
}

/** The result of a call. */
export interface CallResult<S extends readonly Sql[]> {
  /** The rows of each statement. */
  readonly results: RowsOf<S>;
  /** True when the primary answered: a replica may lack what was committed last. */
  readonly isPrimary: boolean;
}

/** The cost of a session so far. */
export interface Usage {
  readonly calls: number;
  readonly statements: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

/** The total cost of several sessions. */
export function total(parts: readonly Usage[]): Usage {
  return parts.reduce(
    (sum, each) => ({
      calls: sum.calls + each.calls,
      statements: sum.statements + each.statements,
      rowsRead: sum.rowsRead + each.rowsRead,
      rowsWritten: sum.rowsWritten + each.rowsWritten,
    }),
    { calls: 0, statements: 0, rowsRead: 0, rowsWritten: 0 },
  );
}

/** True for an error that means that the tables are missing or have an older version. */
export function isUnmigrated(error: unknown): boolean {
  return (
    error instanceof Error && /no such (?:table|column)|apply the migrations/.test(error.message)
  );
}

/** True for an error of a statement that names an index which an admin has dropped since. */
export function isIndexMissing(error: unknown): boolean {
  return /no such index|no query solution/.test(textOf(error));
}

const PARAMETERS_MAX = 100;
const STATEMENT_BYTES_MAX = 100_000;

/** True for a statement that the platform accepts: it bounds parameters and text. */
export function isAcceptable(statement: Sql, text = statementText(statement)): boolean {
  return statement.params.length <= PARAMETERS_MAX && text.length <= STATEMENT_BYTES_MAX;
}

const prepare = (session: D1DatabaseSession, statement: Sql): D1PreparedStatement => {
  const text = statementText(statement);
  if (!isAcceptable(statement, text)) {
    const detail = "Expected fewer conditions: the request is too complex for one statement.";
    throw new AppError("too_large", detail, {
      details: [{ path: "body", code: "too_large", detail }],
    });
  }
  return session.prepare(text).bind(...statement.params);
};

/**
 * Opens a session.
 *
 * @param start a bookmark, or `first-primary` for reads that a write will be planned on, or
 *   `first-unconstrained` for any replica.
 * @param budget the budget of the request, to which the calls are charged; absent: unbounded.
 */
export function openSession(
  database: D1Database,
  start: string,
  budget: Budget = new Budget(),
): Session {
  const session = database.withSession(start);
  let calls = 0;
  let sent = 0;
  let rowsRead = 0;
  let rowsWritten = 0;
  const send = async <S extends readonly Sql[]>(statements: S): Promise<CallResult<S>> => {
    calls += 1;
    // The first call of a session at the primary always goes to the primary.
    const begins = start === "first-primary" && calls === 1;
    sent += statements.length;
    const results = await session.batch(statements.map((statement) => prepare(session, statement)));
    for (const { meta } of results) {
      const read = meta.rows_read ?? 0;
      rowsRead += read;
      rowsWritten += meta.rows_written ?? 0;
      budget.charge({ rowsRead: read, millis: meta.duration ?? 0 });
    }
    return {
      // The one place where rows get the type that their statement declares.
      results: results.map((result) => result.results) as unknown as RowsOf<S>,
      isPrimary: begins || results.every((result) => result.meta.served_by_primary === true),
    };
  };
  const run = <S extends readonly Sql[]>(statements: S, due: boolean): Promise<CallResult<S>> =>
    budget.run(statements.length, due, () => send(statements));
  return {
    database,
    call: (statements) => run(statements, false),
    batch: async (statements) => (await run(statements, false)).results,
    conclude: async (statements) => (await run(statements, true)).results,
    bookmark: () => session.getBookmark(),
    usage: () => ({ calls, statements: sent, rowsRead, rowsWritten }),
  };
}

const textOf = (error: unknown): string => {
  const own = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause !== undefined ? textOf(error.cause) : "";
  return `${own} ${cause}`;
};

/** A guard, a UNIQUE or a CHECK failed: a concurrent write was faster. Nothing was written. */
export function isConflict(error: unknown): boolean {
  return /constraint failed/i.test(textOf(error));
}

/** A unique index of a payload type failed: two resources would have the same values. */
export function isClash(error: unknown): boolean {
  return /UNIQUE constraint failed: (?:x_|index '?x_)/.test(textOf(error));
}

const TRANSIENT =
  /Network connection lost|internal error; reference|object to be reset|transient issue|Can't read from request stream|code was updated|storage operation exceeded timeout|overloaded/i;

/** A transient error of the platform; the batch may or may not have been committed. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.test(textOf(error));
}

/** SQLite's error codes for a file that cannot be read or written. */
const BROKEN = /SQLITE_(?:FULL|IOERR|READONLY|CORRUPT|CANTOPEN|NOTADB)/;

/** The disk of the database is full or damaged: nothing was written, and a retry would fail too. */
export function isBroken(error: unknown): boolean {
  return BROKEN.test(textOf(error));
}

/** Sleeps with full jitter: a random time below a ceiling that doubles with each attempt. */
export async function backOff(attempt: number): Promise<void> {
  const ceiling = Math.min(2_000, 25 * 2 ** attempt);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * ceiling));
}
