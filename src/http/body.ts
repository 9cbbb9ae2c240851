/** Reads request bodies within bounds, and refuses what JSON would change silently. */
import { AppError } from "../model/error.ts";
import type { Json } from "../model/json.ts";
import { LIMITS } from "../model/limits.ts";

const tooLarge = (): AppError => {
  const detail = `Expected at most ${LIMITS.bodyBytesMax} bytes.`;
  return new AppError("too_large", `body: ${detail}`, {
    details: [{ path: "body", code: "too_large", detail }],
  });
};

/** Reads the whole body, chunked or not, and gives up as soon as it is too large. */
export const readBytes = async (request: Request): Promise<Uint8Array> => {
  const declared = Number(request.headers.get("content-length") ?? "0");
  if (declared > LIMITS.bodyBytesMax) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
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

const malformed = (detail: string): AppError =>
  new AppError("invalid_request", detail, {
    details: [{ path: "body", code: "invalid_request", detail }],
  });

const decode = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (error) {
    throw new AppError("invalid_request", "The body is not valid UTF-8.", {
      cause: error,
      details: [{ path: "body", code: "invalid_request", detail: "Expected UTF-8." }],
    });
  }
};

/** Depth of nesting, counted on the text so that no recursion can overflow. */
const refuseDeep = (text: string): void => {
  let depth = 0;
  let inText = false;
  for (let position = 0; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (inText) {
      if (code === 92) position += 1;
      else if (code === 34) inText = false;
    } else if (code === 34) inText = true;
    else if (code === 91 || code === 123) {
      depth += 1;
      if (depth > LIMITS.bodyDepthMax) {
        throw malformed(`The body is nested deeper than ${LIMITS.bodyDepthMax} levels.`);
      }
    } else if (code === 93 || code === 125) depth -= 1;
  }
};

/** Where a number may be inexact: many digits without a fraction, or a large exponent. */
const SUSPECT = /[[:,\s]-?\d{16,}[\s,\]}]|\d[eE]\+?\d{3}/;

const inexact = (member: string): AppError => {
  const detail = "A number cannot be represented exactly; send it as text.";
  return new AppError("invalid_value", `${member}: ${detail}`, {
    details: [{ path: member === "" ? "body" : member, code: "invalid_value", detail }],
  });
};

/** Refuses what JavaScript would change silently: an integer that a double cannot hold, infinity. */
const refuseLossy = (key: string, value: unknown, context?: { source?: string }): unknown => {
  if (typeof value !== "number") return value;
  const isInteger = /^-?\d+$/.test(context?.source ?? "");
  if (!Number.isFinite(value) || (isInteger && !Number.isSafeInteger(value))) throw inexact(key);
  return value;
};

const parse = (text: string): Json =>
  JSON.parse(
    text,
    SUSPECT.test(text) ? (refuseLossy as Parameters<typeof JSON.parse>[1]) : undefined,
  ) as Json;

/**
 * Parses a JSON body.
 *
 * @throws AppError `invalid_request` when it is not UTF-8, not JSON, nested too deeply or holds a
 *   number that would lose digits.
 */
export const parseJson = (bytes: Uint8Array): Json => {
  const text = decode(bytes);
  refuseDeep(text);
  try {
    return parse(text);
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
