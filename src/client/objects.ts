import { sendParts } from "./batch.ts";
import type { Calls } from "./calls.ts";
import type { CallOptions } from "./options.ts";
import { streamOf } from "./queries.ts";
import type { BatchOptions } from "./types.ts";
import type {
  Address,
  DownloadAddressBody,
  FinalizeBody,
  FinalizedObject,
  ParquetPreview,
  UploadAddressBody,
} from "./wire.ts";

/** A presigned URL for an upload, and the object's future address. */
export type UploadAddress = Address & {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** Objects in the bucket. */
export interface ObjectCalls {
  /** Endpoint and name of the bucket. */
  readonly bucket: (
    options?: CallOptions,
  ) => Promise<{ readonly s3_endpoint: string; readonly s3_bucket: string }>;
  /** URLs to upload to, in order; all or none. `upload` does the rest as well. */
  readonly uploadAddresses: (
    items: readonly UploadAddressBody[],
    options?: BatchOptions,
  ) => Promise<readonly UploadAddress[]>;
  /** URLs to download from, in order; all or none. */
  readonly downloadAddresses: (
    items: readonly DownloadAddressBody[],
    options?: BatchOptions,
  ) => Promise<readonly Address[]>;
  /** One URL of either kind. */
  readonly address: (
    item:
      | ({ readonly direction: "upload" } & UploadAddressBody)
      | ({ readonly direction: "download" } & DownloadAddressBody),
    options?: CallOptions,
  ) => Promise<Address>;
  /** Checks that an upload has arrived as promised. */
  readonly finalize: (body: FinalizeBody, options?: CallOptions) => Promise<FinalizedObject>;
  /** Rows of a Parquet file in the bucket. */
  readonly previewParquet: (
    of: { readonly path: string; readonly limit?: number; readonly offset?: number },
    options?: CallOptions,
  ) => Promise<ParquetPreview>;
  /** The bytes of an object, from `offset` on. */
  readonly download: (
    path: string,
    options?: CallOptions & { readonly offset?: number },
  ) => Promise<ReadableStream<Uint8Array>>;
}

/** Items of one `/s3/presign/batch`. */
const ADDRESSES_MAX = 1_000;

/** Makes these calls. */
export function createObjectCalls({ search, get, read, sender, write }: Calls): ObjectCalls {
  const presign = async (
    direction: "upload" | "download",
    items: readonly object[],
    options?: BatchOptions,
  ): Promise<readonly Address[]> => {
    const answers = await sendParts(
      items.map((item) => JSON.stringify(item)),
      options,
      async (list, own) => {
        const body = `{"direction":"${direction}","items":[${list}]}`;
        const call = { method: "POST", path: "/s3/presign/batch", body, kind: "read" } as const;
        const { text } = await sender.send(call, own);
        return JSON.parse(text) as { readonly urls: readonly Address[] };
      },
      { itemsMax: ADDRESSES_MAX },
    );
    return answers.flatMap(({ urls }) => urls);
  };
  const pinned = (items: readonly DownloadAddressBody[], options?: CallOptions) => {
    const asOf = sender.settled(options).as_of;
    return asOf === undefined ? items : items.map((item) => ({ ...item, as_of: asOf }));
  };
  return {
    bucket: async (options) => read("/s3/config", options),
    uploadAddresses: async (items, options) =>
      (await presign("upload", items, options)) as readonly UploadAddress[],
    downloadAddresses: async (items, options) =>
      presign("download", pinned(items, options), options),
    address: async (item, options) =>
      item.direction === "download"
        ? search("/s3/presign", item, options)
        : search("/s3/presign", item, { ...options, as_of: null }),
    finalize: async (body, options) => write("/s3/finalize", body, options),
    previewParquet: async (of, options) => get("/s3/parquet", of, options),
    download: async (path, options) => {
      const [address] = await presign("download", pinned([{ path }], options), options);
      const { offset = 0 } = options ?? {};
      // The URL is its own permission: the token must not be sent to the bucket.
      const headers = offset === 0 ? {} : { range: `bytes=${offset}-` };
      const url = address?.url ?? "";
      return streamOf(await sender.openFile({ method: "GET", url, headers }, options));
    },
  };
}
