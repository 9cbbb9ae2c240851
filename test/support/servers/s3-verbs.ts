/** The operations of a strict S3 store. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { escapeXml } from "../../../src/objects/s3/xml.ts";

/** An object. */
export interface Stored {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An upload in parts. */
export interface Unfinished {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, { readonly bytes: Buffer; readonly etag: string }>;
}

/** The state of a store, and its behaviour. */
export interface S3State {
  readonly objects: Map<string, Stored>;
  readonly uploads: Map<string, Unfinished>;
  /** Keys on a page of a list. */
  pageSize: number;
  /** False: it replaces existing objects, whatever `If-None-Match` says. */
  knowsConditions: boolean;
}

/** The response. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

const PART_BYTES_MIN = 5 * 1024 * 1024;
const KEPT = /^(?:content-(?:type|disposition|encoding|language)|cache-control|expires)$/;

/** The digest of an entity tag. */
export const md5 = (bytes: Buffer): Buffer => createHash("md5").update(bytes).digest();

/** An error response. */
export const failure = (status: number, code: string): Answer => ({
  status,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>secret &amp; all</Message></Error>`,
});

const xml = (body: string): Answer => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

const keptOf = (headers: IncomingMessage["headers"]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).filter(
      (pair): pair is [string, string] => KEPT.test(pair[0]) && typeof pair[1] === "string",
    ),
  );

/** A request that was read. */
export interface Request {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

const readObject = (server: S3State, { method, key, query, headers }: Request): Answer => {
  const found = server.objects.get(key);
  if (found === undefined) return failure(404, "NoSuchKey");
  const { "if-match": match, range } = headers;
  if (match !== undefined && match !== found.etag) return failure(412, "PreconditionFailed");
  const coding = query.get("response-content-encoding");
  const about = {
    "content-type": "binary/octet-stream",
    ...found.headers,
    ...(coding === null ? {} : { "content-encoding": coding }),
    etag: found.etag,
  };
  if (range === undefined || method === "HEAD") {
    return { status: 200, headers: about, body: found.bytes };
  }
  const [, first = "", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  const end = last === "" ? found.bytes.length : Math.min(Number(last) + 1, found.bytes.length);
  if (first === "" || Number(first) >= found.bytes.length) return failure(416, "InvalidRange");
  const shown = `bytes ${first}-${end - 1}/${found.bytes.length}`;
  const body = found.bytes.subarray(Number(first), end);
  return { status: 206, headers: { ...about, "content-range": shown }, body };
};

const listObjects = (server: S3State, query: URLSearchParams): Answer => {
  if (query.get("list-type") !== "2") return failure(501, "NotImplemented");
  const prefix = query.get("prefix") ?? "";
  const after = query.get("continuation-token");
  const isEncoded = query.get("encoding-type") === "url";
  const size = Math.min(server.pageSize, Number(query.get("max-keys") ?? 1_000));
  const from = after === null ? "" : Buffer.from(after, "base64url").toString();
  const keys = [...server.objects.keys()]
    .filter(
      (key) =>
        key.startsWith(prefix) &&
        (after === null || Buffer.compare(Buffer.from(key), Buffer.from(from)) > 0),
    )
    .toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  const page = keys.slice(0, size);
  const isTruncated = keys.length > page.length;
  const token = Buffer.from(page.at(-1) ?? "").toString("base64url");
  const contents = page.map((key) => {
    const name = isEncoded
      ? encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/")
      : escapeXml(key);
    return `<Contents><Key>${name}</Key><Size>${server.objects.get(key)?.bytes.length}</Size></Contents>`;
  });
  return xml(
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${isEncoded ? "<EncodingType>url</EncodingType>" : ""}<IsTruncated>${isTruncated}</IsTruncated>${contents.join("")}${isTruncated ? `<NextContinuationToken>${token}</NextContinuationToken>` : ""}</ListBucketResult>`,
  );
};

const unescaped = (text: string): string =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

const removeObjects = (server: S3State, { headers, body }: Request): Answer => {
  if (headers["content-md5"] === undefined) return failure(400, "InvalidRequest");
  const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key);
  if (keys.length === 0 || keys.length > 1_000) return failure(400, "MalformedXML");
  for (const key of keys) server.objects.delete(unescaped(key));
  return xml("<DeleteResult/>");
};

const complete = (server: S3State, { query, body }: Request): Answer => {
  const id = query.get("uploadId") ?? "";
  const upload = server.uploads.get(id);
  if (upload === undefined) return failure(404, "NoSuchUpload");
  const listed = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)</g)];
  const parts = listed.map(([, number, etag = ""]) => {
    const part = upload.parts.get(Number(number));
    return part?.etag === unescaped(etag) ? part : undefined;
  });
  if (parts.length === 0 || parts.includes(undefined)) return failure(400, "InvalidPart");
  const stored = parts.flatMap((part) => part ?? []);
  if (stored.slice(0, -1).some(({ bytes }) => bytes.length < PART_BYTES_MIN)) {
    return failure(400, "EntityTooSmall");
  }
  const digests = Buffer.concat(stored.map(({ bytes }) => md5(bytes)));
  const etag = `"${md5(digests).toString("hex")}-${stored.length}"`;
  const bytes = Buffer.concat(stored.map((part) => part.bytes));
  server.objects.set(upload.key, { bytes, etag, headers: upload.headers });
  server.uploads.delete(id);
  return xml(
    `<CompleteMultipartUploadResult><ETag>${escapeXml(etag)}</ETag></CompleteMultipartUploadResult>`,
  );
};

const putPart = (server: S3State, { query, body }: Request): Answer => {
  const upload = server.uploads.get(query.get("uploadId") ?? "");
  const number = Number(query.get("partNumber"));
  if (upload === undefined) return failure(404, "NoSuchUpload");
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    return failure(400, "InvalidArgument");
  const etag = `"${md5(body).toString("hex")}"`;
  upload.parts.set(number, { bytes: body, etag });
  return { status: 200, headers: { etag } };
};

const putObject = (server: S3State, { key, headers, body }: Request): Answer => {
  const isOnlyNew = server.knowsConditions && headers["if-none-match"] === "*";
  if (isOnlyNew && server.objects.has(key)) return failure(412, "PreconditionFailed");
  const etag = `"${md5(body).toString("hex")}"`;
  server.objects.set(key, { bytes: body, etag, headers: keptOf(headers) });
  return { status: 200, headers: { etag } };
};

const begin = (server: S3State, { key, headers }: Request): Answer => {
  const id = `upload ${server.uploads.size} of ${Math.random()}`;
  server.uploads.set(id, { key, headers: keptOf(headers), parts: new Map() });
  return xml(
    `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
  );
};

type Verb = (server: S3State, request: Request) => Answer;

/** What the store can do. */
export const VERBS: Readonly<Record<string, Verb>> = {
  "GET bucket": (server, { query }) => listObjects(server, query),
  "POST delete": removeObjects,
  "GET object": readObject,
  "HEAD object": readObject,
  "PUT object": putObject,
  "PUT upload": putPart,
  "POST uploads": begin,
  "POST upload": complete,
  "DELETE upload": (server, { query }) =>
    server.uploads.delete(query.get("uploadId") ?? "")
      ? { status: 204 }
      : failure(404, "NoSuchUpload"),
};

/** The operation of a request: its method and subject. */
export const verbOf = ({ method, key, query }: Request): string => {
  if (key === "") return `${method} ${query.has("delete") ? "delete" : "bucket"}`;
  if (query.has("uploads")) return `${method} uploads`;
  return `${method} ${query.has("uploadId") ? "upload" : "object"}`;
};
