/** Settings of every local process of the runtime. */

/** The date in wrangler.toml; a test compares them. */
export const COMPATIBILITY_DATE = "2026-11-02";

/** The database, by its id in wrangler.toml, which determines the file of the data. */
export const DATABASE_ID = "00000000-0000-0000-0000-000000000000";

export const BUCKET_NAME = "vxdata";

/** The runtime must not call anybody: no statistics, no lookup of this machine's location. */
export const quiet = { cf: false, telemetry: { enabled: false } } as const;
