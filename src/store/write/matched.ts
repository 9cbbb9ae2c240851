/** The resources that a decision's condition finds: loaded with everything else, in the same call. */
import { AppError } from "../../model/error.ts";
import type { JsonObject } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Condition } from "../../query/condition.ts";
import { matches } from "../../query/matches.ts";
import { columnPath } from "../../query/path.ts";
import { NOW } from "../../query/query.ts";
import { pageStatement } from "../read/page.ts";
import { sql, type Sql } from "../sql.ts";
import { viewOf } from "../visible.ts";
import type { LoadedRow, LoadSubject } from "./load.ts";

/** The statement that finds them; none when there is no condition. */
export const matchedStatements = (
  principal: Principal,
  { type, payloadType, condition }: LoadSubject,
  columns: Sql,
): readonly Sql[] => {
  if (condition === null) return [];
  const page = { limit: LIMITS.batchItemsMax + 1 };
  const query = {
    payloadTypes: [payloadType],
    condition,
    sort: [{ path: columnPath("created_at"), direction: "asc" as const }],
    page,
    asOf: NOW,
  };
  const reading = { query, view: viewOf(principal, NOW), type: type ?? null };
  return [
    sql`SELECT ${columns} FROM (${pageStatement(reading, page, false)}) found
      CROSS JOIN resources r ON r.identifier = found.identifier`,
  ];
};

const holds = (condition: Condition, row: LoadedRow): boolean =>
  matches(condition, {
    column: (name) => row[name],
    payload: JSON.parse(row.payload ?? "{}") as JsonObject,
  });

/**
 * Those of the found rows that satisfy the whole condition, in the order of creation.
 *
 * @throws AppError `too_large` when more were found than one write may change.
 */
export const satisfying = (
  { condition }: LoadSubject,
  rows: readonly LoadedRow[],
): readonly LoadedRow[] => {
  if (condition === null) return [];
  if (rows.length > LIMITS.batchItemsMax) {
    const detail = `Expected a query that finds at most ${LIMITS.batchItemsMax} documents.`;
    throw new AppError("too_large", detail, {
      details: [{ path: "query", code: "too_large", detail }],
    });
  }
  return rows.filter((row) => holds(condition, row)).toSorted((a, b) => a.rid - b.rid);
};
