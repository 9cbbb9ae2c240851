import { statSync } from "node:fs";
import { join } from "node:path";
import { bidsSource } from "./bids/source.ts";
import { dicomSource } from "./dicom/source.ts";
import type { MappingPlan } from "./import/compile.ts";
import { type RowSource, tableSource } from "./import/source.ts";
import { TableError } from "./import/table-error.ts";

/** Opens the source of an import: a table, a folder of DICOM files, or a BIDS dataset. */
export async function openSource(
  path: string,
  plan: MappingPlan,
  say: (line: string) => void,
): Promise<RowSource> {
  const format = plan.mapping.source?.format;
  if (!statSync(path).isDirectory()) {
    if (format === "dicom") return dicomSource(path, plan, say);
    return tableSource(path, plan.mapping);
  }
  const described = statSync(join(path, "dataset_description.json"), { throwIfNoEntry: false });
  const kind = format ?? (described === undefined ? "dicom" : "bids");
  if (kind === "dicom") return dicomSource(path, plan, say);
  if (kind === "bids") return bidsSource(path, plan);
  throw new TableError(`${path} is a folder, and the mapping is for ${kind} files`);
}
