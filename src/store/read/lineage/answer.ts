/** What the lineage reads have in common. */
import { AppError } from "../../../model/error.ts";
import type { AsOf } from "../../../query/query.ts";
import type { Meta } from "../meta.ts";

/** True when an answer about the state can never change. */
export const isPast = (asOf: AsOf, meta: Meta): boolean =>
  asOf.kind === "instant" && asOf.instant <= meta.lastRecordedAt;

/** The resource that was asked for is unknown, invisible or a tombstone. */
export const notFound = (identifier: string, path: string): AppError =>
  new AppError("not_found", "The resource does not exist.", {
    details: [{ identifier, path, code: "not_found", detail: "Expected a live resource." }],
  });
