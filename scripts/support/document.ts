import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./project.ts";

interface Maker {
  readonly makeDocument: () => string;
}

/** Writes the OpenAPI document to where a built Worker takes it from, as a whole or not at all. */
export const writeDocument = async (): Promise<void> => {
  // By its path: the product's source has other types around it than scripts have.
  const { makeDocument } = (await import(join(projectRoot, "src/server/document.ts"))) as Maker;
  // Not among the static files: others may copy these meanwhile.
  const folder = join(projectRoot, ".wrangler");
  mkdirSync(folder, { recursive: true });
  const fresh = join(folder, `openapi-${process.pid}.json`);
  writeFileSync(fresh, makeDocument());
  renameSync(fresh, join(projectRoot, "assets/openapi.json"));
};
