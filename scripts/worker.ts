import { rmSync } from "node:fs";
import { join } from "node:path";
import { makeDocs } from "./docs.ts";
import { writeDocument } from "./support/document.ts";
import { bundleWorker, sizeOf, toText, writeBundle } from "./support/bundle.ts";
import { projectRoot } from "./support/project.ts";

const HELP = `node --import ./scripts/support/node.mjs scripts/worker.ts

Makes dist/worker/, which \`npm run deploy\` uploads as it is: the Worker minified, and its source map. The
OpenAPI document goes to assets/openapi.json.`;

const build = async (): Promise<void> => {
  const folder = join(projectRoot, "dist/worker");
  rmSync(folder, { recursive: true, force: true });
  makeDocs();
  await writeDocument();
  const bundle = await bundleWorker({ place: "platform", minify: true, prebuilt: true });
  writeBundle(bundle, folder);
  console.log(`dist/worker: ${toText(sizeOf(bundle))}`);
};

if (process.argv.includes("--help")) console.log(HELP);
else await build();
