import type { Calls } from "./calls.ts";
import type { CallOptions } from "./options.ts";
import { VxdataError } from "./problem.ts";
import { queryBody, streamOf } from "./queries.ts";
import type { PayloadType, Query } from "./filters.ts";
import type { Export, Payloads } from "./wire.ts";

/** Formats of an export. */
export type ExportFormat = Export["format"];

/** An export whose file is complete. */
export type FinishedExport = Export & { readonly url: string };

/** The server could not make the file. */
export class ExportFailedError extends VxdataError {
  override name = "ExportFailedError";
}

/** Options of an export. */
export interface ExportOptions extends CallOptions {
  /** Default `parquet`. */
  readonly format?: ExportFormat | undefined;
  /** Called with each status read. */
  readonly onProgress?: ((seen: Export) => void) | undefined;
}

/** Files of queries. */
export interface ExportCalls<Types extends object = Payloads> {
  /** Orders a file, and returns at once. */
  readonly orderExport: <const Type extends PayloadType<Types> = PayloadType<Types>>(
    query: Query<Type, Types>,
    options?: ExportOptions,
  ) => Promise<Export>;
  /** Its status. */
  readonly exportState: (id: string, options?: CallOptions) => Promise<Export>;
  /** Waits until the file is complete. */
  readonly finishExport: (id: string, options?: ExportOptions) => Promise<FinishedExport>;
  /** The file from `offset` on; an expired address is requested again. */
  readonly exportFile: (
    id: string,
    options?: CallOptions & { readonly offset?: number },
  ) => Promise<ReadableStream<Uint8Array>>;
  /** Orders a file of everything that a query finds, waits for it, and returns its bytes. */
  readonly export: <const Type extends PayloadType<Types> = PayloadType<Types>>(
    query: Query<Type, Types>,
    options?: ExportOptions,
  ) => Promise<ReadableStream<Uint8Array>>;
}

const FIRST_LOOK_MS = 100;
const LOOK_MS_MAX = 2_000;

/** Makes these calls. */
export function createExportCalls<Types extends object>({
  read,
  sender,
  write,
}: Calls): ExportCalls<Types> {
  const exportState: ExportCalls["exportState"] = async (id, options) =>
    read(`/exports/${encodeURIComponent(id)}`, options);
  const finishExport: ExportCalls["finishExport"] = async (id, options) => {
    const { signals } = sender.settled(options);
    const signal = signals.length > 0 ? AbortSignal.any([...signals]) : undefined;
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(LOOK_MS_MAX, wait * 1.5)) {
      const seen = await exportState(id, options);
      options?.onProgress?.(seen);
      if (seen.state === "succeeded" && seen.url !== null) return { ...seen, url: seen.url };
      if (seen.state !== "pending" && seen.state !== "running") {
        throw new ExportFailedError(`export ${id} ${seen.state}: ${seen.fault ?? "no file"}`);
      }
      await sender.clock.sleep(wait, signal);
    }
  };
  const exportFile: ExportCalls["exportFile"] = async (id, options) => {
    const { url } = await finishExport(id, options);
    const { offset = 0 } = options ?? {};
    const headers = offset === 0 ? {} : { range: `bytes=${offset}-` };
    return streamOf(await sender.openFile({ method: "GET", url, headers }, options));
  };
  const orderExport: ExportCalls<Types>["orderExport"] = async (query, options) => {
    const asOf = sender.settled(options).as_of;
    const body = queryBody(query);
    const pinned = asOf === undefined || "as_of" in body ? body : { ...body, as_of: asOf };
    return write("/exports", { query: pinned, format: options?.format ?? "parquet" }, options);
  };
  return {
    orderExport,
    exportState,
    finishExport,
    exportFile,
    export: async (query, options) => {
      const { id } = await orderExport(query, options);
      // The key was for the order.
      return exportFile(id, { ...options, idempotencyKey: undefined });
    },
  };
}
