import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { packageFile, projectRoot } from "./support/project.ts";

const FILES = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "LICENSE", "NOTICE"];

/** Copies the interactive API page's library out of its package, so that /docs works offline. */
export const copyDocs = (): void => {
  const target = join(projectRoot, "assets/docs/vendor");
  mkdirSync(target, { recursive: true });
  for (const file of FILES)
    copyFileSync(packageFile(`swagger-ui-dist/${file}`), join(target, file));
};

if (import.meta.main) {
  if (process.argv.includes("--help")) {
    console.log(
      "npm run docs: copies the files of the /docs page out of node_modules into assets/",
    );
  } else {
    copyDocs();
  }
}
