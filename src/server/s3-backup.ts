/** Copies the objects of an S3 store into a backup, and back. */
import { createHash } from "node:crypto";
import type { ObjectMetadata } from "../objects/bucket.ts";
import type { S3Bucket } from "../objects/s3/bucket.ts";
import { createTally, OBJECT_PREFIX, type BackupFile, type BackupObject } from "./backup-format.ts";
import { OperatorError } from "./operator-error.ts";
import { bytesIn, objectsIn } from "./s3-objects.ts";
import type { TarWriter } from "./tar.ts";

const metadataOf = (headers: Headers): ObjectMetadata => {
  const names = {
    contentType: "content-type",
    contentDisposition: "content-disposition",
    contentEncoding: "content-encoding",
    contentLanguage: "content-language",
    cacheControl: "cache-control",
  };
  return Object.fromEntries(
    Object.entries(names).flatMap(([member, name]) => {
      const value = headers.get(name);
      return value === null ? [] : [[member, value]];
    }),
  );
};

/** Adds every object of a bucket; those that are removed meanwhile are left out. */
export async function addObjects(tar: TarWriter, bucket: S3Bucket): Promise<readonly BackupFile[]> {
  const files: BackupFile[] = [];
  for await (const { key } of objectsIn(bucket)) {
    const found = await bucket.get(key);
    if (found === null) continue;
    const name = `${OBJECT_PREFIX}${files.length + 1}`;
    const tally = createTally();
    await tar.add(name, found.size, tally.through(bytesIn(bucket, key, found)));
    files.push({ name, ...tally.total(), object: { key, metadata: metadataOf(found.headers()) } });
  }
  return files;
}

/** An object of a backup. */
export type ObjectFile = BackupFile & { readonly object: BackupObject };

const digestIn = async (bucket: S3Bucket, key: string): Promise<string | undefined> => {
  const found = await bucket.get(key);
  if (found === null) return undefined;
  const hash = createHash("sha256");
  for await (const piece of bytesIn(bucket, key, found)) hash.update(piece);
  return hash.digest("hex");
};

/**
 * The objects of a backup that a bucket does not have yet.
 *
 * @throws {OperatorError} when it has another one in the place of one of them.
 */
export async function lackingIn(
  bucket: S3Bucket,
  files: readonly ObjectFile[],
): Promise<readonly ObjectFile[]> {
  const wanted = new Map(files.map((file) => [file.object.key, file]));
  for await (const { key, size } of objectsIn(bucket)) {
    const file = wanted.get(key);
    if (file === undefined) continue;
    if (size !== file.bytes || (await digestIn(bucket, key)) !== file.sha256) {
      throw new OperatorError(
        `it holds another object than the backup at ${key}; restore into an empty bucket`,
      );
    }
    wanted.delete(key);
  }
  return [...wanted.values()];
}

const MEBIBYTE = 1024 * 1024;
const PIECE_BYTES = 8 * MEBIBYTE;
const PARTS_MAX = 10_000;

/** Cuts bytes into pieces of one size, but for the last. */
async function* piecesOf(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const part of bytes) {
    waiting.push(part);
    length += part.length;
    while (length >= size) {
      const all = Buffer.concat(waiting);
      yield all.subarray(0, size);
      waiting = [all.subarray(size)];
      length -= size;
    }
  }
  if (length > 0) yield Buffer.concat(waiting);
}

const storeParts = async (
  bucket: S3Bucket,
  { bytes: size, object: { key, metadata } }: ObjectFile,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> => {
  const upload = await bucket.createUpload(key, metadata);
  try {
    const parts = [];
    const least = Math.ceil(size / PARTS_MAX / MEBIBYTE) * MEBIBYTE;
    for await (const piece of piecesOf(bytes, Math.max(PIECE_BYTES, least))) {
      parts.push(await upload.uploadPart(parts.length + 1, piece));
    }
    await upload.complete(parts);
  } catch (error) {
    await upload.abort().catch(() => undefined);
    throw error;
  }
};

/** Stores an object of a backup that is not there yet. */
export async function storeObject(
  bucket: S3Bucket,
  file: ObjectFile,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (file.bytes > PIECE_BYTES) return storeParts(bucket, file, bytes);
  const { key, metadata } = file.object;
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  if (await bucket.create(key, Buffer.concat(pieces), metadata)) return undefined;
  throw new OperatorError(`it got an object at ${key} meanwhile`);
}
