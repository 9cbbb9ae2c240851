/** A database whose clock can be set: by so many seconds relative to that of the machine. */
export interface TurnedDatabase {
  readonly database: D1Database;
  readonly turn: (seconds: number) => void;
}

/** Wraps a binding so that its present is at another instant. */
export const turnedDatabase = (real: D1Database): TurnedDatabase => {
  let offset = 0;
  const turned = (text: string): string =>
    text.replaceAll("unixepoch('subsec')", `(unixepoch('subsec') + ${offset})`);
  const database = {
    withSession: (start: string) => {
      const session = real.withSession(start);
      return {
        prepare: (text: string) => session.prepare(turned(text)),
        batch: (statements: D1PreparedStatement[]) => session.batch(statements),
        getBookmark: () => session.getBookmark(),
      };
    },
  } as unknown as D1Database;
  return {
    database,
    turn: (seconds) => {
      offset = seconds;
    },
  };
};
