/** What arrived, held against what was promised and what the caller says it sent. Pure. */
import { AppError, type ErrorDetail } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { ObjectFacts } from "../../../model/stored-object.ts";
import type { UpdateChange } from "../../../model/transaction.ts";
import type { Arrived } from "../../../objects/verify.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Upload } from "../../../store/index.ts";
import { digestAsHex } from "./presign.ts";
import type { FinalizeBody } from "../wire/objects.ts";

const differs = <T>(expected: T | null | undefined, actual: T | null): boolean =>
  expected !== null && expected !== undefined && expected !== actual;

const fault = (path: string, detail: string): ErrorDetail => ({
  path,
  code: "invalid_value",
  detail,
});

/** How an object departs from what was promised when its URL was given out. */
export const brokenPromises = (promised: ObjectFacts, arrived: Arrived): readonly ErrorDetail[] => [
  ...(differs(promised.sizeBytes, arrived.sizeBytes)
    ? [
        fault(
          "size",
          `Expected ${promised.sizeBytes} bytes as promised; ${arrived.sizeBytes} arrived.`,
        ),
      ]
    : []),
  ...(differs(promised.contentType, arrived.contentType)
    ? [fault("content_type", "Expected the promised media type.")]
    : []),
  ...(differs(promised.sha256, arrived.sha256)
    ? [fault("sha256", "Expected bytes with the promised digest.")]
    : []),
];

/** How it departs from what the caller says now. */
export const wrongClaims = (body: FinalizeBody, arrived: Arrived): readonly ErrorDetail[] => [
  ...(differs(body.size, arrived.sizeBytes)
    ? [fault("size", `Expected the size that arrived: ${arrived.sizeBytes} bytes.`)]
    : []),
  ...(differs(body.sha256 === undefined ? null : digestAsHex(body.sha256), arrived.sha256)
    ? [fault("sha256", "Expected the digest of the bytes that arrived.")]
    : []),
  ...(differs(body.xxhash?.toLowerCase(), arrived.xxhash)
    ? [fault("xxhash", "Expected the digest of the bytes that arrived.")]
    : []),
];

/** Refuses to vouch for a digest that nobody can work out in time. */
export const refuseUnverifiable = (
  body: FinalizeBody,
  promised: ObjectFacts,
  arrived: Arrived,
): void => {
  const wanted = [body.sha256, body.xxhash, promised.sha256].some(
    (digest) => digest !== undefined && digest !== null,
  );
  if (!wanted || arrived.sha256 !== null) return;
  const detail = "Expected an object small enough to be read through, or no digest.";
  throw new AppError("too_large", "The object is too large to check its digest.", {
    details: [{ path: "path", code: "too_large", detail }],
  });
};

/** What the resources that name the object have to say of it from now on. */
export const factChanges = (
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
