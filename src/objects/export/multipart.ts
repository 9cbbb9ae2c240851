/** A file that is uploaded to the bucket in pieces of one size, so that memory use is constant. */
import type { Bucket, ObjectMetadata, UploadedPart } from "../bucket.ts";
import type { FilePart } from "./stream.ts";

/** Bytes of a piece: R2 requires equal ones of at least 5 MiB, except for the last. */
export const PIECE_BYTES = 5 * 1024 * 1024;

/** The result of storing a file. */
export interface StoredFile {
  readonly sizeBytes: number;
  readonly rowCount: number;
}

/** Collects bytes into pieces of one size. */
export const collector = () => {
  let piece = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  return {
    /** The pieces that these bytes complete. */
    add: (bytes: Uint8Array): readonly Uint8Array[] => {
      const complete: Uint8Array[] = [];
      for (let at = 0; at < bytes.length;) {
        const taken = bytes.subarray(at, at + PIECE_BYTES - filled);
        piece.set(taken, filled);
        filled += taken.length;
        at += taken.length;
        if (filled < PIECE_BYTES) continue;
        complete.push(piece);
        piece = new Uint8Array(PIECE_BYTES);
        filled = 0;
      }
      return complete;
    },
    rest: (): Uint8Array => piece.subarray(0, filled),
  };
};

/**
 * Stores the parts as one object, which appears only when it is complete.
 *
 * @param onPart is called after each part, and may throw to abort.
 */
export async function storeFile(
  bucket: Bucket,
  key: string,
  metadata: ObjectMetadata,
  parts: AsyncIterable<FilePart>,
  onPart: () => Promise<void>,
): Promise<StoredFile> {
  const upload = await bucket.createUpload(key, metadata);
  const { add, rest } = collector();
  const stored: UploadedPart[] = [];
  let sizeBytes = 0;
  let rowCount = 0;
  const store = async (piece: Uint8Array): Promise<void> => {
    stored.push(await upload.uploadPart(stored.length + 1, piece));
  };
  try {
    for await (const { bytes, rows } of parts) {
      sizeBytes += bytes.length;
      rowCount += rows;
      for (const piece of add(bytes)) await store(piece);
      await onPart();
    }
    if (rest().length > 0 || stored.length === 0) await store(rest());
    await upload.complete(stored);
  } catch (error) {
    await upload.abort().catch(() => undefined);
    throw error;
  }
  return { sizeBytes, rowCount };
}
