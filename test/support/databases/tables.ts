import { env } from "cloudflare:workers";

/** Makes an empty database what the migrations make of it: it takes a tenth of their time. */
export const createTables = async (database: D1Database): Promise<void> => {
  await database.batch(env.TEST_TABLES.map((statement) => database.prepare(statement)));
};
