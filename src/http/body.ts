/** Reads request bodies within bounds. */
import { AppError } from "../model/error.ts";
import { LIMITS } from "../model/limits.ts";
import { parseJson } from "../model/parse-json.ts";

/** A body as received: its bytes, and the value that the schema of its route checks. */
export interface Received {
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

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
  // HTTP delivers as many bytes as declared. Reading them at once costs half as much as reading
  // chunks.
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
 * Reads the whole body, chunked or not, and stops as soon as it is too large.
 *
 * @throws AppError `too_large`, and `invalid_request` for one that is cut off or whose chunks are
 * malformed.
 */
export async function readBytes(request: Request): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  try {
    return await readWhole(request);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw malformed("The body could not be read to its end.", error);
  }
}

/** True for a body with a content coding: none is decoded (RFC 9110, section 8.4). */
export function isEncoded({ body, headers }: Request): boolean {
  return body !== null && !/^(?:\s*identity\s*)?$/i.test(headers.get("content-encoding") ?? "");
}

const JSON_TYPE = /^application\/(json|[\w.+-]+\+json)\s*(;|$)/i;

/** True for a request whose content type is JSON. */
export function isJson(request: Request): boolean {
  return JSON_TYPE.test(request.headers.get("content-type") ?? "");
}

const requireJson = (request: Request): void => {
  if (isJson(request)) return;
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

/**
 * Reads a body that is declared as JSON.
 *
 * @throws AppError `unsupported_media_type` for another content type; as `receiveAnyJson`.
 */
export async function receiveJson(request: Request): Promise<Received> {
  requireJson(request);
  return receiveAnyJson(request);
}

/**
 * Like `receiveJson`, for an optional body: an empty body with any content type is an empty object.
 *
 * @throws AppError as `receiveJson`.
 */
export async function receiveOptionalJson(request: Request): Promise<Received> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return { bytes, value: {} };
  requireJson(request);
  return { bytes, value: parseJson(bytes) };
}

/**
 * Reads a body as JSON with any content type: the clients of some APIs send text/plain.
 *
 * @throws AppError `invalid_request` for broken JSON, `too_large`.
 */
export async function receiveAnyJson(request: Request): Promise<Received> {
  const bytes = await readBytes(request);
  return { bytes, value: parseJson(bytes) };
}
