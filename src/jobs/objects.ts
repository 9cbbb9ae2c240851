/** Upkeep of the bucket: uploads that nobody finished, exports that were stopped or have expired. */
import { configOf } from "../config.ts";
import { runExport } from "../objects/export/run.ts";
import { openSession } from "../store/database.ts";
import { expiredExports, expireExports, stalledExports } from "../store/exports.ts";
import { createMemory } from "../store/around.ts";
import { openStore } from "../store/store.ts";
import { forgetUploads, sweepUploads } from "../store/uploads.ts";

const nowMicros = (): number => Date.now() * 1_000;

/** Removes some objects whose upload was begun and never finished, and the record of them. */
export const sweepObjects = async (env: Env): Promise<void> => {
  const session = openSession(env.DB, "first-primary");
  const paths = await sweepUploads(session, configOf(env).s3Bucket, nowMicros());
  if (paths.length === 0) return;
  await env.BUCKET.delete([...paths]);
  await forgetUploads(session, paths);
};

/** Removes the files of exports whose time is over. */
export const expireFiles = async (env: Env): Promise<void> => {
  const session = openSession(env.DB, "first-primary");
  const expired = await expiredExports(session, nowMicros());
  if (expired.length === 0) return;
  await env.BUCKET.delete(expired.map(({ path }) => path));
  await expireExports(
    session,
    expired.map(({ id }) => id),
  );
};

/** Works on exports that were ordered and stopped, one after another. */
export const resumeExports = async (env: Env): Promise<void> => {
  const session = openSession(env.DB, "first-primary");
  const { publicRead, s3Bucket } = configOf(env);
  for (const id of await stalledExports(session, nowMicros())) {
    const store = openStore({
      database: env.DB,
      memory: createMemory(),
      now: nowMicros,
      openness: { publicRead },
      bucket: s3Bucket,
      trail: () => ({ requestId: id, route: "job exports" }),
    });
    await runExport(store, env.BUCKET, id);
  }
};
