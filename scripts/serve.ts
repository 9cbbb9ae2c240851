// The server's program in a clone: bundles the Worker from its source.
import { join } from "node:path";
import { serverMain } from "./server/main.ts";
import { projectRoot } from "./support/project.ts";

await serverMain(async () => {
  const { readMigrations } = await import("../src/server/migrations.ts");
  const { makeDocs } = await import("./docs.ts");
  const { bundleWorker } = await import("./support/bundle.ts");
  makeDocs();
  const { modules } = await bundleWorker({ place: "machine", minify: true, prebuilt: false });
  return {
    modules,
    migrations: readMigrations(join(projectRoot, "migrations")),
    assets: join(projectRoot, "assets"),
  };
});
