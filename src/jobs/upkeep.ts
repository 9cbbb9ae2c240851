/** Upkeep: what was kept for a while, and whose time is over, goes. */
import { nowMicros } from "../model/time.ts";
import { configOf } from "../config.ts";
import { rowsKeys } from "../objects/export/rows.ts";
import {
  type Budget,
  expiredExports,
  expiredTasks,
  expireExports,
  forgetExpired,
  forgetExports,
  forgetTasks,
  forgetUploads,
  openSession,
  sweepUploads,
} from "../store/index.ts";

/** The platform removes up to 1,000 objects in one call. */
const REMOVED_AT_ONCE = 1_000;

/** Removes records that no longer count. */
const forgetRecords = (env: Env, turn: Budget): Promise<void> =>
  forgetExpired(openSession(env.DB, "first-primary", turn), nowMicros());

/** Removes some objects whose upload was begun and never finished, and the record of them. */
const sweepObjects = async (env: Env, turn: Budget): Promise<void> => {
  const session = openSession(env.DB, "first-primary", turn);
  const paths = await sweepUploads(session, configOf(env).s3Bucket, nowMicros());
  if (paths.length === 0) return;
  await env.BUCKET.delete([...paths]);
  await forgetUploads(session, paths);
};

/** Removes the files of exports whose time is over, and what is told of those that went long ago. */
const expireFiles = async (env: Env, turn: Budget): Promise<void> => {
  const session = openSession(env.DB, "first-primary", turn);
  await forgetExports(session, nowMicros());
  const expired = await expiredExports(session, nowMicros());
  if (expired.length === 0) return;
  const keys = expired.flatMap(({ id, path, attempts, row_count }) => [
    path,
    ...rowsKeys(id, attempts, row_count),
  ]);
  for (let from = 0; from < keys.length; from += REMOVED_AT_ONCE) {
    await env.BUCKET.delete(keys.slice(from, from + REMOVED_AT_ONCE));
  }
  await expireExports(
    session,
    expired.map(({ id }) => id),
  );
};

/** Removes tasks whose time is over, with their answers. */
const expireTasks = async (env: Env, turn: Budget): Promise<void> => {
  const session = openSession(env.DB, "first-primary", turn);
  const expired = await expiredTasks(session, nowMicros());
  if (expired.length === 0) return;
  const keys = expired.flatMap(({ object }) => object ?? []);
  if (keys.length > 0) await env.BUCKET.delete(keys);
  await forgetTasks(
    session,
    expired.map(({ id }) => id),
  );
};

/** The jobs of upkeep. */
export const UPKEEP = [forgetRecords, sweepObjects, expireFiles, expireTasks] as const;
