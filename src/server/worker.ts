/**
 * Worker entry where the product runs on one machine: the bucket's S3 endpoint and the API share one
 * address there. On the platform the bucket has an address of its own.
 */
import product from "../index.ts";

export { Allocator, Throttle } from "../index.ts";

/** Where the S3 endpoint of the local bucket answers. Its code knows no other path. */
const OBJECTS = "/cdn-cgi/local/r2/s3/";

interface LocalEnv extends Env {
  /** None where the bucket is an S3 store. */
  readonly OBJECTS?: Fetcher;
}

export default {
  fetch: (request, env, ctx) =>
    env.OBJECTS !== undefined && new URL(request.url).pathname.startsWith(OBJECTS)
      ? env.OBJECTS.fetch(request)
      : product.fetch(request, env, ctx),
  scheduled: product.scheduled,
} satisfies ExportedHandler<LocalEnv>;
