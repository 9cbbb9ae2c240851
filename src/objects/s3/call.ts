/** Signed requests to an S3 store, each with a timeout, and retried when that changes nothing. */
import { AwsV4Signer } from "aws4fetch";
import { encodedKey } from "../key.ts";
import type { S3Access } from "../presign.ts";
import { StoreError, unreachable } from "./error.ts";
import { errorCode } from "./answer.ts";

/** Sends a request, as `fetch` does. */
export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** Timeouts of a store's responses, and the number of tries. */
export interface Patience {
  /** Tries of a call, the first included. */
  readonly tries: number;
  /** Until a response begins, for a request without and with a body. */
  readonly answerMillis: number;
  readonly bodyMillis: number;
  /** Between two pieces of a response's body. */
  readonly pieceMillis: number;
  /** Delay before the second try; it grows. */
  readonly pauseMillis: number;
}

/** The times for a Worker. */
export const PATIENCE: Patience = {
  tries: 3,
  answerMillis: 10_000,
  bodyMillis: 30_000,
  pieceMillis: 30_000,
  pauseMillis: 200,
};

/** A store, and its signing key. */
export interface S3Client {
  readonly access: S3Access;
  readonly send: Send;
  readonly patience: Patience;
  /** Signing keys derived from the secret one, by day. */
  readonly keys: Map<string, ArrayBuffer>;
}

/** One call. */
export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** None: the call is about the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** False: not idempotent. It is retried only when the store says that it did nothing. */
  readonly isRepeatable: boolean;
}

/** A response whose headers have arrived. */
export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  readonly pieceMillis: number;
}

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

const digestOf = async (body: Uint8Array): Promise<string> =>
  hex(await crypto.subtle.digest("SHA-256", body));

const urlOf = ({ endpoint, bucket }: S3Access, { key, query = {} }: S3Request): string => {
  const path = `${endpoint}/${encodeURIComponent(bucket)}`;
  const search = Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  return `${path}${key === undefined ? "" : `/${encodedKey(key)}`}${search === "" ? "" : `?${search}`}`;
};

const signed = async (
  { access, keys }: S3Client,
  request: S3Request,
): Promise<[string, RequestInit]> => {
  const { method, body = new Uint8Array(), headers: own = {} } = request;
  const { accessKeyId, secretAccessKey, region } = access;
  const signer = new AwsV4Signer({
    url: urlOf(access, request),
    method,
    headers: { ...own, "x-amz-content-sha256": await digestOf(body) },
    accessKeyId,
    secretAccessKey,
    service: "s3",
    region,
    cache: keys,
  });
  const { url, headers } = await signer.sign();
  // The bytes are wanted as stored. A proxy may change this header, so it is not signed.
  headers.set("accept-encoding", "identity");
  const sent = request.body === undefined ? {} : { body: request.body as Uint8Array<ArrayBuffer> };
  return [url.href, { method, headers, redirect: "manual", ...sent }];
};

const once = async <Value>(
  client: S3Client,
  request: S3Request,
  read: (answer: S3Answer) => Promise<Value>,
): Promise<Value> => {
  const { send, patience } = client;
  const [url, init] = await signed(client, request);
  const end = new AbortController();
  const millis = request.body === undefined ? patience.answerMillis : patience.bodyMillis;
  const timer = setTimeout(() => end.abort(new Error("it took too long")), millis);
  let response: Response;
  try {
    response = await send(url, { ...init, signal: end.signal });
  } catch (error) {
    throw unreachable(error);
  } finally {
    clearTimeout(timer);
  }
  const { status, headers } = response;
  const body = response.body as ReadableStream<Uint8Array> | null;
  const answer = { status, headers, body, pieceMillis: patience.pieceMillis };
  if (status >= 500 || status === 429) throw new StoreError(status, await errorCode(answer));
  return read(answer);
};

/** The store says that it did nothing. */
const NOTHING_DONE = new Set([429, 503]);

const mayRepeat = ({ isRepeatable }: S3Request, error: unknown): boolean => {
  if (!(error instanceof StoreError)) return false;
  if (NOTHING_DONE.has(error.status)) return true;
  return isRepeatable && (error.status === 0 || error.status >= 500);
};

const pause = (millis: number): Promise<void> =>
  new Promise((settle) => void setTimeout(settle, millis));

/**
 * Makes a call. Network errors and errors of the store itself are retried.
 *
 * @param read makes a value of a response below 500; what it throws for other statuses is retried
 * too.
 * @throws {StoreError} which quotes neither a key nor anything that was sent.
 */
export async function call<Value>(
  client: S3Client,
  request: S3Request,
  read: (answer: S3Answer) => Promise<Value>,
): Promise<Value> {
  const { tries, pauseMillis } = client.patience;
  for (let tried = 1; ; tried += 1) {
    try {
      return await once(client, request, read);
    } catch (error) {
      if (tried >= tries || !mayRepeat(request, error)) throw error;
    }
    await pause(pauseMillis * 4 ** (tried - 1) * (0.5 + Math.random()));
  }
}
