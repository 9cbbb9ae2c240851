import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { guideFiles } from "./docs/site.ts";
import { packageFile, projectRoot } from "./support/project.ts";

const SWAGGER = [
  "swagger-ui.css",
  "swagger-ui-bundle.js",
  "favicon-32x32.png",
  "LICENSE",
  "NOTICE",
];

/** Files of packages, by their name in `assets/docs/vendor`. */
const VENDOR: Readonly<Record<string, string>> = {
  ...Object.fromEntries(SWAGGER.map((name) => [name, `swagger-ui-dist/${name}`])),
  "minisearch.js": "minisearch/dist/es/index.js",
  "minisearch.LICENSE.txt": "minisearch/LICENSE.txt",
};

/** A server that runs from the same clone reloads what is written: what is the same stays as it is. */
const writeIfChanged = (path: string, contents: Buffer): void => {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
};

/** Makes the guide and copies the libraries of its pages, so that /docs works offline. */
export const makeDocs = (): void => {
  const target = join(projectRoot, "assets/docs");
  for (const [name, file] of Object.entries(VENDOR)) {
    writeIfChanged(join(target, "vendor", name), readFileSync(packageFile(file)));
  }
  const read = (file: string): string => readFileSync(join(projectRoot, file), "utf8");
  writeIfChanged(join(target, "concepts.svg"), Buffer.from(read("docs/concepts.svg")));
  for (const [name, text] of guideFiles(read))
    writeIfChanged(join(target, name), Buffer.from(text));
};

if (import.meta.main) {
  if (process.argv.includes("--help")) {
    console.log(
      "npm run docs: makes the guide of /docs from docs/, and copies the libraries of its pages into assets/",
    );
  } else {
    makeDocs();
  }
}
