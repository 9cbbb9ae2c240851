import { isJson, readBytes, type Received } from "../../../http/body.ts";
import { parseJson } from "../../../model/parse-json.ts";

/**
 * Reads a body that may be missing, as these calls say it in their own words: its value is undefined when
 * nothing was received as JSON.
 *
 * @throws AppError `invalid_request` for broken JSON, `too_large`.
 */
export async function receive(request: Request): Promise<Received> {
  if (!isJson(request)) return { bytes: new Uint8Array(), value: undefined };
  const bytes = await readBytes(request);
  return { bytes, value: bytes.length === 0 ? undefined : parseJson(bytes) };
}
