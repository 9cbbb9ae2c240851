/** `/s3/*`: presigned URLs, finishing an upload, and the preview of a Parquet file. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { addRoute, type Api } from "../../../http/api.ts";
import { answerOf, jsonText } from "../../../http/answer.ts";
import { writeContext } from "../../../http/context.ts";
import { answer, BEARER, jsonBody, problems, writeHeaders } from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import {
  downloadAddresses,
  openedKeys,
  uploadAddresses,
  type PresignContext,
} from "../operations/presign.ts";
import { finalizeUpload } from "../operations/finalize.ts";
import {
  FinalizeRequest,
  FinalizeResponse,
  PresignBatchRequest,
  PresignRequest,
  PresignResponse,
  previewQuery,
  PreviewResponse,
} from "../wire/objects.ts";

const tags = ["objects"];
const PROBLEMS = problems(400, 401, 403, 404, 413, 415, 429, 503);

const presignContextOf = (c: Context<AppEnv>): PresignContext => {
  const { objects, now } = c.get("services");
  return { store: c.get("store"), principal: c.get("principal"), objects, now: now() };
};

const config = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/s3/config",
      tags,
      security: BEARER,
      summary: "Where objects are",
      description:
        "Returns the address of the S3 API and the name of the bucket to which presigned URLs point.",
      responses: {
        ...answer(
          z.strictObject({ s3_endpoint: z.string(), s3_bucket: z.string() }),
          "The endpoint and the bucket.",
          {
            s3_endpoint: "https://0123456789abcdef.r2.cloudflarestorage.com",
            s3_bucket: "vxdata",
          },
        ),
        ...problems(400, 401, 429, 503),
      },
    },
    { requires: null },
    async (c) => {
      const { store, principal } = c.var;
      await store.authState(principal);
      const { endpoint, bucket } = c.get("services").objects.access;
      return c.json({ s3_endpoint: endpoint, s3_bucket: bucket });
    },
  );

const EXAMPLE_PATH = "cohort-7/0199c4a0-0000-7000-8000-000000000000/ct-1.dcm";
const EXAMPLE_URL = `https://0123456789abcdef.r2.cloudflarestorage.com/vxdata/${EXAMPLE_PATH}?X-Amz-Signature=0`;
const EXAMPLE_ADDRESS = {
  url: EXAMPLE_URL,
  path: EXAMPLE_PATH,
  headers: { "if-none-match": "*", "content-type": "application/dicom" },
  expires_at: "2026-01-01T00:15:00.000000Z",
};
const EXAMPLE_UPLOAD = {
  filename: "ct-1.dcm",
  group: "cohort-7",
  content_type: "application/dicom",
};

const presignOne = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/s3/presign",
      tags,
      security: BEARER,
      summary: "Get a URL to upload or download one object",
      description:
        "Returns a presigned URL. For an upload the server builds the key, `<group>/<id>/<filename>`, and the URL can create that object once; send the returned `headers` with the upload. A download is possible for objects that the caller uploaded, and for objects that a visible resource names in `s3_path`.",
      request: { body: jsonBody(PresignRequest, { direction: "upload", ...EXAMPLE_UPLOAD }) },
      responses: { ...answer(PresignResponse, "The presigned URL.", EXAMPLE_ADDRESS), ...PROBLEMS },
    },
    { requires: ["create", "read"] },
    async (c, { body }) => {
      const context = presignContextOf(c);
      const addresses =
        body.direction === "upload"
          ? await uploadAddresses(context, [body], () => "")
          : await downloadAddresses(context, [body], () => "path");
      return c.json(addresses[0] ?? {});
    },
  );

const presignMany = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/s3/presign/batch",
      tags,
      security: BEARER,
      summary: "Get URLs for many objects",
      description:
        "Returns presigned URLs as `POST /s3/presign` does, for up to 1,000 objects of one direction. Either all are returned, or none.",
      request: {
        body: jsonBody(PresignBatchRequest, { direction: "upload", items: [EXAMPLE_UPLOAD] }),
      },
      responses: {
        ...answer(
          z.strictObject({ urls: z.array(PresignResponse) }),
          "The presigned URLs, in the order of the request.",
          {
            urls: [EXAMPLE_ADDRESS],
          },
        ),
        ...PROBLEMS,
      },
    },
    { requires: ["create", "read"] },
    async (c, { body }) => {
      const context = presignContextOf(c);
      const urls =
        body.direction === "upload"
          ? await uploadAddresses(context, body.items, (index) => `items.${index}`)
          : await downloadAddresses(context, body.items, (index) => `items.${index}.path`);
      return jsonText(c, JSON.stringify({ urls }));
    },
  );

const finalize = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/s3/finalize",
      tags,
      security: BEARER,
      summary: "Finish an upload",
      description:
        "Checks that the object has arrived and matches the presigned upload and the members of the request. Then it writes the size, media type and SHA-256 digest into the live resources that name the object. The call can be repeated. Unfinished uploads are removed after a day, unless a resource names them.",
      request: {
        headers: writeHeaders,
        body: jsonBody(FinalizeRequest, { path: EXAMPLE_PATH, size: 526_336 }),
      },
      responses: {
        ...answer(FinalizeResponse, "The properties of the stored object.", {
          path: EXAMPLE_PATH,
          size_bytes: 526_336,
          content_type: "application/dicom",
          sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
          xxhash: "ef46db3751d8e999",
          resources: ["demo/image-1"],
        }),
        ...PROBLEMS,
        ...problems(409, 422),
      },
    },
    { requires: "create" },
    async (c, { body, bytes }) => {
      const context = await writeContext(c, "catalogue", "finalize", bytes, body.reason);
      const { receipt, key, arrived, resources } = await finalizeUpload(
        presignContextOf(c),
        body,
        context,
      );
      const { sizeBytes, contentType, sha256, xxhash } = arrived;
      const facts = { size_bytes: sizeBytes, content_type: contentType, sha256, xxhash };
      return answerOf(c, receipt, { path: key, ...facts, resources });
    },
  );

const preview = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/s3/parquet",
      tags,
      security: BEARER,
      summary: "Look into a Parquet file",
      description:
        "Returns rows of a Parquet file in the bucket. The server reads only the footer and the row groups that contain the rows. NaN and infinities become null, integers that JSON cannot represent become strings, bytes become base64, timestamps become RFC 3339. The caller needs the same rights as for a download.",
      request: { query: previewQuery },
      responses: {
        ...answer(PreviewResponse, "The rows and the columns of the file.", {
          columns: ["identifier", "rows"],
          schema: [
            {
              name: "identifier",
              type: "BYTE_ARRAY",
              logical_type: "STRING",
              nullable: false,
              repeated: false,
            },
            { name: "rows", type: "INT64", logical_type: null, nullable: true, repeated: false },
          ],
          total_rows: 1,
          returned_rows: 1,
          offset: 0,
          data: [{ identifier: "demo/image-1", rows: 512 }],
        }),
        ...problems(400, 401, 403, 404, 413, 429, 503),
      },
    },
    { requires: "read" },
    async (c, { query }) => {
      const context = presignContextOf(c);
      const [key = ""] = await openedKeys(context, [query], "preview", () => "path");
      return jsonText(c, await context.objects.preview(key, query));
    },
  );

/** Adds the routes. */
export function objectRoutes(api: Api): void {
  config(api);
  presignOne(api);
  presignMany(api);
  finalize(api);
  preview(api);
}
