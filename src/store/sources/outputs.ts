/** Files that a flow has made: their owner and access level. Pure. */
import type { Json, JsonObject } from "../../model/json.ts";
import { payloadOf } from "../../model/resource.ts";
import type { Change } from "../../model/transaction.ts";
import type { MadeFile, Origin } from "../../schema/source/work.ts";
import type { Known } from "../write/decision.ts";
import type { LoadedRow } from "../write/row.ts";

/** A revision, its pipelines, and the files that they have made so far. */
interface FlowFiles {
  readonly revision: LoadedRow;
  readonly rows: readonly LoadedRow[];
  readonly files: readonly LoadedRow[];
}

/** Pipelines that read the copy of one source; others read all copies. */
const SINGLE: readonly (Json | undefined)[] = ["csv", "json", "parquet", "preview"];

/** Owns files made from resources of several owners. Admins and the owner of the flow may read them. */
const NOBODY = "system:sources";

/** True for the path of the copy of a source within its revision. */
const isCopyOf = (path: Json | undefined, resource: Json | undefined): boolean =>
  typeof path === "string" &&
  typeof resource === "string" &&
  [path, path.replace(/\.[A-Za-z0-9]{1,16}$/, "")].includes(`archive/${resource}`);

/** The copies that a pipeline reads. */
const copiesFor = ({ files }: FlowFiles, { kind, resource }: JsonObject): readonly LoadedRow[] => {
  const copies = files.filter((each) => payloadOf(each)["kind"] === "copy");
  return SINGLE.includes(kind)
    ? copies.filter((each) => isCopyOf(payloadOf(each)["path"], resource))
    : copies;
};

/** The owner of a copy of an object. Null: the owner of the flow. */
const copyOwner = (
  known: Known,
  { revision }: FlowFiles,
  origins: readonly Origin[],
): string | null => {
  const read = origins.flatMap(({ identifier, isOriginal }) => {
    const row = known.rows.get(identifier);
    return row === undefined ? [] : [{ row, isOriginal }];
  });
  const isFree = read.some(
    ({ row, isOriginal }) =>
      row.is_restricted === 0 || (isOriginal && row.owner === revision.owner),
  );
  if (isFree) return null;
  const [first] = read.toSorted((one, other) => +other.isOriginal - +one.isOriginal);
  return first?.row.owner ?? null;
};

/**
 * The owner of the files of a pipeline. For files made from restricted resources of another owner it
 * is that owner, and `NOBODY` for several owners. Null: the owner of the flow.
 */
export function inputOwner(
  known: Known,
  flow: FlowFiles,
  pipelineId: string,
  origins: readonly Origin[],
): string | null {
  const row = flow.rows.find(({ identifier }) => identifier === pipelineId);
  const pipeline = row === undefined ? {} : payloadOf(row);
  if (pipeline["kind"] === "copy") return copyOwner(known, flow, origins);
  const owners = new Set(copiesFor(flow, pipeline).map(({ owner }) => owner));
  const [only = flow.revision.owner] = owners;
  if (owners.size > 1) return NOBODY;
  return only === flow.revision.owner ? null : only;
}

/** The changes that create the files. Files made from restricted input are always restricted. */
export function outputChanges(
  { revision }: Pick<FlowFiles, "revision">,
  outputs: readonly MadeFile[],
  owner: string | null,
): readonly Change[] {
  return outputs.map((output) => ({
    ...output,
    kind: "create",
    parentIdentifier: revision.identifier,
    derivedFrom: [revision.identifier],
    license: revision.license,
    accessLevel: owner === null ? revision.access_level : "restricted",
    ...(owner === null ? {} : { owner }),
  }));
}
