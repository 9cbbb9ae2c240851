import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";
import { freshSecrets } from "./src/server/secrets.ts";
import { endState } from "./test/support/databases/end-state.ts";
import { IS_ALL, RUN_VARIABLES } from "./test/support/run/figures.ts";
import { ONLY_ALL } from "./test/support/run/only-all.ts";
import { MAX_WORKERS, unit } from "./vitest.unit.config.ts";

const endToEnd = (name: string): string => `test/e2e/${name}.test.ts`;

/** Settings of this run, which tests in workerd see as bindings. */
const runSettings = (): Record<string, string> =>
  Object.fromEntries(
    RUN_VARIABLES.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

// Tests run with the bindings of wrangler.toml and secrets of their own: a developer's .dev.vars
// must not change what they see.
const worker = async () => {
  const options = { overrides: {}, envFiles: ["none.env"] };
  const config = unstable_readConfig({ config: "wrangler.toml" }, { hideWarnings: true });
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config, undefined, options);
  const migrations = await readD1Migrations("migrations");
  const bindings = {
    ...(workerOptions["bindings"] as Record<string, string>),
    ...freshSecrets(),
    ...runSettings(),
    // Every test of the Worker reads its log as well: see test/support/checks/log.ts.
    REQUEST_LOG: "true",
    TEST_MIGRATIONS: migrations,
    TEST_TABLES: endState(migrations),
  };
  // A second database, which tests make the replica of the first: see test/support/databases/replica.ts.
  const d1Databases = { ...(workerOptions["d1Databases"] as object), REPLICA: "replica" };
  return {
    main: "test/support/run/worker.ts",
    miniflare: { ...workerOptions, bindings, d1Databases },
  };
};

const CHEAP_PASSWORDS = {
  find: /^\.\/password-cost\.ts$/,
  replacement: join(import.meta.dirname, "test/support/run/password-cost.ts"),
};

const END_TO_END = "test/e2e/**/*.test.ts";

/** End-to-end tests that share one server. */
const SHARED = [
  "cli-commands",
  "cli-own-table",
  "cli-people",
  "datasets",
  "generators",
  "guide",
  "harvest-replay",
  "objects",
  "s3-endpoint",
  "sdk",
].map(endToEnd);

/** What runs after all others: it measures a server, or builds dist/, of which there is one. */
const ALONE = ["blocking", "package", "read-memory", "release", "serve"].map(endToEnd);

/** True when files are named: then they are run, whichever they are. */
const areNamed = process.argv.some((word) => word.endsWith(".test.ts"));

const left = IS_ALL || areNamed ? [] : Object.keys(ONLY_ALL);

const e2e = (
  name: string,
  { order, ...files }: { include: string[]; exclude: string[]; order: number },
  maxWorkers = MAX_WORKERS,
) => ({
  test: {
    ...files,
    name,
    maxWorkers,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    sequence: { groupOrder: order },
  },
});

export default defineConfig({
  test: {
    maxWorkers: MAX_WORKERS,
    projects: [
      unit,
      {
        // Tests that run compilers, bundlers, linters and other languages.
        test: {
          name: "tools",
          include: ["test/tools/**/*.test.ts"],
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        plugins: [cloudflareTest(worker)],
        resolve: { alias: [CHEAP_PASSWORDS] },
        test: {
          name: "worker",
          // What is to be quick shares processes among files; what judges a change leaves nothing to chance.
          isolate: IS_ALL,
          sequence: { groupOrder: 1 },
          include: ["test/worker/**/*.test.ts"],
          exclude: left,
          setupFiles: ["test/support/run/setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      e2e("e2e", { include: [END_TO_END], exclude: [...SHARED, ...ALONE, ...left], order: 2 }),
      {
        test: {
          ...e2e("e2e-shared", { include: SHARED, exclude: left, order: 2 }).test,
          globalSetup: ["test/support/servers/shared-server.ts"],
        },
      },
      e2e("e2e-alone", { include: ALONE, exclude: left, order: 3 }, 1),
    ],
  },
});
