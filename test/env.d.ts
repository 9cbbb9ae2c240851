// What the tests' Worker has beside the bindings of wrangler.toml.
declare namespace Cloudflare {
  interface Env {
    readonly TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
    /** The statements of `endState`. */
    readonly TEST_TABLES: string[];
    /** A second database: see `replicatedDatabase`. */
    readonly REPLICA: D1Database;
    readonly SIGNING_KEYS: string;
    readonly CURSOR_SECRET: string;
    readonly ADMIN_EMAIL: string;
    readonly ADMIN_PASSWORD: string;
    readonly ENCRYPTION_KEYS: string;
    readonly ALLOW_PRIVATE_WEBHOOKS?: string;
    readonly SCHEDULER?: string;
    readonly PREFECT_API_URL?: string;
    readonly PREFECT_API_KEY?: string;
    readonly CLIENT_ADDRESS?: string;
    readonly CORS_ORIGINS?: string;
    readonly RATE_LIMIT?: string;
    readonly REQUEST_LOG?: string;
    readonly S3_ENDPOINT?: string;
    readonly S3_BUCKET?: string;
    readonly S3_ACCESS_KEY_ID?: string;
    readonly S3_SECRET_ACCESS_KEY?: string;
  }
}

// A file as its text.
declare module "*?raw" {
  const text: string;
  export default text;
}
