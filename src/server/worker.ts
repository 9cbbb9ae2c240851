/**
 * Worker entry for one machine: the bucket's S3 endpoint and the API share one address there. On
 * the platform the bucket has an address of its own.
 */
import product from "../index.ts";

export { Allocator, Throttle } from "../index.ts";

/** Path of the local bucket's S3 endpoint, which is fixed in its code. */
const OBJECTS = "/cdn-cgi/local/r2/s3/";

interface LocalEnv extends Env {
  /** None when the bucket is an S3 store. */
  readonly OBJECTS?: Fetcher;
}

export default {
  fetch: (request, env, ctx) =>
    env.OBJECTS !== undefined && new URL(request.url).pathname.startsWith(OBJECTS)
      ? env.OBJECTS.fetch(request)
      : product.fetch(request, env, ctx),
  scheduled: product.scheduled,
} satisfies ExportedHandler<LocalEnv>;
