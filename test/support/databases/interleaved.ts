import { aroundDatabase } from "./database.ts";

/**
 * A database that runs a callback once, just before its first writing call: after a write was
 * planned, before it takes effect.
 */
export const interleavedDatabase = (
  real: D1Database,
  happen: () => Promise<unknown>,
): D1Database => {
  let happened = false;
  return aroundDatabase(real, async (sent, call) => {
    const writing = sent.statements.some(({ text }) => /^\s*INSERT\b/i.test(text));
    if (writing && !happened) {
      happened = true;
      await happen();
    }
    return call();
  });
};
