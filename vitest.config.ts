import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";
import { freshSecrets } from "./src/server/secrets.ts";

/** Settings of a long or replayed run, which tests in workerd see as bindings. */
const RUN_SETTINGS = [
  "FUZZ",
  "FC_SEED",
  "FC_PATH",
  "HISTORIES",
  "FILTERS",
  "DATASET_CONDITIONS",
  "DATASET_RECORDS",
  "READS",
  "DEEDS",
  "DOCUMENTS",
  "LINEAGE",
  "LEVELS",
  "STATISTICS",
  "SOURCE_ROWS",
  "COST_ROWS",
  "SEQUENCES",
];

const runSettings = (): Record<string, string> =>
  Object.fromEntries(
    RUN_SETTINGS.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

// Tests run with the bindings of wrangler.toml and secrets of their own: a developer's .dev.vars
// must not change what they see.
const worker = async () => {
  const options = { overrides: {}, envFiles: ["none.env"] };
  const config = unstable_readConfig({ config: "wrangler.toml" }, { hideWarnings: true });
  const { main, workerOptions } = unstable_getMiniflareWorkerOptions(config, undefined, options);
  const bindings = {
    ...(workerOptions["bindings"] as Record<string, string>),
    ...freshSecrets(),
    ...runSettings(),
    // Every test of the Worker reads its log as well: see test/support/log.ts.
    REQUEST_LOG: "true",
    TEST_MIGRATIONS: await readD1Migrations("migrations"),
  };
  // A second database, which tests make the replica of the first: see test/support/replica.ts.
  const d1Databases = { ...(workerOptions["d1Databases"] as object), REPLICA: "replica" };
  return { ...(main && { main }), miniflare: { ...workerOptions, bindings, d1Databases } };
};

export default defineConfig({
  test: {
    // On machines with two cores one of them would idle otherwise.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/model/**/*.test.ts"],
          // Time is no guarantee of a test: machines are shared.
          testTimeout: 30_000,
        },
      },
      {
        plugins: [cloudflareTest(worker)],
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.ts"],
          setupFiles: ["test/support/setup.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
  },
});
