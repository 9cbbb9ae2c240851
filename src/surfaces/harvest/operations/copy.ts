/**
 * Copies in the server's own bucket: what the server found there, and the effect on a transfer.
 * Pure.
 */
import type { JsonObject } from "../../../model/json.ts";

/** A copy as the server found it. */
export type Copy =
  | { readonly kind: "absent" }
  /** The object exists, and is too large to be read at once. */
  | { readonly kind: "unread"; readonly sizeBytes: number }
  | {
      readonly kind: "read";
      readonly key: string;
      readonly sizeBytes: number;
      readonly xxhash: string;
      readonly sha256: string;
    }
  /** It has another size than the worker says. */
  | { readonly kind: "cut"; readonly sizeBytes: number };

/** What is recorded of a transfer and of its file. */
export interface RenderedCopy {
  readonly transfer: JsonObject;
  readonly file: JsonObject;
}

/** The object belongs to another file, so this file cannot have it. */
export const TAKEN_COPY: RenderedCopy = {
  transfer: {
    status: "failed",
    checksum_verified: null,
    error_message: "Another file has the object at this destination",
  },
  file: {},
};

const ABSENT = "The file did not arrive at its destination";

/** Members of a transfer whose copy is wrong: it has to be made again. */
const refuted = (message: string): JsonObject => ({
  status: "failed",
  checksum_verified: false,
  error_message: message,
});

/** What is known about the object after it was read. */
const facts = (copy: Extract<Copy, { kind: "read" }>): JsonObject => ({
  s3_path: copy.key,
  xxhash: copy.xxhash,
  sha256: copy.sha256,
});

/**
 * What is recorded of a completed transfer. Only a copy that the server has read itself counts as
 * verified, and only then does the file name its object.
 *
 * @param sourceChecksum XXH64 of the source; null when none was sent.
 */
export function renderCopy(copy: Copy, sourceChecksum: string | null): RenderedCopy {
  switch (copy.kind) {
    case "absent":
      return { transfer: refuted(ABSENT), file: {} };
    case "cut":
      return {
        transfer: refuted(`The copy has ${copy.sizeBytes} bytes, and was said to have others`),
        file: {},
      };
    case "unread":
      return {
        transfer: {
          bytes_transferred: copy.sizeBytes,
          dest_checksum: null,
          checksum_verified: null,
        },
        file: {},
      };
    case "read": {
      const seen = { bytes_transferred: copy.sizeBytes, dest_checksum: copy.xxhash };
      if (sourceChecksum !== null && sourceChecksum !== copy.xxhash) {
        return { transfer: { ...seen, ...refuted("The copy is unlike its source") }, file: {} };
      }
      const isVerified = sourceChecksum === null ? null : true;
      return { transfer: { ...seen, checksum_verified: isVerified }, file: facts(copy) };
    }
  }
}

/** What happens to a completed transfer once the Cron Trigger has read its copy. */
export function checkedCopy(copy: Copy, transfer: JsonObject): RenderedCopy {
  const source = transfer["source_checksum"];
  const rendered = renderCopy(copy, typeof source === "string" ? source : null);
  if (transfer["checksum_verified"] === undefined) return rendered;
  // Recorded by an earlier release, on the worker's report alone: it stays complete and unchanged.
  const { status: _status, ...members } = rendered.transfer;
  return { transfer: members, file: copy.kind === "read" ? facts(copy) : {} };
}
