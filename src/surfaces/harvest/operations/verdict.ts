/** Decides whether a discovered file is copied, and where to. Pure. */
import type { JsonObject } from "../../../model/json.ts";
import type { Known } from "../../../store/index.ts";
import type { ArkPlace } from "./ark.ts";
import { destinationError } from "./bucket.ts";
import { destinationOf } from "../language/destination.ts";
import type { HookResult } from "./hook.ts";
import { fileId } from "./names.ts";

/** What the discoveries of a run have in common. */
export interface Surroundings {
  readonly runId: string;
  readonly instrument: {
    readonly id: string;
    readonly name: string;
    readonly transferAdapter: string;
  };
  readonly location: {
    readonly id: string;
    readonly basePath: string;
    /** True: it is in the server's own bucket. */
    readonly isOwn: boolean;
  };
  readonly ark: ArkPlace;
}

/** The destination of a file by its hooks. */
export function destination(
  { instrument, location }: Surroundings,
  result: HookResult,
  sourcePath: string,
): string {
  return destinationOf(
    result.action === "redirect" ? (result.redirectPath ?? "") : location.basePath,
    instrument.name,
    sourcePath,
  );
}

/** The destination of a file without hooks. */
export function plainDestination(around: Surroundings, sourcePath: string): string {
  return destinationOf(around.location.basePath, around.instrument.name, sourcePath);
}

/** Another file of the location has, or will have, the same path. */
const TAKEN = "Another file has this destination";

/** The decision, and whether the file cannot be stored although it was not skipped. */
export interface Verdict {
  readonly members: JsonObject;
  readonly isObstructed: boolean;
}

const obstructed = (message: string): Verdict => ({
  members: { decision: "skip", decision_message: message },
  isObstructed: true,
});

/** The decision about one file, as its record stores it. */
export function verdict(
  around: Surroundings,
  result: HookResult,
  sourcePath: string,
  known: Known,
): Verdict {
  if (known.refused.has(fileId(around.instrument.id, sourcePath))) return obstructed(TAKEN);
  const message: JsonObject = result.message === null ? {} : { decision_message: result.message };
  if (result.action === "skip") {
    return { members: { decision: "skip", ...message }, isObstructed: false };
  }
  const path = destination(around, result, sourcePath);
  const found = around.location.isOwn ? destinationError(path, known.prefixes) : undefined;
  if (found !== undefined) return obstructed(found);
  const place = { storage_location_id: around.location.id, destination_path: path };
  return { members: { decision: result.action, ...message, ...place }, isObstructed: false };
}

/** Members that a new verdict does not have are removed. */
export const CLEARED: JsonObject = {
  decision_message: null,
  storage_location_id: null,
  destination_path: null,
};
