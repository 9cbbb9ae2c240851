/** What the lineage reads have in common. */
import { AppError } from "../../../model/error.ts";
import { quoted } from "../../../model/nearest.ts";
import type { AsOf } from "../../../query/query.ts";
import type { Meta } from "../meta.ts";

/** True when an answer about the state can never change. */
export function isPast(asOf: AsOf, meta: Meta): boolean {
  return asOf.kind === "instant" && asOf.instant <= meta.lastRecordedAt;
}

/** The resource that was asked for is unknown, invisible or a tombstone. */
export function notFound(identifier: string, path: string): AppError {
  return new AppError("not_found", "The resource does not exist.", {
    details: [
      {
        identifier,
        path,
        code: "not_found",
        detail: `There is no live resource ${quoted(identifier)} that you may see.`,
      },
    ],
  });
}
