/** Reads a source from its location, within bounds, as a stream. */
import { LIMITS } from "../../model/limits.ts";
import type { Origin } from "../../schema/source/work.ts";
import type { Bucket } from "../bucket.ts";
import { isAddressable, keyOf } from "../key.ts";
import { reach } from "../reach.ts";
import { checkAddress } from "./address.ts";
import { WorkError } from "./error.ts";

/** Where sources are read from. */
export interface SourceReach {
  readonly bucket: Bucket;
  /** The bucket's name in `s3://` addresses. */
  readonly bucketName: string;
  readonly mayBePrivate: boolean;
  /**
   * The resources that name an object of our bucket, as the owner of the specification sees them;
   * null when the owner may not read it.
   */
  readonly originsOf: (key: string) => Promise<readonly Origin[] | null>;
}

/** An open source. */
export interface OpenSource {
  readonly bytes: AsyncGenerator<Uint8Array, void, undefined>;
  /** Resources that name it as their object. */
  readonly origins: readonly Origin[];
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const PATIENCE_MILLIS = 30_000;

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MB`;
const tooLarge = (): WorkError =>
  new WorkError(`the source is larger than ${megabytes(LIMITS.sourceBytesMax)}`);

const request = async (url: URL, signal: AbortSignal): Promise<Response> => {
  try {
    return await fetch(url.href, {
      redirect: "manual",
      signal,
      headers: { accept: "*/*", "accept-encoding": "identity" },
    });
  } catch {
    throw new WorkError("the source cannot be reached");
  }
};

/** The response after all redirects, each of which is checked like the first address. */
const follow = async (
  address: string,
  mayBePrivate: boolean,
  signal: AbortSignal,
): Promise<Response> => {
  let url = checkAddress(address, mayBePrivate);
  for (let hop = 0; hop <= LIMITS.sourceRedirectsMax; hop += 1) {
    const response = await request(url, signal);
    if (!REDIRECTS.has(response.status)) return response;
    await response.body?.cancel();
    const location = response.headers.get("location") ?? "";
    if (!URL.canParse(location, url.href)) throw new WorkError("the source redirects to nowhere");
    url = checkAddress(new URL(location, url.href).href, mayBePrivate);
  }
  throw new WorkError(`the source redirects more than ${LIMITS.sourceRedirectsMax} times`);
};

const declaredLength = (headers: Headers): number | null => {
  const text = headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
};

const refuseUnfit = (response: Response): void => {
  if (response.status !== 200) throw new WorkError(`the source answers ${response.status}`);
  const encoding = response.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    throw new WorkError("the source comes compressed (content-encoding), which is not accepted");
  }
  if ((declaredLength(response.headers) ?? 0) > LIMITS.sourceBytesMax) throw tooLarge();
};

async function* counted(
  body: ReadableStream<Uint8Array>,
  expected: number | null,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > LIMITS.sourceBytesMax) throw tooLarge();
      yield chunk;
    }
  } catch (error) {
    if (error instanceof WorkError) throw error;
    throw new WorkError(`the connection to the source broke after ${bytes} bytes`);
  }
  if (expected !== null && bytes !== expected) {
    throw new WorkError(`the connection to the source broke after ${bytes} of ${expected} bytes`);
  }
}

const openWeb = async (address: string, mayBePrivate: boolean): Promise<OpenSource> => {
  // One timeout for the start of the response, one for all of it: a source that only trickles is
  // aborted.
  const whole = AbortSignal.timeout(LIMITS.sourceFetchSeconds * 1_000);
  const head = new AbortController();
  const timer = setTimeout(() => head.abort(), PATIENCE_MILLIS);
  try {
    const signal = AbortSignal.any([whole, head.signal]);
    const response = await follow(address, mayBePrivate, signal);
    try {
      refuseUnfit(response);
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
    const body = response.body as ReadableStream<Uint8Array> | null;
    const bytes = counted(body ?? new Blob([]).stream(), declaredLength(response.headers));
    return { bytes, origins: [] };
  } finally {
    clearTimeout(timer);
  }
};

const missing = (): WorkError =>
  new WorkError("the source is no object of this installation that its owner may read");

const openObject = async (
  address: string,
  { bucket, bucketName, originsOf }: SourceReach,
): Promise<OpenSource> => {
  const key = keyOf(address, bucketName);
  const isOurs = key !== address && isAddressable(key);
  const origins = isOurs ? await originsOf(key) : null;
  if (origins === null) throw missing();
  const found = await reach(() => bucket.get(key));
  if (found === null) throw missing();
  if (found.size > LIMITS.sourceBytesMax) throw tooLarge();
  return { bytes: counted(found.body, found.size), origins };
};

/**
 * Opens a source: an https address, or an object of our own bucket that the owner may read.
 *
 * @throws WorkError, also while it is read.
 */
export function openSource(address: string, from: SourceReach): Promise<OpenSource> {
  return address.startsWith("s3://")
    ? openObject(address, from)
    : openWeb(address, from.mayBePrivate);
}
