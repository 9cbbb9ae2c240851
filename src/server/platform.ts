/** What every local process of the runtime is started with. */

/** The date that wrangler.toml names; a test holds them equal. */
export const COMPATIBILITY_DATE = "2026-11-02";

/** The database, by the id that wrangler.toml gives it: it says which file holds the data. */
export const DATABASE_ID = "00000000-0000-0000-0000-000000000000";

export const BUCKET_NAME = "vxdata";

/** Nobody is called: no statistics, no description of this machine's place. */
export const quiet = { cf: false, telemetry: { enabled: false } } as const;
