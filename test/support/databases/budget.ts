import { aroundDatabase, type SentCall, type SentStatement } from "./database.ts";

/** Limits of the platform that the local emulator does not enforce (D1 limits). */
const BUDGET = {
  statementsPerRequest: 1_000,
  statementsPerBatch: 100,
  params: 100,
  statementBytes: 95_000,
  valueBytes: 2_000_000,
} as const;

/** The cost of requests since the last `start`. */
export interface Spent {
  /** One word for each call, in order: its kind, and whether it wrote. */
  readonly calls: readonly ("read" | "write")[];
  readonly statements: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** Bytes of the result of each call, as the JSON that it travels as. */
  readonly bytes: readonly number[];
}

/** A database that enforces the limits of the platform, and counts. */
export interface BudgetedDatabase {
  readonly database: D1Database;
  /** Begins a new request. */
  readonly start: () => void;
  readonly spent: () => Spent;
}

const encoder = new TextEncoder();

const bytesOf = (value: unknown): number => {
  if (typeof value === "string") return encoder.encode(value).length;
  return value instanceof ArrayBuffer ? value.byteLength : 8;
};

const check = (what: string, actual: number, most: number): void => {
  if (actual > most) throw new Error(`over budget: ${what} ${actual}, at most ${most}`);
};

const checkStatement = ({ text, params }: SentStatement): void => {
  check("parameters", params.length, BUDGET.params);
  check("bytes of SQL", encoder.encode(text).length, BUDGET.statementBytes);
  for (const value of params) check("bytes of a value", bytesOf(value), BUDGET.valueBytes);
};

const WRITES = /\b(?:INSERT|UPDATE|DELETE\s+FROM|REPLACE\s+INTO|CREATE|ALTER|DROP)\b/i;

const writes = ({ statements }: SentCall): boolean =>
  statements.some(({ text }) => WRITES.test(text));

/**
 * Bytes of rows as JSON. Long strings are counted and not serialised: a test reads many megabytes.
 */
const jsonBytes = (rows: unknown): number => {
  const list = (rows ?? []) as readonly Readonly<Record<string, unknown>>[];
  return list.reduce(
    (sum, row) =>
      sum +
      Object.entries(row).reduce(
        (own, [name, value]) => own + name.length + 4 + String(value).length,
        2,
      ),
    2,
  );
};

interface Metered {
  readonly results?: unknown;
  readonly meta?: { readonly rows_read?: number; readonly rows_written?: number };
}

/** Wraps a binding with the platform's limits. */
export const budgetedDatabase = (real: D1Database): BudgetedDatabase => {
  let calls: ("read" | "write")[] = [];
  let statements = 0;
  let rowsRead = 0;
  let rowsWritten = 0;
  let bytes: number[] = [];
  const meter = (result: unknown): void => {
    const parts = (Array.isArray(result) ? result : [result]) as (Metered | null)[];
    bytes.push(parts.reduce((sum, part) => sum + jsonBytes(part?.results), 0));
    for (const part of parts) {
      rowsRead += part?.meta?.rows_read ?? 0;
      rowsWritten += part?.meta?.rows_written ?? 0;
    }
  };
  const database = aroundDatabase(real, async (sent, call) => {
    calls.push(writes(sent) ? "write" : "read");
    statements += sent.statements.length;
    check("statements of a request", statements, BUDGET.statementsPerRequest);
    check("statements of a batch", sent.statements.length, BUDGET.statementsPerBatch);
    for (const statement of sent.statements) checkStatement(statement);
    const result = await call();
    meter(result);
    return result;
  });
  return {
    database,
    start: () => {
      calls = [];
      statements = 0;
      rowsRead = 0;
      rowsWritten = 0;
      bytes = [];
    },
    spent: () => ({ calls, statements, rowsRead, rowsWritten, bytes }),
  };
};
