import { parseJson } from "../../../model/parse-json.ts";
import { readBytes, requireJsonType } from "../../../http/body.ts";
import { AppError } from "../../../model/error.ts";
import type { Json } from "../../../model/json.ts";

/** A body as it came, and what it says; undefined when nothing was received as JSON. */
export interface Received {
  readonly bytes: Uint8Array;
  readonly value: Json | undefined;
}

const isJson = (request: Request): boolean => {
  try {
    requireJsonType(request);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
};

/**
 * Reads a body that may be missing, as these calls say it in their own words.
 *
 * @throws AppError `invalid_request` for broken JSON, `too_large`.
 */
export const receive = async (request: Request): Promise<Received> => {
  if (!isJson(request)) return { bytes: new Uint8Array(), value: undefined };
  const bytes = await readBytes(request);
  return { bytes, value: bytes.length === 0 ? undefined : parseJson(bytes) };
};
