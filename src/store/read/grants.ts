/** Who has access to what is restricted. */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Grant, GranteeType } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AsOf } from "../../query/query.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { readView } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { currentIn, eachVersion, supersededIn, type View } from "../visibility/visible.ts";

/** The index of the grants in the history is over this very expression. */
const RESOURCE = "v.payload ->> '$.resource_identifier'";

const MEMBERS = `${RESOURCE} AS resource,
  v.payload->>'$.grantee_type' AS type, v.payload->>'$.grantee_id' AS grantee`;

/** All grants of a state: who may see the resource that they open may not see them. */
const grantsIn = (view: View): Sql => {
  const everybody: View = { ...view, visibility: { kind: "everything" } };
  const current = sql`SELECT ${raw(MEMBERS)}, v.rid FROM o
    CROSS JOIN x_grant x ON x."f_resource_identifier" = o.identifier
    CROSS JOIN resources v ON v.rid = x.rid WHERE ${currentIn(everybody, "v")}`;
  if (view.snapshot === null) return current;
  return sql`${current} UNION ALL SELECT ${raw(MEMBERS)}, v.rid FROM o CROSS JOIN history v
    ON v.payload_type = 'grant' AND ${raw(RESOURCE)} = o.identifier
    WHERE ${supersededIn(everybody, view.snapshot, "v")}`;
};

/**
 * The resources of a request that exist in the state and that the reader sees and owns (an admin:
 * sees), with their positions in the request. A grant outlives the deletion of its resource, so that
 * it holds again after a restoration; while the resource does not exist it opens its past alone and is
 * not shown.
 */
const ownedIn = (view: View, principal: Principal, text: string): Sql => {
  const mine = view.visibility.kind === "everything" ? raw("1") : sql`v.owner = ${principal.id}`;
  return eachVersion(
    view,
    (table, where) => sql`SELECT j.key AS position, v.identifier FROM json_each(${text}) j
      CROSS JOIN ${table} ON v.identifier = j.value WHERE ${where} AND ${mine}`,
  );
};

/** A grant, by members of its payload. */
interface GrantRow {
  readonly resource: string;
  readonly type: GranteeType;
  readonly grantee: string;
}

const statement = (view: View, principal: Principal, text: string): Statement<GrantRow> =>
  sql`WITH o(position, identifier) AS MATERIALIZED (SELECT min(position), identifier
      FROM (${ownedIn(view, principal, text)}) GROUP BY identifier)
    SELECT g.resource, g.type, g.grantee FROM (${grantsIn(view)}) g
    CROSS JOIN o ON o.identifier = g.resource ORDER BY o.position, g.rid
    LIMIT ${raw(String(LIMITS.grantsReadMax + 1))}`;

const refuseMany = (count: number): void => {
  if (count <= LIMITS.grantsReadMax) return;
  const detail = `Expected resources with at most ${LIMITS.grantsReadMax} grants together: ask for fewer of them.`;
  throw new AppError("too_large", detail, {
    details: [{ path: "identifiers", code: "too_large", detail }],
  });
};

/**
 * The grants on resources that exist in a state, in the order of the request, then of their making.
 * Resources that the caller neither owns nor administers are skipped like those that do not exist.
 *
 * @throws AppError `too_large` when they have more grants than one answer may hold.
 */
export async function readGrants(
  readContext: ReadContext,
  principal: Principal,
  identifiers: readonly string[],
  asOf: AsOf,
): Promise<readonly Grant[]> {
  let caller = principal;
  const chunks = jsonChunks([...new Set(identifiers)]);
  const answer = await readView(readContext, principal, asOf, (view, current) => {
    caller = current;
    return chunks.map(({ text }) => statement(view, caller, text));
  });
  const rows = answer.results.flat();
  refuseMany(rows.length);
  return rows.map(({ resource, type, grantee }) => ({
    identifier: resource,
    granteeType: type,
    granteeId: grantee,
  }));
}
