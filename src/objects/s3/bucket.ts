/** A bucket of any S3 store, by path-style addresses. */
import { createHash } from "node:crypto";
import {
  KEYS_AT_ONCE,
  type Bucket,
  type ListPage,
  type ObjectBody,
  type ObjectMetadata,
  type Read,
} from "../bucket.ts";
import type { S3Access } from "../presign.ts";
import { bodyOf, discard, elementIn, errorCode, refuse } from "./answer.ts";
import { call, PATIENCE, type Patience, type S3Answer, type S3Client, type Send } from "./call.ts";
import { StoreError, unexpected } from "./error.ts";
import { aboutOf, codingOf, headersOf, lengthOf } from "./metadata.ts";
import { createUpload, openUpload } from "./upload.ts";
import { childrenOf, escapeXml, textOf, type Element } from "./xml.ts";

/** A bucket that can also store an object only if it does not exist yet. */
export interface S3Bucket extends Bucket {
  /** Stores an object; false, and nothing changed, when the key exists. */
  readonly create: (
    key: string,
    content: Uint8Array,
    metadata?: ObjectMetadata,
  ) => Promise<boolean>;
}

const encoder = new TextEncoder();

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? encoder.encode(content) : content;

/** Null for a missing object; a missing bucket is an error. */
const absent = async (answer: S3Answer): Promise<null> => {
  const code = await errorCode(answer);
  if (code === "NoSuchKey") return null;
  throw new StoreError(answer.status, code);
};

const head = (client: S3Client, key: string) =>
  call(client, { method: "HEAD", key, isRepeatable: true }, async (answer) => {
    // The response to HEAD has no body with an error code.
    if (answer.status === 404) return null;
    if (answer.status !== 200) return refuse(answer);
    await discard(answer);
    return aboutOf(answer.headers, lengthOf(answer.headers));
  });

const rangeHeader = ({ offset, length }: NonNullable<Read["range"]>): string =>
  `bytes=${offset}-${length === undefined ? "" : offset + length - 1}`;

/** The size of the whole object of a range, which has to be the requested range. */
const sizeOf = (answer: S3Answer, range: Read["range"]): number => {
  const length = lengthOf(answer.headers);
  if (range === undefined) return length;
  const text = answer.headers.get("content-range") ?? "";
  const [, first, last, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text) ?? [];
  const wanted = range.length ?? Number(size) - range.offset;
  const isIt = Number(first) === range.offset && Number(last) - Number(first) + 1 === length;
  if (!isIt || length !== wanted) throw unexpected("with another range than requested");
  return Number(size);
};

const objectOf = (answer: S3Answer, range: Read["range"]): ObjectBody => {
  const about = aboutOf(answer.headers, sizeOf(answer, range));
  const body = bodyOf(answer, lengthOf(answer.headers));
  return {
    ...about,
    body,
    bytes: async () => new Uint8Array(await new Response(body).arrayBuffer()),
    text: () => new Response(body).text(),
  };
};

const get = async (
  client: S3Client,
  key: string,
  { range, etag }: Read,
): Promise<ObjectBody | null> => {
  const headers = {
    ...(range === undefined ? {} : { range: rangeHeader(range) }),
    ...(etag === undefined ? {} : { "if-match": etag }),
  };
  const status = range === undefined ? 200 : 206;
  const request = (query: Readonly<Record<string, string>>) =>
    call(client, { method: "GET", key, query, headers, isRepeatable: true }, async (answer) => {
      if (answer.status === 404) return absent(answer);
      if (answer.status === 412) {
        await discard(answer);
        return null;
      }
      if (answer.status !== status) return refuse(answer);
      if (codingOf(answer.headers) === undefined) return objectOf(answer, range);
      await discard(answer);
      return "coded";
    });
  // Clients of a response would undo its coding, and get other bytes than those stored.
  const plain = await request({});
  const found =
    plain === "coded" ? await request({ "response-content-encoding": "identity" }) : plain;
  if (found === "coded") throw unexpected("with a content coding");
  return found;
};

const put = (
  client: S3Client,
  key: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
) => {
  const isRepeatable = headers["if-none-match"] === undefined;
  return call(client, { method: "PUT", key, body, headers, isRepeatable }, async (answer) => {
    if (answer.status === 412 && !isRepeatable) {
      await discard(answer);
      return false;
    }
    if (answer.status !== 200) return refuse(answer);
    await discard(answer);
    return true;
  });
};

const removeAll = async (client: S3Client, keys: readonly string[]): Promise<void> => {
  if (keys.length === 0) return;
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`);
  const body = encoder.encode(`<Delete>${objects.join("")}<Quiet>true</Quiet></Delete>`);
  const headers = {
    "content-type": "application/xml",
    "content-md5": createHash("md5").update(body).digest("base64"),
  };
  const request = { method: "POST", query: { delete: "" }, headers, body } as const;
  await call(client, { ...request, isRepeatable: true }, async (answer) => {
    if (answer.status !== 200) return refuse(answer);
    const result = await elementIn(answer, "DeleteResult");
    const [error] = childrenOf(result, "Error");
    if (error !== undefined) throw new StoreError(500, textOf(error, "Code") ?? "");
    return undefined;
  });
};

const keyIn = (element: Element, isEncoded: boolean): string => {
  const key = textOf(element, "Key");
  if (key === undefined) throw unexpected("a list without keys");
  return isEncoded ? decodeURIComponent(key.replaceAll("+", " ")) : key;
};

const pageOf = (result: Element): ListPage => {
  const isEncoded = textOf(result, "EncodingType") === "url";
  const isTruncated = textOf(result, "IsTruncated") === "true";
  const cursor = textOf(result, "NextContinuationToken") ?? null;
  if (isTruncated && cursor === null) throw unexpected("a list that cannot go on");
  const objects = childrenOf(result, "Contents").map((each) => ({
    key: keyIn(each, isEncoded),
    size: Number(textOf(each, "Size")),
  }));
  return { objects, cursor: isTruncated ? cursor : null };
};

const list = (client: S3Client, prefix: string, cursor?: string): Promise<ListPage> => {
  const query = {
    "list-type": "2",
    "max-keys": String(KEYS_AT_ONCE),
    "encoding-type": "url",
    ...(prefix === "" ? {} : { prefix }),
    ...(cursor === undefined ? {} : { "continuation-token": cursor }),
  };
  return call(client, { method: "GET", query, isRepeatable: true }, async (answer) =>
    answer.status === 200 ? pageOf(await elementIn(answer, "ListBucketResult")) : refuse(answer),
  );
};

/**
 * A bucket of an S3 store.
 *
 * @param access its address and key.
 * @param send sends requests.
 */
export function s3Bucket(access: S3Access, send: Send, patience: Patience = PATIENCE): S3Bucket {
  const client = { access, send, patience, keys: new Map() };
  return {
    head: (key) => head(client, key),
    get: (key, read = {}) => get(client, key, read),
    put: async (key, content, metadata = {}) => {
      await put(client, key, bytesOf(content), headersOf(metadata));
    },
    create: (key, content, metadata = {}) =>
      put(client, key, content, { ...headersOf(metadata), "if-none-match": "*" }),
    delete: (keys) => removeAll(client, keys),
    list: (prefix, cursor) => list(client, prefix, cursor),
    createUpload: (key, metadata) => createUpload(client, key, metadata),
    resumeUpload: (key, uploadId) => openUpload(client, key, uploadId),
  };
}
