import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { watchLog } from "./log.ts";

watchLog();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
