/** Reads request bodies within bounds, and refuses what JSON would change silently. */
import { AppError } from "../model/error.ts";
import type { Json } from "../model/json.ts";
import { LIMITS } from "../model/limits.ts";
import { countMembers, repeatedMember, scanJson, type JsonScan } from "./json-scan.ts";

const tooLarge = (): AppError => {
  const detail = `Expected at most ${LIMITS.bodyBytesMax} bytes.`;
  return new AppError("too_large", `body: ${detail}`, {
    details: [{ path: "body", code: "too_large", detail }],
  });
};

const readWhole = async (request: Request): Promise<Uint8Array> => {
  const declared = request.headers.get("content-length");
  if (declared === null) return readChunks(request.body as ReadableStream<Uint8Array>);
  if (Number(declared) > LIMITS.bodyBytesMax) throw tooLarge();
  // What HTTP delivers is as long as declared: read at once, which costs half of what chunks do.
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > LIMITS.bodyBytesMax) throw tooLarge();
  return bytes;
};

const readChunks = async (body: ReadableStream<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > LIMITS.bodyBytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
};

const malformed = (detail: string, cause?: unknown): AppError =>
  new AppError("invalid_request", detail, {
    ...(cause === undefined ? {} : { cause }),
    details: [{ path: "body", code: "invalid_request", detail }],
  });

/**
 * Reads the whole body, chunked or not, and gives up as soon as it is too large.
 *
 * @throws AppError `too_large`, and `invalid_request` for one that breaks off or whose chunks are malformed.
 */
export const readBytes = async (request: Request): Promise<Uint8Array> => {
  if (request.body === null) return new Uint8Array();
  try {
    return await readWhole(request);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw malformed("The body could not be read to its end.", error);
  }
};

/** True for a body that is compressed or coded otherwise: none is decoded (RFC 9110, section 8.4). */
export const isEncoded = ({ body, headers }: Request): boolean =>
  body !== null && !/^(?:\s*identity\s*)?$/i.test(headers.get("content-encoding") ?? "");

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

const decode = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new AppError("invalid_request", "The body is not valid UTF-8.", {
      cause: error,
      details: [{ path: "body", code: "invalid_request", detail: "Expected UTF-8." }],
    });
  }
};

const refuseDeep = ({ depth }: JsonScan): void => {
  if (depth > LIMITS.bodyDepthMax) {
    throw malformed(`The body is nested deeper than ${LIMITS.bodyDepthMax} levels.`);
  }
};

/** JSON leaves open which of two members of one name counts (RFC 8259, section 4): neither is dropped. */
const refuseRepeated = (text: string, value: Json, { members }: JsonScan): void => {
  if (countMembers(value) === members) return;
  const path = repeatedMember(text)?.join(".") ?? "body";
  const detail = "Expected each member of an object once.";
  throw new AppError("invalid_value", `${path}: ${detail}`, {
    details: [{ path, code: "invalid_value", detail }],
  });
};

/**
 * Where a number may be inexact: many digits without a fraction, or a large exponent. Only where a
 * number can stand: the digest of a file has a digit, an `e` and digits as well.
 */
const SUSPECT = /(?:^|[[:,\s])-?(?:\d{16,}|[\d.]+[eE]\+?\d{3,})(?:[\s,\]}]|$)/;

/** Stands where a number was that JavaScript would change silently. */
const LOSSY = Symbol("lossy");

/** Marks an integer that a double cannot hold, and infinity. */
const markLossy = (_key: string, value: unknown, context?: { source?: string }): unknown => {
  if (typeof value !== "number") return value;
  const isInteger = /^-?\d+$/.test(context?.source ?? "");
  return Number.isFinite(value) && (!isInteger || Number.isSafeInteger(value)) ? value : LOSSY;
};

/** Where the first mark is; undefined without one. The text's depth is bounded already. */
const findLossy = (value: unknown): readonly string[] | undefined => {
  if (value === LOSSY) return [];
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const path = findLossy(member);
    if (path !== undefined) return [name, ...path];
  }
  return undefined;
};

const refuseLossy = (value: unknown): void => {
  const path = findLossy(value);
  if (path === undefined) return;
  const place = path.join(".") || "body";
  const detail = "A number cannot be represented exactly; send it as text.";
  throw new AppError("invalid_value", `${place}: ${detail}`, {
    details: [{ path: place, code: "invalid_value", detail }],
  });
};

const parse = (text: string): Json => {
  if (!SUSPECT.test(text)) return JSON.parse(text) as Json;
  const value: unknown = JSON.parse(text, markLossy as Parameters<typeof JSON.parse>[1]);
  refuseLossy(value);
  return value as Json;
};

/**
 * Parses a JSON body.
 *
 * @throws AppError `invalid_request` when it is not UTF-8, not JSON, nested too deeply,
 *   `invalid_value` when it holds a number that would lose digits, or an object a member twice.
 */
export const parseJson = (bytes: Uint8Array): Json => {
  const text = decode(bytes);
  const scan = scanJson(text);
  refuseDeep(scan);
  try {
    const value = parse(text);
    refuseRepeated(text, value, scan);
    return value;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("invalid_request", "The body is not valid JSON.", {
      cause: error,
      details: [{ path: "body", code: "invalid_request", detail: "Expected a JSON document." }],
    });
  }
};

const JSON_TYPE = /^application\/(json|[\w.+-]+\+json)\s*(;|$)/i;

/** Refuses bodies that are not declared as JSON. */
export const requireJsonType = (request: Request): void => {
  if (JSON_TYPE.test(request.headers.get("content-type") ?? "")) return;
  throw new AppError("unsupported_media_type", "Expected content-type application/json.", {
    details: [
      {
        path: "content-type",
        code: "unsupported_media_type",
        detail: "Expected application/json.",
      },
    ],
  });
};
