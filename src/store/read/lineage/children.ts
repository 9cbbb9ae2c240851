/** The nodes directly below a resource, or the roots, with what lies below each of them. */
import { AppError } from "../../../model/error.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Principal } from "../../../identity/principal.ts";
import type { AsOf } from "../../../query/query.ts";
import { recordDisclosed } from "../../audit/audit.ts";
import { readView, type Meta } from "../meta.ts";
import type { ReadContext } from "../read-context.ts";
import { orderedChildVersions } from "../children.ts";
import { previewColumn, shareOf } from "../row-load.ts";
import { allOf, join, raw, sql, type Sql, type Statement } from "../../sql/template.ts";
import { countsOf, type NodeCounts } from "../../closure/counts.ts";
import type { resources } from "../../tables/core.ts";
import { eachVersion, isRestricted, type VersionRow, type View } from "../../visibility/visible.ts";
import { existsIn } from "../subtree.ts";
import { isPast, notFound } from "./answer.ts";

/** Which children are asked for. */
export interface ChildrenWanted {
  /** Null: the roots. */
  readonly parent: string | null;
  /** The node after which the page begins: by its identifier, or as `Children.last` of the page before. */
  readonly after?: string | number;
  readonly limit: number;
  readonly payloads: boolean;
  readonly asOf: AsOf;
}

/** A child with exact counts of what is live and visible below it. */
export interface TreeRow {
  readonly identifier: string;
  readonly payload_type: string;
  readonly children: number;
  readonly descendants: number;
  /** JSON object with the first scalar members, and maybe others; null when not asked for. */
  readonly payload: string | null;
  /** 1 when it is restricted now, by itself or by an ancestor. */
  readonly is_restricted: number;
}

/** One page of children, in order of insertion. */
export interface Children {
  readonly rows: readonly TreeRow[];
  /** Where the next page begins, in the same state; null on the last one. */
  readonly last: number | null;
  /** The transaction of the state that is shown. */
  readonly transaction: number;
  readonly immutable: boolean;
}

const below = (parent: string | null): Sql =>
  parent === null ? raw("v.parent_identifier IS NULL") : sql`v.parent_identifier = ${parent}`;

const ridOf = (after: string | number): Sql =>
  typeof after === "number"
    ? raw(String(after))
    : sql`(SELECT a.rid FROM resources a WHERE a.identifier = ${after})`;

const page = (
  view: View,
  { parent, after, limit }: ChildrenWanted,
  columns: (row: VersionRow) => Sql,
): Sql => {
  const beyond = after === undefined ? raw("1") : sql`v.rid > ${ridOf(after)}`;
  const arms = orderedChildVersions(view, parent === null ? null : sql`${parent}`, "v");
  const rows = arms.map(
    ({ table, where, row }) =>
      sql`SELECT ${columns(row)} FROM ${table} WHERE ${allOf([where, beyond])}`,
  );
  return sql`${join(rows, " UNION ALL ")} ORDER BY rid LIMIT CAST(${limit + 1} AS INTEGER)`;
};

type Stored = typeof resources.$inferSelect;

/** A node as it is stored, with its preview, the size of one that did not come along, or none. */
interface NodeRow extends Readonly<Pick<Stored, "rid" | "identifier" | "payload_type">> {
  readonly payload: string | number | null;
  readonly is_restricted: number;
}

const NODE = raw("v.rid AS rid, v.identifier");

/** How many members a preview shows. */
export const PREVIEW_FIELDS = 5;

/** Nodes that one call asks for. */
const NODES_AT_ONCE = LIMITS.pageSizeMax;

const rowsOf = (view: View, wanted: ChildrenWanted): Statement<NodeRow> => {
  const payload = wanted.payloads
    ? previewColumn("v", PREVIEW_FIELDS, shareOf(wanted.limit + 1))
    : raw("NULL AS payload");
  return page(
    view,
    wanted,
    (row) => sql`${NODE}, v.payload_type, ${payload}, ${isRestricted(row)} AS is_restricted`,
  );
};

/** Previews that were too large to come along with their nodes. */
const previews = (
  view: View,
  identifiers: string,
): Statement<Readonly<Pick<Stored, "identifier" | "payload">>> =>
  eachVersion(
    view,
    (table, where) => sql`SELECT v.identifier, ${previewColumn("v", PREVIEW_FIELDS)}
      FROM json_each(${identifiers}) j CROSS JOIN ${table} ON v.identifier = j.value WHERE ${where}`,
  );

const isAmong = (view: View, parent: string | null, after: string): Sql =>
  eachVersion(
    view,
    (table, where) => sql`SELECT 1 AS found FROM ${table}
      WHERE v.identifier = ${after} AND ${below(parent)} AND ${where}`,
  );

