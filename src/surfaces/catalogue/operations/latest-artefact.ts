/** The latest artefact of a program that succeeded. */
import { AppError } from "../../../model/error.ts";
import { and, type Condition } from "../../../query/condition.ts";
import { columnPath, keyPath } from "../../../query/path.ts";
import type { AsOf, Query } from "../../../query/query.ts";
import type { Row } from "../../../store/index.ts";
import type { CatalogueContext } from "./context.ts";

/** Which program, and which of its products. */
export interface ArtefactSource {
  readonly repo: string;
  readonly branch: string;
  readonly path: string;
}

const equal = (name: string, value: string): Condition => ({
  kind: "compare",
  path: keyPath(name),
  op: "eq",
  value,
});

/** The latest artefact first; within one transaction the one with the greatest identifier. */
const queryOf = ({ repo, branch, path }: ArtefactSource, asOf: AsOf): Query => ({
  payloadTypes: ["artefact"],
  condition: and([
    equal("repo", repo),
    equal("branch", branch),
    equal("path", path),
    equal("status", "succeeded"),
  ]),
  sort: [
    { path: columnPath("created_at"), direction: "desc" },
    { path: columnPath("identifier"), direction: "desc" },
  ],
  page: { limit: 1 },
  asOf,
});

/**
 * Reads the latest artefact with status `succeeded` of a source, in a state.
 *
 * @throws AppError `not_found` when none has succeeded.
 */
export async function latestArtefact(
  { store, principal }: CatalogueContext,
  source: ArtefactSource,
  asOf: AsOf,
): Promise<{ readonly row: Row; readonly immutable: boolean }> {
  const { rows, immutable } = await store.find(principal, queryOf(source, asOf), {
    children: true,
  });
  const [row] = rows;
  if (row === undefined) throw new AppError("not_found", "No such artefact has succeeded.");
  return { row, immutable };
}
