import type { Calls } from "./calls.ts";
import type { CallOptions } from "./options.ts";
import type { PayloadType } from "./filters.ts";
import type { Resource } from "./types.ts";
import type {
  DatasourceStatistics,
  DetailedStatistics,
  Indexes,
  IndexesBody,
  Payloads,
  SchemaBody,
} from "./wire.ts";

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What `refreshViews` does. */
export interface RefreshOptions extends CallOptions {
  /**
   * True: counts and statistics are recomputed from all resources, compared and replaced; the message says how
   * many rows differed, and 0 is expected. Default: what has changed is brought in.
   */
  readonly full?: boolean | undefined;
}

/** Schemas, statistics, artefacts and the service itself. */
export interface CatalogueCalls<Types extends object = Payloads> {
  /** The latest succeeded artefact. */
  readonly latestArtefact: (
    of: { readonly repo: string; readonly branch: string; readonly path: string },
    options?: CallOptions,
  ) => Promise<Resource<Types, Extract<PayloadType<Types>, "artefact">>>;
  /** JSON Schemas of all payload types. */
  readonly schemas: (options?: CallOptions) => Promise<Readonly<Record<string, JsonSchema>>>;
  /** The JSON Schema of one, at its latest or a given version. */
  readonly schema: (
    payloadType: PayloadType<Types>,
    version?: string,
    options?: CallOptions,
  ) => Promise<JsonSchema>;
  /** Registers a payload type, or its next version; for admins. */
  readonly registerSchema: (
    payloadType: string,
    body: SchemaBody,
    options?: CallOptions,
  ) => Promise<{ readonly payload_type: string; readonly version: string }>;
  /** The indexed fields of a payload type, and how far each index is; for admins. */
  readonly indexes: (payloadType: PayloadType<Types>, options?: CallOptions) => Promise<Indexes>;
  /** Sets all fields of a payload type that are indexed; for admins. */
  readonly setIndexes: (
    payloadType: PayloadType<Types>,
    body: IndexesBody,
    options?: CallOptions,
  ) => Promise<Indexes>;
  /** Counts and sizes below each datasource. */
  readonly statistics: (options?: CallOptions) => Promise<readonly DatasourceStatistics[]>;
  /** The same by kind, of one datasource. */
  readonly detailedStatistics: (
    datasource: string,
    options?: CallOptions,
  ) => Promise<DetailedStatistics>;
  /** The same by kind, of all datasources. */
  readonly allDetailedStatistics: (options?: CallOptions) => Promise<readonly DetailedStatistics[]>;
  /** Brings counts and statistics up to date now; for admins. */
  readonly refreshViews: (options?: RefreshOptions) => Promise<{ readonly message: string }>;
  /** Succeeds when the server runs. */
  readonly health: (options?: CallOptions) => Promise<{ readonly status: "ok" }>;
  /** Succeeds when the server can reach its database, and the database has every table. */
  readonly ready: (options?: CallOptions) => Promise<{ readonly status: "ready" }>;
}

const indexPath = (payloadType: string): string =>
  `/schemas/${encodeURIComponent(payloadType)}/indexes`;

/** Makes these calls. */
export function createCatalogueCalls<Types extends object>({
  get,
  read,
  sender,
}: Calls): CatalogueCalls<Types> {
  return {
    latestArtefact: async (of, options) => get("/artefacts/latest", of, options),
    schemas: async (options) => get("/schemas", {}, options),
    schema: async (payloadType, version, options) =>
      get(`/schemas/${encodeURIComponent(payloadType)}`, { version }, options),
    registerSchema: async (payloadType, body, options) => {
      const path = `/schemas/${encodeURIComponent(payloadType)}`;
      const { text } = await sender.send({ method: "PUT", path, body, kind: "write" }, options);
      return JSON.parse(text) as { readonly payload_type: string; readonly version: string };
    },
    indexes: async (payloadType, options) => read(indexPath(payloadType), options),
    setIndexes: async (payloadType, body, options) => {
      const path = indexPath(payloadType);
      const { text } = await sender.send({ method: "PUT", path, body, kind: "write" }, options);
      return JSON.parse(text) as Indexes;
    },
    statistics: async (options) => get("/datasources/stats", {}, options),
    detailedStatistics: async (datasource, options) =>
      get("/datasources/detailed-stats", { datasource_id: datasource }, options),
    allDetailedStatistics: async (options) => get("/datasources/detailed-stats", {}, options),
    refreshViews: async ({ full = false, ...options } = {}) => {
      const path = "/admin/materialized-views/refresh";
      const call = { method: "POST", path, kind: "plain" } as const;
      const { text } = await sender.send(full ? { ...call, body: { full } } : call, options);
      return JSON.parse(text) as { readonly message: string };
    },
    health: async (options) => read("/health", options),
    ready: async (options) => read("/ready", options),
  };
}
