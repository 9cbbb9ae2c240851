/** Bodies of requests to a dataset, read leniently, as genuine clients send them. */
import type { Context } from "hono";
import { parseJson } from "../../../model/parse-json.ts";
import { readBytes } from "../../../http/body.ts";
import type { AppEnv } from "../../../http/env.ts";
import type { Json } from "../../../model/json.ts";

/** The bytes of a body, and the JSON in it whatever its content type says. */
export const readBody = async (
  c: Context<AppEnv>,
): Promise<{ readonly bytes: Uint8Array; readonly body: Json }> => {
  const bytes = await readBytes(c.req.raw);
  return { bytes, body: parseJson(bytes) };
};
