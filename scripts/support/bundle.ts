import { basename, join } from "node:path";
import {
  context,
  formatMessages,
  stop,
  type BuildOptions,
  type BuildResult,
  type OutputFile,
} from "esbuild";
import type { Module } from "../../src/server/bundle.ts";
import { projectRoot } from "./project.ts";

/** The Worker as one file, in memory, and its source map. */
export interface Bundle {
  readonly modules: readonly Module[];
  readonly sourceMap: string;
}

/** The script's name in the bundle. */
export const ENTRY = "worker.js";

const options: BuildOptions & { readonly write: false } = {
  entryPoints: { worker: join(projectRoot, "src/server/worker.ts") },
  bundle: true,
  write: false,
  outdir: projectRoot,
  format: "esm",
  target: "es2024",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "browser"],
  define: { "process.env.NODE_ENV": '"production"' },
  // The platform provides these. `stream` is used in a branch of papaparse that no Worker runs.
  external: ["node:*", "cloudflare:*", "stream"],
  loader: { ".wasm": "copy" },
  sourcemap: "external",
  logLevel: "silent",
};

type Built = BuildResult<typeof options>;

const isWasm = ({ path }: OutputFile): boolean => path.endsWith(".wasm");

const read = ({ outputFiles }: Built): Bundle => {
  const text = (name: string): string =>
    outputFiles.find(({ path }) => basename(path) === name)?.text ?? "";
  return {
    modules: [
      { type: "ESModule", path: ENTRY, contents: text(ENTRY) },
      ...outputFiles.filter(isWasm).map(({ path, contents }) => ({
        type: "CompiledWasm" as const,
        path: basename(path),
        contents: Uint8Array.from(contents),
      })),
    ],
    sourceMap: text(`${ENTRY}.map`),
  };
};

/** Bundles the Worker once. */
export const bundleWorker = async (): Promise<Bundle> => {
  const build = await context(options);
  try {
    return read(await build.rebuild());
  } finally {
    await build.dispose();
    // Otherwise its process would stay beside the server of the bundle.
    await stop();
  }
};

/** Called for each save. */
export interface Saves {
  readonly onBundle: (bundle: Bundle) => void;
  /** The errors of the source, as esbuild prints them. */
  readonly onError: (text: string) => void;
}

/**
 * Bundles the Worker now and whenever a file of it is saved, until the returned function is called.
 */
export const watchWorker = async ({ onBundle, onError }: Saves): Promise<() => Promise<void>> => {
  const ended = async (built: Built): Promise<void> => {
    if (built.errors.length === 0) onBundle(read(built));
    else onError((await formatMessages(built.errors, { kind: "error" })).join("").trimEnd());
  };
  const build = await context({
    ...options,
    plugins: [{ name: "saves", setup: (plugin) => plugin.onEnd(ended) }],
  });
  await build.watch();
  return () => build.dispose();
};
