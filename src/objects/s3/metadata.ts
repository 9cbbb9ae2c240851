/** S3 headers with the metadata of an object. */
import type { ObjectMetadata, StoredObject } from "../bucket.ts";
import { unexpected } from "./error.ts";

/** The headers under which an object is stored. */
export function headersOf(metadata: ObjectMetadata): Readonly<Record<string, string>> {
  const { contentType, contentDisposition, contentEncoding, contentLanguage, cacheControl } =
    metadata;
  const headers = {
    "content-type": contentType,
    "content-disposition": contentDisposition,
    "content-encoding": contentEncoding,
    "content-language": contentLanguage,
    "cache-control": cacheControl,
  };
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

const KEPT = [
  "content-type",
  "content-disposition",
  "content-language",
  "content-encoding",
  "cache-control",
  "expires",
];

/** The coding of an object's bytes; undefined for none. */
export function codingOf(headers: Headers): string | undefined {
  const coding = headers.get("content-encoding") ?? "identity";
  return /^(?:identity|aws-chunked|)$/i.test(coding) ? undefined : coding;
}

/** The length of an answer's body. */
export function lengthOf(headers: Headers): number {
  const text = headers.get("content-length") ?? "";
  if (!/^\d{1,15}$/.test(text)) throw unexpected("without a length");
  return Number(text);
}

/** The object's metadata in a response's headers. */
export function aboutOf(headers: Headers, size: number): StoredObject {
  const etag = headers.get("etag");
  if (etag === null || !/^"[^"]+"$/.test(etag)) throw unexpected("without an entity tag");
  return {
    size,
    etag,
    contentType: headers.get("content-type"),
    headers: () => {
      const kept = new Headers();
      for (const name of KEPT) {
        const value = headers.get(name);
        if (value !== null) kept.set(name, value);
      }
      return kept;
    },
  };
}
