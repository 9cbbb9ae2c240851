/** Files that a flow has made: whose they are, and who sees them. Pure. */
import type { Change, CreateChange } from "../../model/transaction.ts";
import type { Origin } from "../../schema/source/work.ts";
import type { Known } from "../write/decision.ts";
import type { LoadedRow } from "../write/row.ts";

/** A file that a pipeline has made, to be recorded together with its end. */
export type PipelineOutput = Pick<CreateChange, "identifier" | "payloadType" | "payload">;

/** A revision, and what its pipelines have made so far. */
interface FlowFiles {
  readonly revision: LoadedRow;
  readonly files: readonly LoadedRow[];
}

/**
 * Whose the files of a flow are, where they are made from restricted resources that are not its own:
 * theirs who may open those. Null: the flow's own.
 */
export const inputOwner = (
  known: Known,
  { revision, files }: FlowFiles,
  origins: readonly Origin[],
): string | null => {
  const earlier = files.find(({ owner }) => owner !== revision.owner);
  if (earlier !== undefined) return earlier.owner;
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

/** What is made from restricted input is restricted, whatever the specification says. */
export const outputChanges = (
  { revision }: FlowFiles,
  outputs: readonly PipelineOutput[],
  owner: string | null,
): readonly Change[] =>
  outputs.map((output) => ({
    ...output,
    kind: "create",
    parentIdentifier: revision.identifier,
    derivedFrom: [revision.identifier],
    license: revision.license,
    accessLevel: owner === null ? revision.access_level : "restricted",
    ...(owner === null ? {} : { owner }),
  }));
