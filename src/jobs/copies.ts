/** Verifies copies of harvested files that were too large to be read when they were reported. */
import { payloadOf } from "../model/resource.ts";
import { openJobStore } from "./store.ts";
import { nowMicros } from "../model/time.ts";
import { configOf } from "../config.ts";
import { isOwnBucket } from "../surfaces/harvest/operations/bucket.ts";
import { recordCheck } from "../surfaces/harvest/operations/check.ts";
import type { Copy } from "../surfaces/harvest/operations/copy.ts";
import { keyOf } from "../surfaces/harvest/language/destination.ts";
import { transferId } from "../surfaces/harvest/operations/names.ts";
import { fileOf } from "../surfaces/harvest/operations/records.ts";
import type { Principal } from "../identity/principal.ts";
import { isKey } from "../model/object-key.ts";
import { LIMITS } from "../model/limits.ts";
import type { Bucket } from "../objects/bucket.ts";
import { openBucket } from "../objects/open.ts";
import { readWhole } from "../objects/verify.ts";
import {
  type Budget,
  claimChecks,
  endCheck,
  type ObjectCheck,
  openSession,
  readCheck,
  type Session,
  type Store,
  type StoredCopy,
} from "../store/index.ts";

const SYSTEM: Principal = { kind: "system", id: "system:harvest", role: null };

/** How long one run continues with further copies. */
const TURN_MILLIS = 10_000;

/** Bound on the statements of a check, with retries after concurrent writes to the file. */
const CHECK_STATEMENTS = 150;

/** The object at a key; null when it was tried often enough. */
const copyAt = async (
  bucket: Bucket,
  key: string,
  { attempt }: ObjectCheck,
): Promise<Copy | null> => {
  if (attempt > LIMITS.objectCheckAttemptsMax) return null;
  const found = isKey(key) ? await readWhole(bucket, key) : undefined;
  if (found === undefined) return { kind: "absent" };
  const { sizeBytes, xxhash, sha256 } = found;
  if (xxhash === null || sha256 === null) return null;
  return { kind: "read", key, sizeBytes, xxhash, sha256 };
};

const check = async (env: Env, session: Session, store: Store, due: ObjectCheck): Promise<void> => {
  const config = configOf(env);
  const { s3Bucket, s3Endpoint } = config;
  const stored: StoredCopy | undefined = await readCheck(session, due.file, transferId(due.file));
  if (stored === undefined) return;
  const own = { bucket: s3Bucket, endpoint: s3Endpoint };
  if (!isOwnBucket(payloadOf({ payload: stored.location }), own)) return;
  const file = fileOf(due.file, payloadOf({ payload: stored.file }));
  const key = keyOf(file.destinationPath ?? "");
  const copy = await copyAt(openBucket(env, config), key, due);
  const checked = { fileId: due.file, version: stored.transferVersion, copy, key };
  const context = {
    surface: "harvest",
    operation: "check",
    requestId: crypto.randomUUID(),
    route: "job copies",
  };
  await store.write(SYSTEM, { context, decision: recordCheck(checked) });
};

/**
 * Reads waiting copies, one after another, until the time of this run is over. A failed one is
 * tried again later, up to a bound.
 */
export async function checkCopies(env: Env, turn: Budget): Promise<void> {
  const deadline = Date.now() + TURN_MILLIS;
  const session = openSession(env.DB, "first-primary", turn);
  const store = openJobStore(env, { job: "copies", requestId: crypto.randomUUID() }, turn);
  while (Date.now() < deadline && turn.statementsLeft >= CHECK_STATEMENTS) {
    const [due] = await claimChecks(session, nowMicros(), 1);
    if (due === undefined) return;
    await check(env, session, store, due);
    await endCheck(session, due);
  }
}
