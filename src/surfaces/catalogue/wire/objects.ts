/** Requests and responses about objects in the bucket, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { LIMITS } from "../../../model/limits.ts";
import { isGroup } from "../../../objects/key.ts";
import { asOfBody, identifier, instant, reasonMember } from "./resource.ts";

const GROUP_RULE =
  "Expected 1 to 128 letters, digits, dots, underscores or dashes, beginning with a letter or digit, without two dots in a row, and not `exports`.";

const group = z
  .string()
  .refine(isGroup, GROUP_RULE)
  .openapi({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$", maxLength: 128 })
  .describe(
    "The first segment of the key, e.g. a project. It consists of letters, digits, `.`, `_` and `-`.",
  );

const filename = z
  .string()
  .min(1)
  .max(1_024)
  .refine((text) => text.isWellFormed(), "Expected well-formed Unicode.")
  .describe(
    "The name of the file. In the key, characters other than letters, digits, `.`, `_` and `-` become `_`.",
  );

const MEDIA_TYPE =
  /^[A-Za-z0-9!#$&^_.+-]{1,127}\/[A-Za-z0-9!#$&^_.+-]{1,127}(?:; ?[A-Za-z0-9!#$&^_.+-]{1,64}=[A-Za-z0-9!#$&^_.+-]{1,64}){0,4}$/;

const sha256 = z
  .string()
  .regex(
    /^(?:[0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)$/,
    "Expected a SHA-256 digest: 64 hexadecimal digits, or base64.",
  )
  .describe("The SHA-256 digest of the bytes, hexadecimal or base64.");

const expiresIn = z
  .int()
  .min(1)
  .max(LIMITS.addressSecondsMax)
  .default(LIMITS.addressSecondsDefault)
  .describe("The number of seconds for which the URL works: 900 by default, at most 7 days.");

const size = z.int().min(0).max(LIMITS.uploadBytesMax);

const upload = {
  filename,
  group,
  content_type: z
    .string()
    .max(255)
    .regex(MEDIA_TYPE, "Expected a media type.")
    .optional()
    .describe(
      "The media type (RFC 9110). The URL is signed for it, so the upload must send the same one.",
    ),
  content_length: size
    .optional()
    .describe("The size in bytes. The URL is signed for it, so the upload must have this size."),
  checksum_sha256: sha256
    .optional()
    .describe("The SHA-256 digest of the bytes. `POST /s3/finalize` checks it."),
  expires_in: expiresIn,
};

const download = {
  path: z
    .string()
    .min(1)
    .max(2_048)
    .describe("The key of the object, or its `s3://` address in this bucket."),
  as_of: asOfBody.describe(
    "An RFC 3339 instant. The resources of that instant decide which objects there are; the caller's present rights decide who may read them.",
  ),
  expires_in: expiresIn,
};

/** Body of `/s3/presign`. */
export const PresignRequest = z
  .discriminatedUnion("direction", [
    z.strictObject({ direction: z.literal("upload"), ...upload }),
    z.strictObject({ direction: z.literal("download"), ...download }),
  ])
  .openapi("PresignRequest");

/** Body of `/s3/presign/batch`. */
export const PresignBatchRequest = z
  .discriminatedUnion("direction", [
    z.strictObject({
      direction: z.literal("upload"),
      items: z.array(z.strictObject(upload)).max(LIMITS.addressesMax),
    }),
    z.strictObject({
      direction: z.literal("download"),
      items: z.array(z.strictObject(download)).max(LIMITS.addressesMax),
    }),
  ])
  .openapi("PresignBatchRequest");

/** Body that requests an upload. */
export type UploadBody = z.infer<z.ZodObject<typeof upload>>;

/** Body that requests a download. */
export type DownloadBody = z.infer<z.ZodObject<typeof download>>;

/** Response of `/s3/presign`. */
export const PresignResponse = z
  .strictObject({
    url: z
      .string()
      .describe("The presigned URL. Anyone who has it can use it, so keep it out of logs."),
    path: z.string().optional().describe("The key of the object. Present for uploads."),
    headers: z
      .record(z.string(), z.string())
      .optional()
      .describe("The headers that the upload must send unchanged."),
    expires_at: instant,
  })
  .openapi("PresignResponse");

/** Body of `/s3/finalize`. */
export const FinalizeRequest = z
  .strictObject({
    path: download.path,
    size: size.optional().describe("The number of bytes that were sent."),
    sha256: sha256.optional(),
    xxhash: z
      .string()
      .regex(/^[0-9a-fA-F]{16}$/, "Expected 16 hexadecimal digits.")
      .optional()
      .describe("The XXH64 digest of the bytes with seed 0, as 16 hexadecimal digits."),
    reason: reasonMember,
  })
  .openapi("FinalizeRequest");

/** A checked body of `/s3/finalize`. */
export type FinalizeBody = z.infer<typeof FinalizeRequest>;

/** Response of `/s3/finalize`. */
export const FinalizeResponse = z
  .strictObject({
    path: z.string(),
    size_bytes: z.int(),
    content_type: z.string().nullable(),
    sha256: z
      .string()
      .nullable()
      .describe("The SHA-256 digest. Null for an object that is too large to be read completely."),
    xxhash: z.string().nullable(),
    resources: z
      .array(identifier)
      .describe(
        "The resources that name the object. They now contain its size, media type and digest.",
      ),
  })
  .openapi("FinalizeResponse");

const wholeNumber = (low: number, high: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "Expected a whole number.")
    .transform(Number)
    .refine((value) => value >= low && value <= high, `Expected ${low} to ${high}.`)
    .default(fallback)
    .openapi({ type: "integer", minimum: low, maximum: high, default: fallback });

/** Query of `/s3/parquet`. */
export const previewQuery = z.strictObject({
  path: download.path,
  limit: wholeNumber(1, LIMITS.previewRowsMax, 100).describe("The number of rows to read."),
  offset: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0).describe("The number of rows to skip."),
  as_of: z
    .string()
    .optional()
    .describe(
      "An RFC 3339 instant. The resources of that instant decide which objects there are; the default is now.",
    ),
});

const ColumnSchema = z
  .looseObject({
    name: z.string(),
    type: z.string().nullable().describe("The physical type. Null for a group."),
    logical_type: z.string().nullable(),
    nullable: z.boolean(),
    repeated: z.boolean(),
  })
  .describe("A column. The columns of a group are in `children`, in the same shape.");

/** Response of `/s3/parquet`. */
export const PreviewResponse = z
  .strictObject({
    columns: z.array(z.string()),
    schema: z.array(ColumnSchema),
    total_rows: z.int(),
    returned_rows: z.int(),
    offset: z.int(),
    data: z
      .array(z.looseObject({}))
      .describe("The rows, each as an object with a member for each column."),
  })
  .openapi("PreviewResponse");
