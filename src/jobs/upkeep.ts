/** Upkeep: removes data whose retention is over. */
import { nowMicros } from "../model/time.ts";
import { configOf } from "../config.ts";
import { deleteAll, type Bucket } from "../objects/bucket.ts";
import { rowsKeys } from "../objects/export/rows.ts";
import { openBucket } from "../objects/open.ts";
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

const bucketOf = (env: Env): Bucket => openBucket(env, configOf(env));

/** Removes records that no longer count. */
const forgetRecords = (env: Env, turn: Budget): Promise<void> =>
  forgetExpired(openSession(env.DB, "first-primary", turn), nowMicros());

/** Removes some objects whose upload was started and never finished, and their records. */
const sweepObjects = async (env: Env, turn: Budget): Promise<void> => {
  const session = openSession(env.DB, "first-primary", turn);
  const paths = await sweepUploads(session, configOf(env).s3Bucket, nowMicros());
  if (paths.length === 0) return;
  await deleteAll(bucketOf(env), paths);
  await forgetUploads(session, paths);
};

/** Removes the files of expired exports, and the records of those that expired long ago. */
const expireFiles = async (env: Env, turn: Budget): Promise<void> => {
  const session = openSession(env.DB, "first-primary", turn);
  await forgetExports(session, nowMicros());
  const expired = await expiredExports(session, nowMicros());
  if (expired.length === 0) return;
  const keys = expired.flatMap(({ id, path, attempts, row_count }) => [
    path,
    ...rowsKeys(id, attempts, row_count),
  ]);
  await deleteAll(bucketOf(env), keys);
  await expireExports(
    session,
    expired.map(({ id }) => id),
  );
};

/** Removes expired tasks with their responses. */
const expireTasks = async (env: Env, turn: Budget): Promise<void> => {
  const session = openSession(env.DB, "first-primary", turn);
  const expired = await expiredTasks(session, nowMicros());
  if (expired.length === 0) return;
  const keys = expired.flatMap(({ object }) => object ?? []);
  await deleteAll(bucketOf(env), keys);
  await forgetTasks(
    session,
    expired.map(({ id }) => id),
  );
};

/** The jobs of upkeep. */
export const UPKEEP = [forgetRecords, sweepObjects, expireFiles, expireTasks] as const;
