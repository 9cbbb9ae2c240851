// What the tests' Worker has beside the bindings of wrangler.toml.
declare namespace Cloudflare {
  interface Env {
    readonly TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
    readonly SIGNING_KEYS: string;
    readonly CURSOR_SECRET: string;
    readonly ENCRYPTION_KEYS: string;
    readonly ADMIN_EMAIL: string;
    readonly ADMIN_PASSWORD: string;
    readonly CORS_ORIGINS?: string;
    readonly RATE_LIMIT?: string;
    readonly REQUEST_LOG?: string;
  }
}
