/** The bucket that the Worker is bound to. */
import {
  KEYS_AT_ONCE,
  type Bucket,
  type ObjectBody,
  type StoredObject,
  type Upload,
} from "./bucket.ts";

const aboutOf = (found: R2Object): StoredObject => ({
  size: found.size,
  etag: found.httpEtag,
  contentType: found.httpMetadata?.contentType ?? null,
  headers: () => {
    const headers = new Headers();
    found.writeHttpMetadata(headers);
    return headers;
  },
});

const bodyOf = (found: R2ObjectBody): ObjectBody => ({
  ...aboutOf(found),
  body: found.body as ReadableStream<Uint8Array>,
  bytes: async () => new Uint8Array(await found.arrayBuffer()),
  text: () => found.text(),
});

const uploadOf = (upload: R2MultipartUpload): Upload => ({
  uploadId: upload.uploadId,
  uploadPart: (partNumber, bytes) => upload.uploadPart(partNumber, bytes),
  complete: async (parts) => {
    await upload.complete([...parts]);
  },
  abort: () => upload.abort(),
});

/** A bucket by its binding. */
export function r2Bucket(binding: R2Bucket): Bucket {
  return {
    head: async (key) => {
      const found = await binding.head(key);
      return found === null ? null : aboutOf(found);
    },
    get: async (key, { range, etag } = {}) => {
      const found = await binding.get(key, {
        ...(range === undefined ? {} : { range }),
        ...(etag === undefined ? {} : { onlyIf: { etagMatches: etag.slice(1, -1) } }),
      });
      // Without a body: the condition does not hold.
      return found === null || !("body" in found) ? null : bodyOf(found);
    },
    put: async (key, content, metadata) => {
      await binding.put(key, content, metadata === undefined ? {} : { httpMetadata: metadata });
    },
    delete: (keys) => binding.delete([...keys]),
    list: async (prefix, cursor) => {
      const options = { prefix, limit: KEYS_AT_ONCE };
      const page = await binding.list(cursor === undefined ? options : { ...options, cursor });
      const objects = page.objects.map(({ key, size }) => ({ key, size }));
      return { objects, cursor: page.truncated ? page.cursor : null };
    },
    createUpload: async (key, httpMetadata) =>
      uploadOf(await binding.createMultipartUpload(key, { httpMetadata })),
    resumeUpload: (key, uploadId) => uploadOf(binding.resumeMultipartUpload(key, uploadId)),
  };
}
