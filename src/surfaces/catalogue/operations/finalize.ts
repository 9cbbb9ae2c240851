/**
 * Finishes an upload: compares the object with what was promised and with what the caller says it
 * sent.
 */
import { AppError, type ErrorDetail } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { ObjectFacts } from "../../../model/stored-object.ts";
import type { Receipt, UpdateChange, WriteContext } from "../../../model/transaction.ts";
import { isAddressable, keyOf } from "../../../objects/key.ts";
import type { Arrived } from "../../../objects/verify.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Upload } from "../../../store/index.ts";
import { digestAsHex, type PresignContext } from "./presign.ts";
import type { FinalizeBody } from "../wire/objects.ts";

const differs = <T>(expected: T | null | undefined, actual: T | null): boolean =>
  expected !== null && expected !== undefined && expected !== actual;

const error = (path: string, detail: string): ErrorDetail => ({
  path,
  code: "invalid_value",
  detail,
});

/** How an object differs from what was promised when its URL was issued. */
const brokenPromises = (promised: ObjectFacts, arrived: Arrived): readonly ErrorDetail[] => [
  ...(differs(promised.sizeBytes, arrived.sizeBytes)
    ? [
        error(
          "size",
          `Expected ${promised.sizeBytes} bytes as promised; ${arrived.sizeBytes} arrived.`,
        ),
      ]
    : []),
  ...(differs(promised.contentType, arrived.contentType)
    ? [error("content_type", "Expected the promised media type.")]
    : []),
  ...(differs(promised.sha256, arrived.sha256)
    ? [error("sha256", "Expected bytes with the promised digest.")]
    : []),
];

/** How an object differs from what the caller says now. */
const wrongClaims = (body: FinalizeBody, arrived: Arrived): readonly ErrorDetail[] => [
  ...(differs(body.size, arrived.sizeBytes)
    ? [error("size", `Expected the size that arrived: ${arrived.sizeBytes} bytes.`)]
    : []),
  ...(differs(body.sha256 === undefined ? null : digestAsHex(body.sha256), arrived.sha256)
    ? [error("sha256", "Expected the digest of the bytes that arrived.")]
    : []),
  ...(differs(body.xxhash?.toLowerCase(), arrived.xxhash)
    ? [error("xxhash", "Expected the digest of the bytes that arrived.")]
    : []),
];

/** Refuses to confirm a digest that cannot be computed in time. */
const refuseUnverifiable = (body: FinalizeBody, promised: ObjectFacts, arrived: Arrived): void => {
  const wanted = [body.sha256, body.xxhash, promised.sha256].some(
    (digest) => digest !== undefined && digest !== null,
  );
  if (!wanted || arrived.sha256 !== null) return;
  const detail = "Expected an object small enough to be read through, or no digest.";
  throw new AppError("too_large", "The object is too large to check its digest.", {
    details: [{ path: "path", code: "too_large", detail }],
  });
};

/** What the resources that name the object record about it from now on. */
const factChanges = (
  { namedBy }: Upload,
  arrived: Arrived,
  registry: Registry,
): readonly UpdateChange[] => {
  const facts: JsonObject = {
    size_bytes: arrived.sizeBytes,
    ...(arrived.contentType === null ? {} : { content_type: arrived.contentType }),
    ...(arrived.sha256 === null ? {} : { sha256: arrived.sha256 }),
  };
  return namedBy.flatMap(({ identifier, payloadType }): readonly UpdateChange[] => {
    const fields = registry.types.get(payloadType)?.fields;
    const known = Object.entries(facts).filter(([name]) => fields?.has(name) === true);
    if (known.length === 0) return [];
    return [{ kind: "update", identifier, payload: Object.fromEntries(known) }];
  });
};

const missing = (detail: string): AppError =>
  new AppError("not_found", detail, {
    details: [{ path: "path", code: "not_found", detail: "Expected an upload of the caller." }],
  });

/** An upload that is finished. */
export interface Finalized {
  readonly receipt: Receipt;
  readonly key: string;
  readonly arrived: Arrived;
  /** Resources that name the object and now have its size, type and digest. */
  readonly resources: readonly string[];
}

/**
 * Finishes an upload. May be repeated. An upload that breaks its promises is refused for good.
 *
 * @throws AppError `not_found` for an object that the caller has not uploaded or that has not
 * arrived; `invalid_value` with
 * everything that differs; `too_large` for a digest that cannot be checked.
 */
export async function finalizeUpload(
  { store, principal, objects }: Omit<PresignContext, "now">,
  body: FinalizeBody,
  context: WriteContext,
): Promise<Finalized> {
  const key = keyOf(body.path, objects.access.bucket);
  const upload = await store.upload(principal, key);
  if (upload === undefined || !isAddressable(key)) throw missing("There is no such upload.");
  const arrived = await objects.inspect(key);
  if (arrived === undefined) throw missing("The object has not arrived.");
  refuseUnverifiable(body, upload, arrived);
  const broken = brokenPromises(upload, arrived);
  if (broken.length > 0) await store.refuseUpload(key);
  const details = [...broken, ...wrongClaims(body, arrived)];
  if (details.length > 0) {
    const [first] = details;
    throw new AppError("invalid_value", `${first?.path}: ${first?.detail}`, { details });
  }
  const changes = factChanges(upload, arrived, store.registry());
  const receipt = await store.write(principal, { context, changes });
  if (!(await store.finishUpload(key, arrived))) throw missing("There is no such upload.");
  return { receipt, key, arrived, resources: changes.map(({ identifier }) => identifier) };
}
