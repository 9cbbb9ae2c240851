import type { ObjectCalls, UploadAddress } from "./objects.ts";
import type { CallOptions } from "./options.ts";
import { ProblemError, VxdataError } from "./problem.ts";
import type { Sender } from "./send.ts";
import { createSha256 } from "./sha256.ts";

/** A file to upload: a `File`, or its name and bytes. */
export type UploadFile =
  | File
  | {
      readonly name: string;
      /** The bytes; a function is called when the file's batch begins. */
      readonly data: Blob | (() => Blob | Promise<Blob>);
      /** Media type (RFC 9110). */
      readonly content_type?: string | undefined;
    };

/** The progress of an upload. */
export interface UploadProgress {
  readonly files: number;
  readonly filesDone: number;
  /** Bytes of the finished files. */
  readonly bytesDone: number;
}

/** An object that was uploaded and checked. */
export interface Uploaded {
  readonly name: string;
  /** Its key: the value of a resource's `s3_path`. */
  readonly path: string;
  readonly size_bytes: number;
  readonly content_type: string | null;
  /** SHA-256, hexadecimal; null for a file that is too large for the server to read. */
  readonly sha256: string | null;
}

/** Options of an upload. */
export interface UploadOptions extends CallOptions {
  /** First segment of the keys, e.g. a project. */
  readonly group: string;
  /** Files that are uploaded at once. Default 4. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Called for each file that has arrived, in the order in which they do. */
  readonly onUploaded?: ((uploaded: UploadedAt) => void) | undefined;
}

/** An uploaded file, with its position among those that were given. */
export type UploadedAt = Uploaded & { readonly index: number };

/** An upload failed; lists the files that arrived before and beside it. */
export class UploadError extends VxdataError {
  override name = "UploadError";
  readonly uploaded: readonly UploadedAt[];

  constructor(file: string, uploaded: readonly UploadedAt[], cause: Error) {
    super(`${file}: ${cause.message}`, { cause });
    this.uploaded = uploaded;
  }
}

/** Uploads files. */
export type Upload = (
  files: Iterable<UploadFile> | AsyncIterable<UploadFile>,
  options: UploadOptions,
) => Promise<readonly Uploaded[]>;

/** URLs that are requested at once, and their validity: the last one waits for all before it. */
const ADDRESSES_AT_ONCE = 50;
const ADDRESS_SECONDS = 6 * 3_600;
const CONCURRENCY = 4;
/** The size up to which the server computes a digest (docs/limits.md, `hashedBytesMax`). */
const HASHED_BYTES_MAX = 2_147_483_648;

interface Source {
  readonly name: string;
  readonly blob: Blob;
  readonly type: string;
}

const sourceOf = async (file: UploadFile): Promise<Source> => {
  if (!("data" in file)) return { name: file.name, blob: file, type: file.type };
  const blob = typeof file.data === "function" ? await file.data() : file.data;
  return { name: file.name, blob, type: file.content_type ?? blob.type };
};

/** SHA-256 of a blob, read piece by piece. */
const hashBlob = async (blob: Blob, signals: readonly AbortSignal[]): Promise<string> => {
  const digest = createSha256();
  const reader = blob.stream().getReader();
  for (;;) {
    for (const signal of signals) signal.throwIfAborted();
    const { done, value } = await reader.read();
    if (done) return digest.hex();
    digest.update(value);
  }
};

const put = async (
  sender: Sender,
  address: UploadAddress,
  blob: Blob,
  options: CallOptions,
): Promise<void> => {
  // The runtime sets this header itself, and refuses to be given it.
  const { "content-length": _length, ...headers } = address.headers;
  try {
    const call = { method: "PUT", url: address.url, headers, content: blob } as const;
    // A whole file takes as long as it takes: no timeout unless the caller set one.
    const response = await sender.openFile(call, {
      ...options,
      timeoutMs: options.timeoutMs ?? 0,
    });
    await response.text();
  } catch (error) {
    // An object can be written once: an earlier attempt with this very file got through, which the
    // digest confirms next.
    if (error instanceof ProblemError && error.status === 412) return;
    throw error;
  }
};

const batches = async function* (
  files: Iterable<UploadFile> | AsyncIterable<UploadFile>,
): AsyncGenerator<readonly UploadFile[]> {
  let batch: UploadFile[] = [];
  for await (const file of files) {
    batch.push(file);
    if (batch.length < ADDRESSES_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
};

const deliver = async (
  sender: Sender,
  objects: ObjectCalls,
  source: Source,
  address: UploadAddress,
  options: CallOptions,
): Promise<Uploaded> => {
  const { blob, name } = source;
  const hashed = blob.size <= HASHED_BYTES_MAX;
  const { signals } = sender.settled(options);
  const [sha256] = await Promise.all([
    hashed ? hashBlob(blob, signals) : undefined,
    put(sender, address, blob, options),
  ]);
  const digest = sha256 === undefined ? {} : { sha256 };
  const body = { path: address.path, size: blob.size, ...digest };
  const arrived = await objects.finalize(body, options);
  const { path, size_bytes: size, content_type: type } = arrived;
  return { name, path, size_bytes: size, content_type: type, sha256: arrived.sha256 };
};

/** Makes the upload of a client. */
export function createUpload(sender: Sender, objects: ObjectCalls): Upload {
  return async (
    files,
    { group, concurrency = CONCURRENCY, onProgress, onUploaded, ...options },
  ) => {
    const uploaded: Uploaded[] = [];
    let known = 0;
    let bytesDone = 0;
    let filesDone = 0;
    for await (const batch of batches(files)) {
      const offset = known;
      known += batch.length;
      const sources = await Promise.all(batch.map(sourceOf));
      const addresses = await objects.uploadAddresses(
        sources.map(({ name, blob, type }) => ({
          filename: name,
          group,
          content_length: blob.size,
          expires_in: ADDRESS_SECONDS,
          ...(type === "" ? {} : { content_type: type }),
        })),
        options,
      );
      const waiting = sources.map((source, index) => ({ source, index }));
      const failures: { readonly name: string; readonly error: unknown }[] = [];
      const worker = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const { source, index } = next;
          const address = addresses[index];
          if (address === undefined || failures.length > 0) return;
          try {
            const one = await deliver(sender, objects, source, address, options);
            uploaded[offset + index] = one;
            onUploaded?.({ ...one, index: offset + index });
          } catch (error) {
            failures.push({ name: source.name, error });
            return;
          }
          bytesDone += source.blob.size;
          filesDone += 1;
          onProgress?.({ files: known, filesDone, bytesDone });
        }
      };
      await Promise.all(Array.from({ length: Math.max(1, concurrency) }, worker));
      const [failure] = failures;
      if (failure === undefined) continue;
      for (const signal of sender.settled(options).signals) signal.throwIfAborted();
      const { error, name } = failure;
      if (!(error instanceof Error)) throw error;
      const arrived = Object.entries(uploaded).map(([at, one]) => ({ ...one, index: Number(at) }));
      throw new UploadError(name, arrived, error);
    }
    return uploaded;
  };
}
