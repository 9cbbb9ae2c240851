/** Files that a flow has made: whose they are, and who sees them. Pure. */
import type { Json, JsonObject } from "../../model/json.ts";
import { payloadOf } from "../../model/resource.ts";
import type { Change, CreateChange } from "../../model/transaction.ts";
import type { Origin } from "../../schema/source/work.ts";
import type { Known } from "../write/decision.ts";
import type { LoadedRow } from "../write/row.ts";

/** A file that a pipeline has made, to be recorded together with its end. */
export type PipelineOutput = Pick<CreateChange, "identifier" | "payloadType" | "payload">;

/** A revision, its pipelines, and what these have made so far. */
interface FlowFiles {
  readonly revision: LoadedRow;
  readonly rows: readonly LoadedRow[];
  readonly files: readonly LoadedRow[];
}

/** Pipelines that work on the copy of one source; others work on all of them. */
const SINGLE: readonly (Json | undefined)[] = ["csv", "json", "parquet", "preview"];

/** Owns what is made from resources that no single owner may open: admins see it, and whose the flow is. */
const NOBODY = "system:sources";

/** True for the path of the copy of a source within its revision. */
const isCopyOf = (path: Json | undefined, resource: Json | undefined): boolean =>
  typeof path === "string" &&
  typeof resource === "string" &&
  [path, path.replace(/\.[A-Za-z0-9]{1,16}$/, "")].includes(`archive/${resource}`);

/** The copies that a pipeline works on. */
const copiesFor = ({ files }: FlowFiles, { kind, resource }: JsonObject): readonly LoadedRow[] => {
  const copies = files.filter((each) => payloadOf(each)["kind"] === "copy");
  return SINGLE.includes(kind)
    ? copies.filter((each) => isCopyOf(payloadOf(each)["path"], resource))
    : copies;
};

/** Whose a copy of an object is. Null: the flow's own. */
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
 * Whose the files of a pipeline are: where they are made from restricted resources that are not the
 * flow's own, theirs who may open all of these. Null: the flow's own.
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

/** What is made from restricted input is restricted, whatever the specification says. */
export function outputChanges(
  { revision }: Pick<FlowFiles, "revision">,
  outputs: readonly PipelineOutput[],
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
