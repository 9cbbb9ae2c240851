import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

/** On machines with two cores one of them would idle otherwise. */
export const MAX_WORKERS = Math.max(2, availableParallelism() - 1);

/** Tests in Node. Files share their modules: whoever mocks one resets them, before and after. */
export const unit = {
  test: {
    name: "unit",
    include: ["test/unit/**/*.test.ts", "test/model/**/*.test.ts"],
    isolate: false,
    // Time is no guarantee of a test: machines are shared.
    testTimeout: 30_000,
  },
} satisfies TestProjectInlineConfiguration;

// Alone, since what the other projects need takes longer to load than most unit tests to run.
export default defineConfig({ test: { maxWorkers: MAX_WORKERS, projects: [unit] } });
