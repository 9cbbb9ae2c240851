/** Wire → Query, checked against the payload types. */
import { AppError, errorCode } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { RESPONSE_MEMBERS } from "../../../model/metadata.ts";
import { hashQuery, readCursor, sealCursor } from "../../../query/cursor.ts";
import type { Query } from "../../../query/query.ts";
import type { Found } from "../../../store/index.ts";
import { quoted, suggestion } from "../../../model/nearest.ts";
import { checkQuery } from "../../../schema/check.ts";
import { queryNames } from "../../../schema/suggest.ts";
import type { FieldKind, Registry } from "../../../schema/type.ts";
import { parseFilter, parsePath } from "./filter.ts";
import { parseAsOf, parseIdentifiers } from "./parse.ts";
import { selectedMembers } from "./render.ts";
import type { QueryBody } from "../wire/request.ts";
import { METADATA_COLUMNS } from "../../../query/path.ts";

const typesOf = (body: QueryBody): readonly string[] => {
  const given = body.payload_type;
  if (given === null || given === undefined) return [];
  return typeof given === "string" ? [given] : given;
};

const kindsOf = (registry: Registry, names: readonly string[]) => {
  const types =
    names.length === 0
      ? [...registry.types.values()]
      : names.flatMap((name) => registry.types.get(name) ?? []);
  return (field: string): FieldKind | undefined => {
    const kinds = new Set(types.flatMap((type) => type.fields.get(field)?.kind ?? []));
    return kinds.size === 1 ? [...kinds][0] : kinds.size === 0 ? undefined : "json";
  };
};

const refuseColumns = (body: QueryBody, registry: Registry): void => {
  const names = typesOf(body);
  const known = kindsOf(registry, names);
  const unknown = (body.select_columns ?? []).filter(
    (name) =>
      !RESPONSE_MEMBERS.has(name) &&
      !(METADATA_COLUMNS as readonly string[]).includes(name) &&
      known(name) === undefined,
  );
  if (unknown.length === 0) return;
  const columns = queryNames(names, registry);
  const details = unknown.map((name) => ({
    path: `select_columns.${name}`,
    code: "unknown_field",
    detail: `There is no column ${quoted(name)}.${suggestion(name, columns)}`,
  }));
  throw new AppError("unknown_field", `select_columns: ${details[0]?.detail ?? ""}`, { details });
};

const parse = (body: QueryBody, registry: Registry): Query => {
  const names = typesOf(body);
  const identifiers = body.identifiers ?? undefined;
  const parent = body.parent_identifier ?? undefined;
  return {
    payloadTypes: names,
    condition: parseFilter(body.filters ?? {}, kindsOf(registry, names)),
    ...(parent === undefined
      ? {}
      : { under: { parentIdentifier: parent, indirect: body.include_indirect_parents } }),
    ...(identifiers === undefined ? {} : { identifiers: parseIdentifiers(identifiers) }),
    sort: [{ path: parsePath(body.sort_by, "sort_by"), direction: body.sort_order }],
    page: { limit: body.limit ?? LIMITS.pageSizeDefault },
    asOf: parseAsOf(body.as_of),
    ...(body.select_columns === null || body.select_columns === undefined
      ? {}
      : { members: selectedMembers(body.select_columns) }),
  };
};

/**
 * The query of a body.
 *
 * @throws AppError naming an unknown type, field, operator, sort or column, or a value of another
 * kind than its field.
 */
export function parseQuery(body: QueryBody, registry: Registry): Query {
  refuseColumns(body, registry);
  const checked = checkQuery(parse(body, registry), registry);
  if (checked.ok) return checked.query;
  const [first] = checked.errors;
  throw new AppError(errorCode(first?.code), `${first?.path}: ${first?.detail}`, {
    details: checked.errors.map((found) =>
      found.code === "unknown_payload_type" ? { ...found, path: "payload_type" } : found,
    ),
  });
}

/**
 * What a cursor is bound to: everything in the body that decides which rows are returned in which
 * order.
 */
const fingerprint = (body: QueryBody): Promise<string> => {
  const { cursor: _cursor, limit: _limit, select_columns: _columns, ...rest } = body;
  return hashQuery(JSON.parse(JSON.stringify(rest)) as JsonObject);
};

/** The query, continued from the body's cursor in the cursor's state, if there is one. */
export async function withCursor(body: QueryBody, query: Query, key: CryptoKey): Promise<Query> {
  const text = body.cursor ?? null;
  if (text === null) return query;
  const cursor = await readCursor(key, text, await fingerprint(body));
  return {
    ...query,
    asOf: { kind: "transaction", transaction: cursor.transaction },
    page: { ...query.page, after: cursor.position },
  };
}

/** The cursor of the next page; null on the last. */
export async function nextCursor(
  body: QueryBody,
  found: Found,
  key: CryptoKey,
): Promise<string | null> {
  return found.next === null
    ? null
    : sealCursor(key, {
        transaction: found.transaction,
        position: found.next,
        queryHash: await fingerprint(body),
      });
}
