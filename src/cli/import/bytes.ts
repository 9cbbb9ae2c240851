/** Bytes of files, decompressed where they are gzip. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { TableError } from "./table-error.ts";

const GZIP_MAGIC = "1f8b";

const isGzip = async (path: string): Promise<boolean> => {
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.toString("hex") === GZIP_MAGIC;
  } finally {
    await handle.close();
  }
};

/** SHA-256 of a file, hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest("hex");
}

/** Bytes of a file, decompressed, and how many of the file's own bytes they stand for. */
export async function* readBytes(
  path: string,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly bytesRead: number }> {
  const zipped = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: 64 * 1024 });
  const gunzip = zipped ? createGunzip({ chunkSize: 256 * 1024 }) : undefined;
  const stream = gunzip === undefined ? file : file.pipe(gunzip);
  if (gunzip !== undefined) file.once("error", (error) => gunzip.destroy(error));
  try {
    for await (const bytes of stream as AsyncIterable<Uint8Array>) {
      // What is decompressed, not what was read: the file is read ahead, a small one as a whole.
      yield { bytes, bytesRead: gunzip?.bytesWritten ?? file.bytesRead };
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("Z_") === true) {
      throw new TableError(`the gzip data is damaged: ${(error as Error).message}`);
    }
    throw error;
  } finally {
    stream.destroy();
    file.destroy();
  }
}

/** The first bytes of a file, decompressed: at least so many unless it is shorter. */
export async function readBeginning(path: string, least: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const { bytes } of readBytes(path)) {
    parts.push(bytes);
    length += bytes.length;
    if (length >= least) break;
  }
  return Buffer.concat(parts);
}
