// The table of accounts in a separate SQLite database with the product's migrations.
import type { SQLInputValue } from "node:sqlite";
import type { RowsOf } from "../../../src/store/sql/session.ts";
import type { Sql } from "../../../src/store/sql/template.ts";
import type { AccountContext, UserSession } from "../../../src/store/accounts/users.ts";
import { migrated } from "../../support/databases/migrated.ts";

/** A session over an empty database, and its number of calls. */
export interface TestDirectory {
  readonly session: UserSession;
  readonly calls: () => number;
  readonly execute: (text: string, ...params: readonly SQLInputValue[]) => void;
}

/** Opens an empty directory of users. */
export const openDirectory = (): TestDirectory => {
  const database = migrated();
  let calls = 0;
  const batch = async <S extends readonly Sql[]>(statements: S): Promise<RowsOf<S>> => {
    calls += 1;
    const results = statements.map(({ text, params }) => database.prepare(text).all(...params));
    return results as unknown as RowsOf<S>;
  };
  return {
    session: { batch },
    calls: () => calls,
    execute: (text, ...params) => {
      database.prepare(text).run(...params);
    },
  };
};

/** The other dependencies of accounts in tests: no limit, and no sessions. */
export const UNLIMITED = {
  throttle: { take: async () => async () => undefined },
  confirm: async () => undefined,
} as const;

/** The account context over a session. */
export const accountContextOf = (session: UserSession): AccountContext => ({
  session,
  auditContext: () => ({ requestId: "", route: "" }),
  now: () => Date.now() * 1_000,
});
