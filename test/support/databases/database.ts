// Intercepts the calls of a D1 binding in one place, so that guards and injected faults see every
// call.

/** One statement on its way to the database. */
export interface SentStatement {
  readonly text: string;
  readonly params: readonly unknown[];
}

/** One call over the binding: a single statement, or a batch. */
export interface SentCall {
  readonly kind: "statement" | "batch" | "exec";
  readonly statements: readonly SentStatement[];
}

/** Called around every call; it decides whether and when the call is made. */
export type Around = <T>(sent: SentCall, call: () => Promise<T>) => Promise<T>;

interface Wrapped {
  readonly real: D1PreparedStatement;
  readonly sent: SentStatement;
}

/**
 * The same binding, with every call of it, of its statements and its sessions, passed through
 * `around`.
 */
export const aroundDatabase = (database: D1Database, around: Around): D1Database => {
  const wrapped = new WeakMap<object, Wrapped>();

  const wrapStatement = (real: D1PreparedStatement, sent: SentStatement): D1PreparedStatement => {
    const one = <T>(call: () => Promise<T>): Promise<T> =>
      around({ kind: "statement", statements: [sent] }, call);
    const statement = {
      bind: (...params: unknown[]) => wrapStatement(real.bind(...params), { ...sent, params }),
      run: () => one(() => real.run()),
      all: () => one(() => real.all()),
      first: (...columns: string[]) => one(() => real.first(...(columns as [string]))),
      raw: (...options: unknown[]) => one(() => real.raw(...(options as []))),
    } as unknown as D1PreparedStatement;
    wrapped.set(statement, { real, sent });
    return statement;
  };

  const unwrap = (statement: D1PreparedStatement): Wrapped => {
    const known = wrapped.get(statement);
    if (known === undefined) throw new Error("A statement of another database was given to batch.");
    return known;
  };

  const callsOf = (target: D1Database | D1DatabaseSession) => ({
    prepare: (text: string) => wrapStatement(target.prepare(text), { text, params: [] }),
    batch: (statements: D1PreparedStatement[]) => {
      const known = statements.map(unwrap);
      return around({ kind: "batch", statements: known.map(({ sent }) => sent) }, () =>
        target.batch(known.map(({ real }) => real)),
      );
    },
  });

  return {
    ...callsOf(database),
    exec: (text: string) =>
      around({ kind: "exec", statements: [{ text, params: [] }] }, () => database.exec(text)),
    withSession: (start?: string) => {
      const session = database.withSession(start);
      return { ...callsOf(session), getBookmark: () => session.getBookmark() };
    },
    dump: () => Promise.reject(new Error("dump is not available")),
  } as unknown as D1Database;
};
