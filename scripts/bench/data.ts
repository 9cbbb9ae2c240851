/** The seed file, written once and kept for the next run. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../support/project.ts";
import type { CohortSize } from "./cohort.ts";
import { type SeedUser, writeSeed } from "./seed.ts";

/** The owner of the data, and other callers. */
export const USERS: readonly SeedUser[] = [
  { id: "01997a00-0000-7000-8000-000000000001", email: "admin@example.org", role: "admin" },
  { id: "01997a00-0000-7000-8000-000000000002", email: "editor@example.org", role: "editor" },
];

const SOURCES = [
  "scripts/bench/cohort.ts",
  "scripts/bench/seed.ts",
  "scripts/bench/data.ts",
  "src/store/projection/table.ts",
  "src/schema/builtin/image.ts",
];

/** Changes with everything that determines the content of the file. */
const fingerprint = (size: CohortSize): string => {
  const hash = createHash("sha256").update(JSON.stringify(size));
  const migrations = readdirSync(join(projectRoot, "migrations")).toSorted();
  for (const name of [...SOURCES, ...migrations.map((each) => `migrations/${each}`)]) {
    hash.update(readFileSync(join(projectRoot, name)));
  }
  return hash.digest("hex").slice(0, 16);
};

/** The path of the data; writes them unless an earlier run has left the same. */
export const ensureSeed = (size: CohortSize): { readonly file: string; readonly made: boolean } => {
  const folder = join(tmpdir(), "vxdata-bench");
  const file = join(folder, `${fingerprint(size)}.sqlite`);
  if (existsSync(file)) return { file, made: false };
  mkdirSync(folder, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeSeed(draft, size, USERS);
  renameSync(draft, file);
  return { file, made: true };
};
