import { isJson, readBytes, type Received } from "../../../http/body.ts";
import { parseJson } from "../../../model/parse-json.ts";

/**
 * Reads an optional body, because these calls have their own message for a missing one: undefined
 * when no JSON was received.
 *
 * @throws AppError `invalid_request` for broken JSON, `too_large`.
 */
export async function receive(request: Request): Promise<Received> {
  if (!isJson(request)) return { bytes: new Uint8Array(), value: undefined };
  const bytes = await readBytes(request);
  return { bytes, value: bytes.length === 0 ? undefined : parseJson(bytes) };
}
