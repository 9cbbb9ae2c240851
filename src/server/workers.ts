/** The Workers of the local runtime: the product, and those that it calls by bindings. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { V4WorkerOptions } from "miniflare";
import type { Module } from "./bundle.ts";
import { BUCKET_NAME, COMPATIBILITY_DATE, DATABASE_ID } from "./platform.ts";
import type { Settings } from "./dotenv.ts";

/** Where a Worker listens. Port 0 is any free one. */
export interface Listener {
  readonly host: string;
  readonly port: number;
}

/** The bindings of the product. */
export interface ProductOptions {
  readonly name: string;
  readonly modules: readonly Module[];
  readonly settings: Settings;
  readonly listener: Listener;
  readonly isInspected: boolean;
  /** Undefined: the bucket is a local one. */
  readonly store?: StoreNetwork | undefined;
}

/** How to reach an S3 store. */
export interface StoreNetwork {
  /** Certificates that may sign its own, in addition to the default ones; PEM. */
  readonly authorities: readonly string[];
}

/** The operator of the server chose the store's address, so it may be a private one. */
const storeNetwork = ({ authorities }: StoreNetwork) => ({
  network: {
    allow: ["public", "private"],
    tlsOptions: { trustBrowserCas: true, trustedCertificates: [...authorities] },
  },
});

/**
 * The product. The name of the Worker is part of the ids of its Durable Objects, so it never changes.
 */
export function productWorker(options: ProductOptions): V4WorkerOptions {
  const { store } = options;
  return {
    name: options.name,
    compatibilityDate: COMPATIBILITY_DATE,
    modulesRoot: "/",
    modules: options.modules.map(({ path, ...module }) => ({ ...module, path: `/${path}` })),
    unsafeDirectSockets: [options.listener],
    unsafeInspectorProxy: options.isInspected,
    outboundService: "outbound",
    bindings: { ...options.settings },
    d1Databases: { DB: DATABASE_ID },
    ...(store === undefined ? { r2Buckets: { BUCKET: BUCKET_NAME } } : {}),
    durableObjects: {
      ALLOCATOR: { className: "Allocator", useSQLite: true },
      THROTTLE: { className: "Throttle", useSQLite: true },
    },
    serviceBindings: {
      ...(store === undefined ? { OBJECTS: "objects" } : { STORE: storeNetwork(store) }),
      ASSETS: "files",
    },
  };
}

const S3_BUCKET_BINDING = `MINIFLARE_R2_S3_BUCKET_${BUCKET_NAME}`;

/** The key of the local bucket for S3 requests. */
export interface BucketKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The runtime's own Worker that speaks S3 over the local bucket. */
export function objectsWorker(key: BucketKey): V4WorkerOptions {
  const main = createRequire(import.meta.url).resolve("miniflare");
  const file = join(dirname(main), "workers/r2/s3/index.worker.js");
  return {
    name: "objects",
    compatibilityDate: COMPATIBILITY_DATE,
    modules: [{ type: "ESModule", path: "objects.js", contents: readFileSync(file, "utf8") }],
    bindings: { MINIFLARE_R2_S3_CREDENTIALS: { [BUCKET_NAME]: { ...key } } },
    r2Buckets: { [S3_BUCKET_BINDING]: BUCKET_NAME },
  };
}

/** The static files of a folder, with their types; 404 for all else. */
export function filesWorker(directory: string): V4WorkerOptions {
  return {
    name: "files",
    compatibilityDate: COMPATIBILITY_DATE,
    modules: [{ type: "ESModule", path: "files.js", contents: "export default {};" }],
    assets: { directory },
  };
}

/** Settings that permit requests to private addresses. */
const OPENING = ["ALLOW_PRIVATE_SOURCES", "ALLOW_PRIVATE_WEBHOOKS"];

const FORWARD = "export default { fetch: (request, env) => env.NETWORK.fetch(request) };";

/**
 * Sends the product's own requests. workerd resolves the name and refuses private addresses when it
 * connects, so that neither a redirect nor a changing name leads into a private network.
 */
export function outboundWorker(settings: Settings): V4WorkerOptions {
  const isOpen = OPENING.some((name) => settings[name] === "true");
  const allow = isOpen ? ["public", "private"] : ["public"];
  return {
    name: "outbound",
    compatibilityDate: COMPATIBILITY_DATE,
    modules: [{ type: "ESModule", path: "outbound.js", contents: FORWARD }],
    serviceBindings: { NETWORK: { network: { allow, tlsOptions: { trustBrowserCas: true } } } },
  };
}
