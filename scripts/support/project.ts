import { fileURLToPath } from "node:url";

/** The project's root directory. */
export const projectRoot = fileURLToPath(new URL("../..", import.meta.url).href);

/** The path of an installed package's file, such as `wrangler/bin/wrangler.js`. */
export const packageFile = (path: string): string =>
  fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url).href);
