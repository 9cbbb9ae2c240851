// Uploads in tests: the address from the API, the bytes put into the bucket.
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { Answer, Client } from "./client.ts";
import { readOne, succeed } from "./scene.ts";

/** An address for an upload, as its owner gets it. */
export const presignUpload = async (
  client: Client,
  members: JsonObject = {},
): Promise<JsonObject> =>
  (await succeed(
    client.post("/s3/presign", { direction: "upload", filename: "a.bin", group: "g", ...members }),
  )) as JsonObject;

/** The key of an address. */
export const pathOf = (address: JsonObject): string => String(address["path"]);

/** An upload whose bytes have arrived, as the S3 endpoint would have stored them. */
export const upload = async (
  client: Client,
  text: string,
  members: JsonObject = {},
  contentType?: string,
): Promise<string> => {
  const path = pathOf(await presignUpload(client, members));
  const options = contentType === undefined ? {} : { httpMetadata: { contentType } };
  await env.BUCKET.put(path, text, options);
  return path;
};

/** A table that names an object. */
export const table = (identifier: string, path: string, members: JsonObject = {}): JsonObject => ({
  identifier,
  payload_type: "table",
  s3_path: path,
  ...members,
});

/** Creates resources. */
export const create = (client: Client, ...resources: readonly JsonObject[]): Promise<Json> =>
  succeed(client.post("/resources/create", { resources }));

/** Requests a download. */
export const download = (client: Client, path: string, members: JsonObject = {}): Promise<Answer> =>
  client.post("/s3/presign", { direction: "download", path, ...members });

/** The status of a response. */
export const statusOf = async (answer: Promise<Answer>): Promise<number> => (await answer).status;

/** SHA-256 of a text, hexadecimal. */
export const sha256 = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** Changes one resource. */
export const update = (client: Client, identifier: string, members: JsonObject): Promise<Answer> =>
  client.post("/resources/update", { updates: { [identifier]: members } });

/**
 * Checks that the response refuses to name an object, names the member, and that the resource was
 * not created.
 */
export const expectRefused = async (
  answer: Answer,
  member: string,
  absent?: { readonly identifier: string; readonly seenBy: Client },
): Promise<void> => {
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("missing_reference")]);
  const [fault] = (answer.body as JsonObject)["errors"] as unknown as readonly JsonObject[];
  expect(String(fault?.["path"]).endsWith(member)).toBe(true);
  if (absent !== undefined) expect(await readOne(absent.seenBy, absent.identifier)).toEqual({});
};
