import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./project.ts";

interface Maker {
  readonly makeDocument: () => string;
}

/** The OpenAPI document that the whole source makes. */
export const makeDocument = async (): Promise<string> => {
  // By its path: the product's source has other types around it than scripts have.
  const maker = (await import(join(projectRoot, "src/server/document.ts"))) as Maker;
  return maker.makeDocument();
};

/** Writes the document to where a built Worker takes it from, as a whole or not at all. */
export const writeDocument = async (): Promise<void> => {
  // Not among the static files: others may copy these meanwhile.
  const folder = join(projectRoot, ".wrangler");
  mkdirSync(folder, { recursive: true });
  const fresh = join(folder, `openapi-${process.pid}.json`);
  writeFileSync(fresh, await makeDocument());
  renameSync(fresh, join(projectRoot, "assets/openapi.json"));
};
