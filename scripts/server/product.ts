/** The files of a server, as in the package. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Product } from "../../src/server/production.ts";
import type { Module } from "../../src/server/bundle.ts";

/** The entry among the modules. */
const ENTRY = "worker.js";

const readModule = (folder: string, path: string): Module => {
  const file = join(folder, path);
  return path.endsWith(".wasm")
    ? { type: "CompiledWasm", path, contents: Uint8Array.from(readFileSync(file)) }
    : { type: "ESModule", path, contents: readFileSync(file, "utf8") };
};

/** Reads it from a folder that `npm run build` made. */
export const readProduct = async (folder: string): Promise<Product> => {
  const { readMigrations } = await import("../../src/server/migrations.ts");
  const worker = join(folder, "worker");
  const others = readdirSync(worker).filter((name) => name !== ENTRY);
  return {
    modules: [ENTRY, ...others].map((path) => readModule(worker, path)),
    migrations: readMigrations(join(folder, "migrations")),
    assets: join(folder, "assets"),
  };
};
