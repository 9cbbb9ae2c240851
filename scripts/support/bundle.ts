import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
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
import { prebuilt, slim } from "./slim.ts";

/** The Worker as one file, in memory, and its source map. */
export interface Bundle {
  readonly modules: readonly Module[];
  readonly sourceMap: string;
}

/** The script's name in the bundle. */
export const ENTRY = "worker.js";

/** Where a bundle runs: on one machine, or on the platform. */
export type Place = "machine" | "platform";

const ENTRIES = { machine: "src/server/worker.ts", platform: "src/index.ts" } as const;

/** What a bundle is for. */
export interface Purpose {
  readonly place: Place;
  /** False: names and lines stay as they are written, for whoever develops. */
  readonly minify: boolean;
  /**
   * True: without documentation of the API. The OpenAPI document is a static file, which writeDocument of
   * document.ts makes. False: the Worker makes the document when somebody reads it.
   */
  readonly prebuilt: boolean;
}

const optionsOf = ({
  place,
  minify,
  prebuilt: isPrebuilt,
}: Purpose): BuildOptions & { readonly write: false } => ({
  entryPoints: { worker: join(projectRoot, ENTRIES[place]) },
  minify,
  plugins: isPrebuilt ? [slim, prebuilt] : [slim],
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
  sourcesContent: false,
  logLevel: "silent",
});

type Built = BuildResult<ReturnType<typeof optionsOf>>;

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
export const bundleWorker = async (purpose: Purpose): Promise<Bundle> => {
  const build = await context(optionsOf(purpose));
  try {
    return read(await build.rebuild());
  } finally {
    await build.dispose();
    // Otherwise its process would stay beside the server of the bundle.
    await stop();
  }
};

/** Writes a bundle into a folder, with its source map, which the script names. */
export const writeBundle = ({ modules, sourceMap }: Bundle, folder: string): void => {
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of modules) writeFileSync(join(folder, path), contents);
  appendFileSync(join(folder, ENTRY), `//# sourceMappingURL=${ENTRY}.map\n`);
  writeFileSync(join(folder, `${ENTRY}.map`), sourceMap);
};

/** The size of a bundle, in bytes. */
export interface Size {
  readonly bytes: number;
  /** As the platform counts it. */
  readonly gzip: number;
}

/** A size in a line. */
export const toText = ({ bytes, gzip }: Size): string =>
  `${Math.ceil(bytes / 1_000)} KB, ${Math.ceil(gzip / 1_000)} KB by gzip`;

/** How large a bundle is. */
export const sizeOf = ({ modules }: Bundle): Size => {
  const all = Buffer.concat(modules.map(({ contents }) => Buffer.from(contents)));
  return { bytes: all.length, gzip: gzipSync(all).length };
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
    ...optionsOf({ place: "machine", minify: false, prebuilt: false }),
    plugins: [slim, { name: "saves", setup: (plugin) => plugin.onEnd(ended) }],
  });
  await build.watch();
  return () => build.dispose();
};
