import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

/** Writes a stream to the end of a file, telling how many bytes of it are in. */
export const appendStream = async (
  stream: ReadableStream<Uint8Array>,
  path: string,
  signal: AbortSignal,
  told: (bytes: number) => void,
): Promise<void> => {
  const file = await open(path, "a");
  const reader = stream.getReader();
  let bytes = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) return;
      await file.write(value);
      bytes += value.length;
      told(bytes);
    }
  } finally {
    reader.releaseLock();
    await file.close();
  }
};

/** SHA-256 of a file, hexadecimal. */
export const hashFile = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest("hex");
};
