/** The resources that a decision's condition finds: loaded with everything else, in the same call. */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import type { CountComparisons } from "../../query/comparisons.ts";
import { compareRows } from "../../query/compare.ts";
import { matches } from "../../query/matches.ts";
import { columnPath } from "../../query/path.ts";
import { NOW, type SortKey } from "../../query/query.ts";
import type { PayloadType } from "../../schema/type.ts";
import { pageIdentifiers } from "../read/page.ts";
import {
  conditionRow,
  distinctWays,
  readLinked,
  relatedStatements,
  relationsIn,
  waysOf,
  type Linked,
  type LinkedRow,
  type Way,
} from "../read/related.ts";
import type { Reading } from "../read/reading.ts";
import { residualOf } from "../read/split.ts";
import { sql, type Sql, type Statement } from "../sql/template.ts";
import { viewOf } from "../visibility/visible.ts";
import type { Selection } from "./decision.ts";
import type { LoadedRow } from "./row.ts";

/** A selection with the type as the registry has it. */
export type TypedSelection = Omit<Selection, "window"> & {
  readonly window?: Selection["window"] | undefined;
  readonly type: PayloadType | undefined;
  /** What a walk over all candidates has found: nothing else is loaded. */
  readonly among?: readonly string[];
};

/** More rows may satisfy a condition than one load takes, and only a walk over them can tell. */
export class ManyCandidates extends Error {
  readonly selection: TypedSelection;

  constructor(selection: TypedSelection) {
    super("More candidates than one load takes.");
    this.name = "ManyCandidates";
    this.selection = selection;
  }
}

const CREATION: readonly SortKey[] = [{ path: columnPath("created_at"), direction: "asc" }];

/** What the statements of a selection are about. */
interface Prepared {
  readonly reading: Reading;
  /** True when SQL decides the condition, and the window with it. */
  readonly exact: boolean;
  readonly page: { readonly limit: number; readonly offset?: number };
  readonly ways: readonly Way[];
}

/** A selection as a reading of the present, and how much of it SQL decides. */
export function prepareSelection(principal: Principal, selection: TypedSelection): Prepared {
  const { type, payloadType, window, related = [], among } = selection;
  const condition = selection.condition ?? { kind: "or", of: [] };
  const most = LIMITS.batchItemsMax + 1;
  const query = {
    payloadTypes: [payloadType],
    condition,
    sort: window === undefined || window.sort.length === 0 ? CREATION : window.sort,
    page: { limit: most },
    asOf: NOW,
    ...(among === undefined ? {} : { identifiers: among }),
  };
  const reading = { query, view: viewOf(principal, NOW), type: type ?? null };
  const exact = residualOf(reading) === null;
  const { offset = 0, limit = null } = window ?? {};
  const ways = [...waysOf(related), ...(exact ? [] : waysOf(relationsIn(condition)))];
  const page = exact
    ? { limit: Math.min(limit ?? most, most), ...(offset === 0 ? {} : { offset }) }
    : { limit: most };
  return { reading, exact, page, ways: distinctWays(ways) };
}

/** The statements that load what a selection finds; none when there is no condition. */
export function matchedStatements(
  principal: Principal,
  selection: TypedSelection,
  columns: Sql,
): {
  readonly rows: readonly Statement<LoadedRow>[];
  readonly related: readonly Statement<LinkedRow>[];
} {
  if (selection.condition === null && selection.related === undefined) {
    return { rows: [], related: [] };
  }
  const { reading, page, ways } = prepareSelection(principal, selection);
  const named = JSON.stringify(selection.identifiers ?? []);
  const rows = sql`SELECT ${columns} FROM (${pageIdentifiers(reading, page)}) found
    CROSS JOIN resources r ON r.identifier = found.identifier`;
  const parents = sql`SELECT value FROM json_each(${named})
    UNION SELECT identifier FROM (${pageIdentifiers(reading, page)})`;
  return {
    rows: selection.condition === null ? [] : [rows],
    related: relatedStatements(reading.view, parents, ways),
  };
}

/** The statement of the identifiers that a selection finds, or more. */
export function matchedIdentifiers(principal: Principal, selection: TypedSelection): Sql {
  const { reading, page } = prepareSelection(principal, selection);
  return sql`SELECT identifier FROM (${pageIdentifiers(reading, page)})`;
}

/** Passes for as many as one write may change. @throws AppError `too_large`. */
export function refuseMany(count: number): void {
  if (count <= LIMITS.batchItemsMax) return;
  const detail = `Expected a query that finds at most ${LIMITS.batchItemsMax} documents.`;
  throw new AppError("too_large", detail, {
    details: [{ path: "query", code: "too_large", detail }],
  });
}

/** What a selection found. */
export interface Selected {
  /** In the order of its window; without one in the order of creation. */
  readonly rows: readonly LoadedRow[];
  readonly linked: Linked;
}

const NOTHING: Selected = { rows: [], linked: new Map() };

/**
 * Those of the loaded rows that satisfy the whole condition, within the window.
 *
 * @throws AppError `too_large` when more were found than one write may change; ManyCandidates when
 *   that cannot be told by what was loaded.
 */
export function readSelected(
  principal: Principal,
  selection: TypedSelection,
  {
    rows,
    related,
  }: {
    readonly rows: readonly LoadedRow[];
    readonly related: readonly (readonly LinkedRow[])[];
  },
  compare: CountComparisons,
): Selected {
  const { condition, window } = selection;
  if (condition === null && selection.related === undefined) return NOTHING;
  const { reading, exact, ways } = prepareSelection(principal, selection);
  if (!exact && rows.length > LIMITS.batchItemsMax) throw new ManyCandidates(selection);
  refuseMany(rows.length);
  const linked = readLinked(ways, related);
  const seen = rows.map((row) => ({
    row,
    ...conditionRow(row, linked),
  }));
  const sorted =
    window === undefined || window.sort.length === 0
      ? seen.toSorted((one, other) => one.row.rid - other.row.rid)
      : seen.toSorted(compareRows(reading.query.sort));
  if (exact) return { rows: sorted.map(({ row }) => row), linked };
  const { offset = 0, limit = null } = window ?? {};
  const found = sorted.filter((each) => condition === null || matches(condition, each, compare));
  const shown = found.slice(offset, limit === null ? undefined : offset + limit);
  return { rows: shown.map(({ row }) => row), linked };
}
