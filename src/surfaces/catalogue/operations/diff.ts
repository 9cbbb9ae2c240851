/** What differs between two versions of a resource. */
import { AppError } from "../../../model/error.ts";
import { jsonEqual, type Json } from "../../../model/json.ts";
import type { AsOf } from "../../../query/query.ts";
import type { VersionWanted } from "../../../store/index.ts";
import { versionMembers } from "../language/render.ts";
import type { CatalogueContext } from "./context.ts";

const missing = (member: "from" | "to"): AppError =>
  new AppError("not_found", `${member}: there is no such version.`, {
    details: [
      {
        path: member,
        code: "not_found",
        detail: "Expected a version number or an instant at which the resource existed.",
      },
    ],
  });

/** A member that differs; null where it is absent. */
export interface MemberChange {
  readonly path: string;
  readonly before: Json;
  readonly after: Json;
}

const compare = (
  before: Readonly<Record<string, Json>>,
  after: Readonly<Record<string, Json>>,
): readonly MemberChange[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !jsonEqual(before[name], after[name]))
    .toSorted()
    .map((name) => ({ path: name, before: before[name] ?? null, after: after[name] ?? null }));

/** The numbers of two versions, and the members that differ. */
export interface Difference {
  readonly from: number;
  readonly to: number;
  readonly changes: readonly MemberChange[];
}

/**
 * Compares two versions of a resource.
 *
 * @throws AppError `not_found` naming the version that does not exist.
 */
export async function compareVersions(
  { store, principal }: CatalogueContext,
  identifier: string,
  wanted: { readonly from: VersionWanted; readonly to: VersionWanted },
  asOf: AsOf,
): Promise<Difference> {
  const [from, to] = await store.versions(principal, identifier, [wanted.from, wanted.to], asOf);
  if (from === undefined) throw missing("from");
  if (to === undefined) throw missing("to");
  const changes = compare(versionMembers(from), versionMembers(to));
  return { from: from.version, to: to.version, changes };
}
