/** Children of a resource: wire to model, and model to wire. */
import { AppError } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import { isLiteral } from "../../../query/condition.ts";
import { hashQuery, readCursor, sealCursor } from "../../../query/cursor.ts";
import { LINEAGE_BOUNDS } from "../../../query/lineage.ts";
import { PREVIEW_FIELDS } from "../../../store/index.ts";
import type { Children, ChildrenWanted, TreeRow } from "../../../store/index.ts";
import { parseAsOf } from "./parse.ts";

const preview = (payload: string): JsonObject => {
  const fields = Object.entries(JSON.parse(payload) as JsonObject);
  return Object.fromEntries(
    fields.filter(([, value]) => isLiteral(value)).slice(0, PREVIEW_FIELDS),
  );
};

/** A node of the tree, as a child of a parent or as a root. */
export function renderNode(parent: string | null, row: TreeRow): JsonObject {
  return {
    identifier: row.identifier,
    payload_type: row.payload_type,
    parent_identifier: parent,
    child_count: row.children,
    descendant_count: row.descendants,
    has_children: row.children > 0,
    ...(row.payload === null ? {} : { payload: preview(row.payload) }),
  };
}

/** The parameters of `GET /children`. */
export interface ChildrenQuery {
  readonly parent_identifier?: string | undefined;
  readonly with_payloads: "true" | "false";
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  readonly cursor?: string | undefined;
  readonly as_of?: string | undefined;
}

/** What a cursor is bound to: everything that decides which nodes are listed in which state. */
const fingerprint = (query: ChildrenQuery): Promise<string> =>
  hashQuery(["children", query.parent_identifier ?? null, query.as_of ?? null]);

/** Where a page begins, and in which state. */
const beginning = async (
  query: ChildrenQuery,
  key: CryptoKey,
): Promise<Pick<ChildrenWanted, "asOf" | "after">> => {
  const { after, cursor: text } = query;
  if (text === undefined) {
    return { asOf: parseAsOf(query.as_of), ...(after === undefined ? {} : { after }) };
  }
  if (after !== undefined) {
    const detail = "Expected either after or cursor.";
    throw new AppError("invalid_value", detail, {
      details: [{ path: "after", code: "invalid_value", detail }],
    });
  }
  const { transaction, position } = await readCursor(key, text, await fingerprint(query));
  return { asOf: { kind: "transaction", transaction }, after: Number(position.values[0]) };
};

/**
 * The page that the query parameters request. @throws AppError `invalid_cursor`, `invalid_as_of`,
 * `invalid_value`.
 */
export async function parseChildren(query: ChildrenQuery, key: CryptoKey): Promise<ChildrenWanted> {
  return {
    parent: query.parent_identifier ?? null,
    limit: query.limit ?? LINEAGE_BOUNDS.childrenMax,
    payloads: query.with_payloads === "true",
    ...(await beginning(query, key)),
  };
}

/** The link to the next page (RFC 8288), which reads the same state. */
export async function nextLink(
  query: ChildrenQuery,
  { last, transaction }: Pick<Children, "last" | "transaction">,
  key: CryptoKey,
): Promise<string> {
  const position = { values: [last], identifier: "" };
  const queryHash = await fingerprint(query);
  const cursor = await sealCursor(key, { transaction, position, queryHash });
  const { after: _after, ...same } = query;
  const given = Object.entries({ ...same, cursor }).filter(([, value]) => value !== undefined);
  const next = given.map(([name, value]) => [name, String(value)]);
  return `</children?${new URLSearchParams(next).toString()}>; rel="next"`;
}
