/**
 * A bucket of objects, wherever it is: R2 by its binding (`r2.ts`), any S3 store (`s3/bucket.ts`).
 */

/** How an object is served later. */
export interface ObjectMetadata {
  readonly contentType?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
}

/** What is known about an object. */
export interface StoredObject {
  /** Bytes. */
  readonly size: number;
  /** Strong entity tag, with its quotation marks. */
  readonly etag: string;
  readonly contentType: string | null;
  /** The headers that it was stored with: type, disposition, language, coding and caching. */
  readonly headers: () => Headers;
}

/** An object with its bytes, or some of them. They are read once, or cancelled. */
export interface ObjectBody extends StoredObject {
  readonly body: ReadableStream<Uint8Array>;
  readonly bytes: () => Promise<Uint8Array>;
  readonly text: () => Promise<string>;
}

/** Which part of an object to read, and of which version. */
export interface Read {
  /** From a byte on, to the end or so many; the object has them. */
  readonly range?: { readonly offset: number; readonly length?: number };
  /** Only an object with this entity tag. */
  readonly etag?: string;
}

/** A stored part of an upload. */
export interface UploadedPart {
  /** From 1. */
  readonly partNumber: number;
  readonly etag: string;
}

/** A multipart upload: all parts have one size, but the last may be smaller. */
export interface Upload {
  readonly uploadId: string;
  readonly uploadPart: (partNumber: number, bytes: Uint8Array) => Promise<UploadedPart>;
  /** Completes the object, which appears then. */
  readonly complete: (parts: readonly UploadedPart[]) => Promise<void>;
  readonly abort: () => Promise<void>;
}

/** A page of a list. */
export interface ListPage {
  readonly objects: readonly { readonly key: string; readonly size: number }[];
  /** Where the next page begins; null at the end. */
  readonly cursor: string | null;
}

/** Bound on the keys of one `delete` and of one page of `list`. */
export const KEYS_AT_ONCE = 1_000;

/** The calls of a bucket. All of them reject when it cannot be reached or refuses. */
export interface Bucket {
  /** Null when there is none. */
  readonly head: (key: string) => Promise<StoredObject | null>;
  /** Null when there is none, or it has another entity tag than requested. */
  readonly get: (key: string, read?: Read) => Promise<ObjectBody | null>;
  /** Stores an object, replacing an existing one. */
  readonly put: (
    key: string,
    content: string | Uint8Array,
    metadata?: ObjectMetadata,
  ) => Promise<void>;
  /** Removes up to 1,000 objects; missing ones are no error. */
  readonly delete: (keys: readonly string[]) => Promise<void>;
  /** Up to 1,000 keys below a prefix, in order, from a cursor on. */
  readonly list: (prefix: string, cursor?: string) => Promise<ListPage>;
  readonly createUpload: (key: string, metadata: ObjectMetadata) => Promise<Upload>;
  /** An upload that was started before; its calls fail when it no longer exists. */
  readonly resumeUpload: (key: string, uploadId: string) => Upload;
}

/** Removes any number of objects. */
export async function deleteAll(bucket: Bucket, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
    await bucket.delete(keys.slice(from, from + KEYS_AT_ONCE));
  }
}
