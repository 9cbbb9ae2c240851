/** A file that is made in pieces over several runs: stored pieces are not made again. */
import type { Bucket, ObjectMetadata } from "../bucket.ts";
import { collector, PIECE_BYTES } from "../export/multipart.ts";
import { reach } from "../reach.ts";

/** The progress of a file: enough to continue it in another isolate. */
export interface PiecesState {
  readonly uploadId: string;
  /** Entity tags of the stored pieces, in order. */
  readonly etags: readonly string[];
}

/** A file being written. */
export interface Pieces {
  /** Adds bytes; true when a piece was stored. */
  readonly add: (bytes: Uint8Array) => Promise<boolean>;
  /** Bytes in stored pieces. */
  readonly storedBytes: () => number;
  readonly state: () => PiecesState;
  /** Stores the rest, and completes the file. */
  readonly complete: () => Promise<void>;
  /** Aborts the file. */
  readonly abort: () => Promise<void>;
}

/** Makes a new file in one run, and aborts it on an error. */
export async function writePieces(
  bucket: Bucket,
  key: string,
  metadata: ObjectMetadata,
  write: (pieces: Pieces) => Promise<void>,
): Promise<void> {
  const pieces = await openPieces(bucket, key, metadata, null);
  try {
    await write(pieces);
    await pieces.complete();
  } catch (error) {
    await pieces.abort();
    throw error;
  }
}

/**
 * Starts or continues a file.
 *
 * @param state null: it is new.
 */
export async function openPieces(
  bucket: Bucket,
  key: string,
  metadata: ObjectMetadata,
  state: PiecesState | null,
): Promise<Pieces> {
  const upload =
    state === null
      ? await reach(() => bucket.createUpload(key, metadata))
      : bucket.resumeUpload(key, state.uploadId);
  const etags = [...(state?.etags ?? [])];
  const { add, rest } = collector();
  const store = async (piece: Uint8Array): Promise<void> => {
    const { etag } = await reach(() => upload.uploadPart(etags.length + 1, piece));
    etags.push(etag);
  };
  return {
    add: async (bytes) => {
      const complete = add(bytes);
      for (const piece of complete) await store(piece);
      return complete.length > 0;
    },
    storedBytes: () => etags.length * PIECE_BYTES,
    state: () => ({ uploadId: upload.uploadId, etags: [...etags] }),
    complete: async () => {
      if (rest().length > 0 || etags.length === 0) await store(rest());
      const parts = etags.map((etag, at) => ({ partNumber: at + 1, etag }));
      await reach(() => upload.complete(parts));
    },
    abort: async () => {
      await upload.abort().catch(() => undefined);
    },
  };
}
