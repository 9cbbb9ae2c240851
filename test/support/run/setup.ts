/**
 * The initial state of each test file of the Worker: empty storage, empty caches, the real clock.
 * Files share a process of workerd one after another, since starting one takes longer than most
 * tests.
 */
import { listDurableObjectIds, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { createTables } from "../databases/tables.ts";
import { watchLog } from "../checks/log.ts";
import { restartWorker } from "./worker.ts";

const wakeObjects = async <Kind extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<Kind>,
): Promise<void> => {
  for (const id of await listDurableObjectIds(namespace)) {
    await runInDurableObject(namespace.get(id), () => undefined);
  }
};

/**
 * Calls everything that stores something. What was idle for ten seconds is no longer in memory, and
 * `reset` empties only what is: the rest would leak into the next file.
 */
const wakeAll = async (): Promise<void> => {
  await Promise.all([
    env.DB.exec("SELECT 1"),
    env.REPLICA.exec("SELECT 1"),
    env.BUCKET.head("none"),
    wakeObjects(env.ALLOCATOR),
    wakeObjects(env.THROTTLE),
  ]);
};

vi.useRealTimers();
vi.unstubAllGlobals();
await wakeAll();
await reset();
restartWorker();
watchLog();
await createTables(env.DB);
