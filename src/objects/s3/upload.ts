/** A multipart upload by S3. */
import { createHash } from "node:crypto";
import type { ObjectMetadata, Upload, UploadedPart } from "../bucket.ts";
import { discard, elementIn, refuse } from "./answer.ts";
import { call, type S3Client } from "./call.ts";
import { StoreError, unexpected } from "./error.ts";
import { headersOf } from "./metadata.ts";
import { escapeXml, textOf } from "./xml.ts";

const encoder = new TextEncoder();

/** The entity tag of an object of these parts: S3 computes it from theirs. */
const etagOf = (parts: readonly UploadedPart[]): string => {
  const hash = createHash("md5");
  for (const { etag } of parts) hash.update(etag.replaceAll('"', ""), "hex");
  return `"${hash.digest("hex")}-${parts.length}"`;
};

const listOf = (parts: readonly UploadedPart[]): Uint8Array => {
  const each = parts.map(
    ({ partNumber, etag }) =>
      `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  return encoder.encode(`<CompleteMultipartUpload>${each.join("")}</CompleteMultipartUpload>`);
};

const completeOnce = (client: S3Client, key: string, uploadId: string, body: Uint8Array) =>
  call(client, { method: "POST", key, query: { uploadId }, body, isRepeatable: true }, (answer) =>
    answer.status === 200 ? elementIn(answer, "CompleteMultipartUploadResult") : refuse(answer),
  );

/**
 * Checks whether an upload that no longer exists has become the object, because the response to its
 * completion was lost.
 */
const isComplete = (client: S3Client, key: string, parts: readonly UploadedPart[]) =>
  call(client, { method: "HEAD", key, isRepeatable: true }, async (answer) => {
    await discard(answer);
    return answer.status === 200 && answer.headers.get("etag") === etagOf(parts);
  });

/** An upload that was started. */
export function openUpload(client: S3Client, key: string, uploadId: string): Upload {
  return {
    uploadId,
    uploadPart: (partNumber, body) => {
      const query = { partNumber: String(partNumber), uploadId };
      return call(
        client,
        { method: "PUT", key, query, body, isRepeatable: true },
        async (answer) => {
          if (answer.status !== 200) return refuse(answer);
          await discard(answer);
          const etag = answer.headers.get("etag");
          if (etag === null) throw unexpected("without an entity tag");
          return { partNumber, etag };
        },
      );
    },
    complete: async (parts) => {
      try {
        await completeOnce(client, key, uploadId, listOf(parts));
      } catch (error) {
        const isGone = error instanceof StoreError && error.code === "NoSuchUpload";
        if (!isGone || !(await isComplete(client, key, parts))) throw error;
      }
    },
    abort: () =>
      call(
        client,
        { method: "DELETE", key, query: { uploadId }, isRepeatable: true },
        async (answer) => {
          if (answer.status !== 204 && answer.status !== 404) return refuse(answer);
          return discard(answer);
        },
      ),
  };
}

/** Starts an upload. */
export async function createUpload(
  client: S3Client,
  key: string,
  metadata: ObjectMetadata,
): Promise<Upload> {
  const headers = headersOf(metadata);
  const request = { method: "POST", key, query: { uploads: "" }, headers } as const;
  const id = await call(client, { ...request, isRepeatable: false }, async (answer) => {
    if (answer.status !== 200) return refuse(answer);
    return textOf(await elementIn(answer, "InitiateMultipartUploadResult"), "UploadId");
  });
  if (id === undefined || id === "") throw unexpected("without an upload");
  return openUpload(client, key, id);
}
