/** Reads records with their linked records, or aggregates over them. */
import { AppError } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { columnPath } from "../../../query/path.ts";
import type { AsOf, Query, SortKey } from "../../../query/query.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Found } from "../../../store/index.ts";
import type { Dataset } from "../language/dataset.ts";
import { refuse } from "../language/error.ts";
import { parseCond } from "../language/cond.ts";
import {
  needsOf,
  parseOutputs,
  relatedOf,
  outputMembers,
  type ParsedOutputs,
} from "../language/outputs.ts";
import { parseOrder, parseRange, sortOf, type Range } from "../language/window.ts";
import { linkedRecords, recordOf, renderFigures, renderRecord } from "../language/render.ts";
import type { Parameters } from "../language/request.ts";
import { runOnDataset, type RegistryResult, type Caller } from "./dataset-request.ts";

/** The order of insertion: within one call, identifiers follow it too. */
const INSERTION: readonly SortKey[] = [{ path: columnPath("created_at"), direction: "asc" }];

interface Prepared {
  readonly query: Query;
  readonly parsed: ParsedOutputs;
  readonly range: Range;
}

const prepare = (
  parameters: Parameters,
  asOf: AsOf,
  dataset: Dataset,
  registry: Registry,
): Prepared => {
  const { cond, outputs } = parameters;
  const order = parseOrder(parameters.order, "order");
  const range = parseRange(parameters.range, "range");
  const parsed = parseOutputs(outputs, dataset, registry, order);
  const filter = cond === undefined ? undefined : parseCond(cond, dataset, registry, "cond");
  const isRecords = parsed.kind === "records";
  const sort = isRecords ? sortOf(order, dataset, registry, "order") : [];
  const most = LIMITS.streamedRecordsMax;
  if ((range.limit ?? 0) > most) return refuse("range", `Expected a limit of at most ${most}.`);
  // What fits on one page is read in one call; more is read page by page.
  const isOnePage = range.limit !== null && range.limit <= LIMITS.pageSizeMax;
  const first = isOnePage ? range.limit : LIMITS.pageSizeDefault;
  return {
    parsed,
    range,
    query: {
      payloadTypes: [dataset.name],
      condition: filter?.condition ?? { kind: "true" },
      sort: sort.length === 0 ? INSERTION : sort,
      page: {
        limit: isRecords ? first : (range.limit ?? most),
        ...(range.offset === 0 ? {} : { offset: range.offset }),
      },
      asOf,
      ...(isRecords
        ? { related: relatedOf(parsed.outputs), ...outputMembers(parsed.outputs) }
        : {}),
      needs: [
        dataset.name,
        ...(filter?.needs ?? []),
        ...(isRecords ? needsOf(parsed.outputs) : []),
      ],
    },
  };
};

/** Records as they are returned, page by page. */
export type Pages = AsyncIterable<readonly JsonObject[]>;

const rendered = ({ parsed }: Prepared, found: Found): readonly JsonObject[] => {
  if (parsed.kind !== "records") return [];
  const related = linkedRecords(found.linked);
  return found.rows.map((row) => renderRecord(recordOf(row), parsed.outputs, related));
};

/** Checks before the first record is sent whether there is more than one response may hold. */
const refuseMany = async (caller: Caller, prepared: Prepared, query: Query): Promise<void> => {
  if (prepared.range.limit !== null) return;
  const { count } = await caller.store.count(caller.principal, query);
  if (count - prepared.range.offset <= LIMITS.streamedRecordsMax) return;
  throw new AppError(
    "invalid_value",
    `range: Expected a range: there are more than ${LIMITS.streamedRecordsMax} records.`,
  );
};

async function* pagesFrom(
  prepared: Prepared,
  first: Found,
  rest: AsyncGenerator<Found, void, undefined>,
): Pages {
  try {
    yield rendered(prepared, first);
    for await (const page of rest) yield rendered(prepared, page);
  } finally {
    await rest.return();
  }
}

const readRecords = async (caller: Caller, prepared: Prepared): Promise<RegistryResult<Pages>> => {
  const { query, range } = prepared;
  const wanted = { children: false, limit: range.limit, first: query.page.limit };
  const pages = caller.store.pages(caller.principal, query, wanted);
  const { value: first } = await pages.next();
  if (first === undefined) throw new Error("A query has a first page.");
  const isWhole = first.next === null || first.rows.length === range.limit;
  if (!isWhole) await refuseMany(caller, prepared, query);
  return {
    value: pagesFrom(prepared, first, pages),
    registryVersion: first.registryVersion,
  };
};

async function* single(rows: readonly JsonObject[]): Pages {
  yield rows;
}

const readFigures = async (
  caller: Caller,
  { query, parsed }: Prepared,
): Promise<RegistryResult<Pages>> => {
  if (parsed.kind !== "figures") throw new Error("Records are no figures.");
  const { projection, columns } = parsed.figures;
  const { rows, registryVersion } = await caller.store.aggregate(
    caller.principal,
    query,
    projection,
  );
  return { value: single(rows.map((row) => renderFigures(row, columns))), registryVersion };
};

/**
 * Reads records or aggregates. The first page is loaded when this returns; its errors are thrown.
 */
export function select(
  caller: Caller,
  name: string,
  parameters: Parameters,
  asOf: AsOf,
): Promise<Pages> {
  return runOnDataset(
    caller,
    { name, action: "read", past: asOf.kind !== "now" },
    (dataset, registry) => prepare(parameters, asOf, dataset, registry),
    (prepared) =>
      prepared.parsed.kind === "records"
        ? readRecords(caller, prepared)
        : readFigures(caller, prepared),
  );
}
