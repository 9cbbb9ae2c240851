/** Presigned URLs: which keys, promises and headers callers request. */
import { Buffer } from "node:buffer";
import { createUuid } from "../../../identity/uuid.ts";
import type { Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { PromisedObject } from "../../../model/stored-object.ts";
import { formatInstant, type InstantMicros } from "../../../model/time.ts";
import type { Objects } from "../../../objects/objects.ts";
import { keyOf, uploadKey } from "../../../objects/key.ts";
import type { ObjectUse, Store } from "../../../store/index.ts";
import { located } from "./locate.ts";
import { parseAsOf } from "../language/parse.ts";
import type { DownloadBody, UploadBody } from "../wire/objects.ts";

/** The caller, and the services that an operation uses. */
export interface PresignContext {
  readonly store: Store;
  readonly principal: Principal;
  readonly objects: Objects;
  readonly now: InstantMicros;
}

/** A SHA-256 digest as 64 hexadecimal digits. */
export function digestAsHex(text: string): string {
  return text.length === 64 ? text.toLowerCase() : Buffer.from(text, "base64").toString("hex");
}

const promiseOf = (body: UploadBody, now: InstantMicros): PromisedObject => ({
  path: uploadKey(body.group, createUuid(now / 1_000), body.filename),
  contentType: body.content_type ?? null,
  sizeBytes: body.content_length ?? null,
  sha256: body.checksum_sha256 === undefined ? null : digestAsHex(body.checksum_sha256),
  expiresAt: now + body.expires_in * 1_000_000,
});

/** The headers that an upload must send: that the object is new, and what was promised about it. */
const headersOf = ({ contentType, sizeBytes }: PromisedObject): Record<string, string> => ({
  "if-none-match": "*",
  ...(contentType === null ? {} : { "content-type": contentType }),
  ...(sizeBytes === null ? {} : { "content-length": String(sizeBytes) }),
});

/** Issues URLs for uploads, all or none. */
export async function uploadAddresses(
  { store, principal, objects, now }: PresignContext,
  bodies: readonly UploadBody[],
  place: (index: number) => string,
): Promise<readonly JsonObject[]> {
  const promised = bodies.map((body) => promiseOf(body, now));
  await located(
    () => store.promiseUploads(principal, promised),
    ({ index = 0 }) => place(index),
  );
  return Promise.all(
    promised.map(async (each, position) => {
      const headers = headersOf(each);
      const expiresIn = bodies[position]?.expires_in ?? 0;
      const url = await objects.presign({ method: "PUT", key: each.path, expiresIn, headers });
      return { url, path: each.path, headers, expires_at: formatInstant(each.expiresAt) };
    }),
  );
}

const refuseHidden = (open: readonly boolean[], place: (index: number) => string): void => {
  if (open.every(Boolean)) return;
  const details = open.flatMap((isOpen, index) =>
    isOpen
      ? []
      : [{ index, path: place(index), code: "not_found", detail: "Expected a known object." }],
  );
  throw new AppError("not_found", "There is no such object.", { details });
};

/**
 * The keys of objects that the caller may open; records that they are disclosed.
 *
 * @throws AppError `not_found` naming each that does not exist for the caller.
 */
export async function openedKeys(
  { store, principal, objects }: Omit<PresignContext, "now">,
  wanted: readonly { readonly path: string; readonly as_of?: string | null | undefined }[],
  use: ObjectUse,
  place: (index: number) => string,
): Promise<readonly string[]> {
  const objectsWanted = wanted.map(({ path, as_of: asOf }) => ({
    key: keyOf(path, objects.access.bucket),
    asOf: parseAsOf(asOf ?? null),
  }));
  refuseHidden(await store.openObjects(principal, objectsWanted, use), place);
  return objectsWanted.map(({ key }) => key);
}

/** Issues URLs for downloads, all or none. */
export async function downloadAddresses(
  context: PresignContext,
  bodies: readonly DownloadBody[],
  place: (index: number) => string,
): Promise<readonly JsonObject[]> {
  const keys = await openedKeys(context, bodies, "download", place);
  return Promise.all(
    bodies.map(async ({ expires_in: expiresIn }, position) => {
      const key = keys[position] ?? "";
      const url = await context.objects.presign({ method: "GET", key, expiresIn });
      return { url, expires_at: formatInstant(context.now + expiresIn * 1_000_000) };
    }),
  );
}
