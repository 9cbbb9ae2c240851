/** The bucket as the surfaces see it. */
import { AppError } from "../model/error.ts";
import { deleteAll, type Bucket, type ObjectBody, type Read } from "./bucket.ts";
import { readRows } from "./export/rows.ts";
import { runExport, type ExportClaim, type ExportStore } from "./export/run.ts";
import { previewParquet } from "./parquet/preview.ts";
import { presign, type S3Access, type Signing } from "./presign.ts";
import { reach } from "./reach.ts";
import { inspectObject, readObject, type Arrived, type Reading } from "./verify.ts";

/** Part of a file: from the first byte to the last, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** A file to be served. */
export interface ServedFile {
  readonly sizeBytes: number;
  /** Strong entity tag, quoted. */
  readonly etag: string;
  readonly headers: Headers;
  /** Its bytes, or those of a range. */
  readonly body: (range: ByteRange | null) => Promise<ReadableStream<Uint8Array>>;
}

/** The operations on objects. */
export interface Objects {
  readonly access: Pick<S3Access, "endpoint" | "bucket">;
  readonly presign: (signing: Omit<Signing, "now">) => Promise<string>;
  /** Reads a whole object for its size and digests; undefined when there is none. */
  readonly inspect: (key: string) => Promise<Arrived | undefined>;
  /** The same by one call, for an object that may be one of many; see `readObject`. */
  readonly read: (key: string, reading: Reading) => Promise<Arrived | undefined>;
  /** Removes objects; missing ones are no error. */
  readonly remove: (keys: readonly string[]) => Promise<void>;
  /** Rows of a Parquet file as JSON text. */
  readonly preview: (
    key: string,
    page: { readonly limit: number; readonly offset: number },
  ) => Promise<string>;
  /** Makes the file of an export, unless another worker does. */
  readonly runExport: <Claim extends ExportClaim>(
    store: ExportStore<Claim>,
    id: string,
  ) => Promise<void>;
  /** The resources in a file of an export: see `readRows`. */
  readonly exportRows: (id: string, attempt: number, rows: number) => AsyncIterable<string | null>;
  /** A file to be served; undefined when there is none. */
  readonly serve: (key: string) => Promise<ServedFile | undefined>;
  /** Stores a string as an object. */
  readonly keepText: (key: string, text: string) => Promise<void>;
  /** The bytes of a stored string; undefined when it is gone. */
  readonly keptText: (key: string) => Promise<ReadableStream<Uint8Array> | undefined>;
}

const missing = (): AppError => {
  const detail = "Expected an object that has been uploaded.";
  return new AppError("not_found", "There is no such object.", {
    details: [{ path: "path", code: "not_found", detail }],
  });
};

const rangeOf = async (
  bucket: Bucket,
  key: string,
  etag: string,
  range: Read["range"] | undefined,
): Promise<ObjectBody> => {
  const read = range === undefined ? { etag } : { etag, range };
  const found = await reach(() => bucket.get(key, read));
  if (found !== null) return found;
  throw new AppError("unavailable", "The object changed while it was read; try again.", {
    retryAfterSeconds: 1,
  });
};

const preview = async (
  bucket: Bucket,
  key: string,
  page: { readonly limit: number; readonly offset: number },
): Promise<string> => {
  const head = await reach(() => bucket.head(key));
  if (head === null) throw missing();
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    if (end === start) return new Uint8Array();
    const part = await rangeOf(bucket, key, head.etag, { offset: start, length: end - start });
    return await reach(() => part.bytes());
  };
  return previewParquet({ size: head.size, read, ...page });
};

const serve = async (bucket: Bucket, key: string): Promise<ServedFile | undefined> => {
  const head = await reach(() => bucket.head(key));
  if (head === null) return undefined;
  return {
    sizeBytes: head.size,
    etag: head.etag,
    headers: head.headers(),
    body: async (range) => {
      const part =
        range === null ? undefined : { offset: range.first, length: range.last - range.first + 1 };
      const { body } = await rangeOf(bucket, key, head.etag, part);
      return body;
    },
  };
};

/** The bucket, and the key that signs for it. */
export function createObjects(bucket: Bucket, access: S3Access): Objects {
  return {
    access: { endpoint: access.endpoint, bucket: access.bucket },
    presign: (signing) => presign(access, { ...signing, now: new Date() }),
    inspect: (key) => reach(() => inspectObject(bucket, key)),
    read: (key, reading) => reach(() => readObject(bucket, key, reading)),
    remove: (keys) => reach(() => deleteAll(bucket, keys)),
    preview: (key, page) => preview(bucket, key, page),
    runExport: (store, id) => runExport(store, bucket, id),
    exportRows: (id, attempt, rows) => readRows(bucket, id, attempt, rows),
    serve: (key) => serve(bucket, key),
    keepText: async (key, text) => {
      await reach(() => bucket.put(key, text));
    },
    keptText: async (key) => {
      const found = await reach(() => bucket.get(key));
      return found === null ? undefined : found.body;
    },
  };
}
