/**
 * What each file of tests of the Worker begins with: nothing stored, nothing remembered, the real clock.
 * Files share a process of workerd one after another, since starting one takes longer than most tests.
 */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { watchLog } from "./log.ts";
import { restartWorker } from "./worker.ts";

vi.useRealTimers();
vi.unstubAllGlobals();
await reset();
restartWorker();
watchLog();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