const refuseMissing = (wanted: ChildrenWanted, checks: readonly (readonly unknown[])[]): void => {
  const { parent, after } = wanted;
  const [first, second] = checks;
  if (parent !== null && first?.length === 0) throw notFound(parent, "parent_identifier");
  const among = parent === null ? first : second;
  if (typeof after !== "string" || among?.length !== 0) return;
  throw new AppError("invalid_value", "after is not among these children.", {
    details: [
      {
        identifier: after,
        path: "after",
        code: "invalid_value",
        detail: "Expected the last identifier of the page before.",
      },
    ],
  });
};

/** A node as it was found: with its preview, or the size of a preview that did not come along. */
type Found = NodeRow & NodeCounts;

const NOTHING_BELOW = { children: 0, descendants: 0 };

/** Nodes of one call. */
interface Part {
  readonly nodes: readonly Found[];
  /** True when more follow. */
  readonly more: boolean;
  /** The transaction of the state that is shown. */
  readonly transaction: number;
  readonly meta: Meta;
}

const readPart = async (
  readContext: ReadContext,
  principal: Principal,
  wanted: ChildrenWanted,
): Promise<Part> => {
  const { parent, after, limit, asOf } = wanted;
  const { meta, results, state } = await readView(readContext, principal, asOf, (view) => [
    rowsOf(view, wanted),
    countsOf(
      view,
      page(view, wanted, () => NODE),
    ),
    ...(parent === null ? [] : [existsIn(view, parent)]),
    ...(typeof after === "string" ? [isAmong(view, parent, after)] : []),
  ]);
  const [rows, counts, ...checks] = results;
  refuseMissing(wanted, checks);
  const byRid = new Map(counts.map((row) => [row.rid, row]));
  return {
    nodes: rows
      .slice(0, limit)
      .map((row) => ({ ...row, ...(byRid.get(row.rid) ?? NOTHING_BELOW) })),
    more: rows.length > limit,
    transaction: state.transaction,
    meta,
  };
};

/** Bytes of a node beside its identifier and preview. */
const NODE_BYTES = 100;

const weightOf = ({ identifier, payload }: Found): number => {
  const own = typeof payload === "number" ? payload : (payload?.length ?? 0);
  return NODE_BYTES + identifier.length + own;
};

/** The nodes with their previews; one that the caller may not see any more is left out. */
const withPreviews = async (
  readContext: ReadContext,
  principal: Principal,
  nodes: readonly Found[],
  asOf: AsOf,
): Promise<readonly TreeRow[]> => {
  const large = nodes.flatMap(({ identifier, payload }) =>
    typeof payload === "number" ? [identifier] : [],
  );
  if (large.length === 0) return nodes as readonly TreeRow[];
  const { results } = await readView(readContext, principal, asOf, (view) => [
    previews(view, JSON.stringify(large)),
  ]);
  const texts = new Map(results[0].map(({ identifier, payload }) => [identifier, payload]));
  return nodes.flatMap((node): readonly TreeRow[] => {
    const { payload } = node;
    if (typeof payload !== "number") return [{ ...node, payload }];
    const text = texts.get(node.identifier);
    return text === undefined ? [] : [{ ...node, payload: text }];
  });
};

/**
 * Reads a page of the children of a resource, or of the roots: as many as are wanted, or as fit on
 * one page.
 *
 * @throws AppError `not_found` for a parent that is unknown, invisible or a tombstone,
 *   `invalid_value` when `after` is none of the children.
 */
export async function readChildren(
  readContext: ReadContext,
  principal: Principal,
  wanted: ChildrenWanted,
): Promise<Children> {
  const shown: Found[] = [];
  let bytes = 0;
  let part: Part;
  let next = wanted;
  let isFull = false;
  do {
    const limit = Math.min(wanted.limit - shown.length, NODES_AT_ONCE);
    part = await readPart(readContext, principal, { ...next, limit });
    for (const node of part.nodes) {
      bytes += weightOf(node);
      isFull ||= bytes > LIMITS.pageBytesMax && shown.length > 0;
      if (!isFull) shown.push(node);
    }
    const last = shown.at(-1);
    next = { ...wanted, ...(last === undefined ? {} : { after: last.rid }) };
  } while (part.more && !isFull && shown.length < wanted.limit);
  const rows = await withPreviews(readContext, principal, shown, wanted.asOf);
  if (wanted.payloads) await recordDisclosed(readContext, principal, rows);
  return {
    rows,
    last: part.more || isFull ? (shown.at(-1)?.rid ?? null) : null,
    transaction: part.transaction,
    // What is restricted is never kept: each time that it is shown is recorded.
    immutable: isPast(wanted.asOf, part.meta) && rows.every((row) => row.is_restricted === 0),
  };
}
