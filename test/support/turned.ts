/** A database whose own clock can be turned: by so many seconds from that of the machine. */
export interface TurnedDatabase {
  readonly database: D1Database;
  readonly turn: (seconds: number) => void;
}

/** Wraps a binding so that what it calls now lies elsewhere. */
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
