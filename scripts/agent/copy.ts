import { createReadStream, createWriteStream } from "node:fs";
import { access, mkdir, open, rename, rm, utimes } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { hashing, hashOf } from "./hash.ts";
import type { FoundFile } from "./walk.ts";

/** The result of a copy. */
export interface Copied {
  readonly bytes: number;
  readonly sourceHash: string;
  /** Null when it is unknown. */
  readonly destHash: string | null;
}

const exists = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
};

const flush = async (path: string): Promise<void> => {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Copies a file to a path. An existing file is never replaced by another one: a complete copy is
 * kept.
 * @throws {Error} when that cannot be done.
 */
export const copyToFolder = async (file: FoundFile, destination: string): Promise<Copied> => {
  if (await exists(destination)) {
    const [sourceHash, destHash] = [await hashOf(file.path), await hashOf(destination)];
    if (sourceHash !== destHash) throw new Error("Another file lies at the destination");
    return { bytes: file.sizeBytes, sourceHash, destHash };
  }
  await mkdir(dirname(destination), { recursive: true });
  const partial = `${destination}.part-${process.pid}`;
  try {
    const { stream, result } = await hashing();
    await pipeline(createReadStream(file.path), stream, createWriteStream(partial));
    await flush(partial);
    const { bytes, xxh64 } = result();
    const destHash = await hashOf(partial);
    if (destHash !== xxh64) throw new Error("The copy is not what was read");
    await utimes(partial, new Date(), new Date(file.modTime));
    await rename(partial, destination);
    return { bytes, sourceHash: xxh64, destHash };
  } finally {
    await rm(partial, { force: true });
  }
};

const IDLE_MILLIS = 120_000;

const bodyOf = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
};

/** The entity tag of an object whose bytes are its MD5; undefined for any other. */
const digestIn = (response: IncomingMessage): string | undefined =>
  /^"?([0-9a-f]{32})"?$/.exec(response.headers.etag ?? "")?.[1];

/** The store has the object already: an earlier attempt succeeded and its response was lost. */
const PRECONDITION_FAILED = 412;

/**
 * Uploads a file to a presigned URL, and compares the digest that the store returns. An existing
 * object is kept: the server checks whether it is this file.
 * @throws {Error} when the store refuses it, or received something else.
 */
export const upload = async (
  file: FoundFile,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<Copied> => {
  const { stream, result } = await hashing();
  const send = url.startsWith("https:") ? secureRequest : plainRequest;
  const sending = send(url, {
    method: "PUT",
    headers: { ...headers, "content-length": String(file.sizeBytes) },
    timeout: IDLE_MILLIS,
  });
  sending.once("timeout", () => sending.destroy(new Error("The store does not answer")));
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    sending.once("response", resolve);
    sending.once("error", reject);
  });
  // A file that grows meanwhile is cut off at its announced end, and recognised by its digest.
  const sent = pipeline(
    createReadStream(file.path, file.sizeBytes === 0 ? {} : { end: file.sizeBytes - 1 }),
    stream,
    sending,
  );
  // The store may respond before it has received everything: then the response decides.
  sent.catch(() => undefined);
  const response = await answer;
  await bodyOf(response);
  if (response.statusCode === PRECONDITION_FAILED) {
    sending.destroy();
    return { bytes: file.sizeBytes, sourceHash: await hashOf(file.path), destHash: null };
  }
  await sent;
  if (response.statusCode !== 200) throw new Error(`The store answered ${response.statusCode}`);
  const { bytes, xxh64, md5 } = result();
  if (bytes !== file.sizeBytes) throw new Error("The file changed while it was read");
  const received = digestIn(response);
  if (received !== undefined && received !== md5) {
    throw new Error("The store received something else than was sent");
  }
  return { bytes, sourceHash: xxh64, destHash: received === undefined ? null : xxh64 };
};
