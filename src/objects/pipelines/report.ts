/** The pipeline that validates every table against its schema, before anything is made of them. */
import xxhash from "xxhash-wasm";
import type { JsonObject } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import type { SourceResource } from "../../schema/source/spec.ts";
import { castRow, uniquenessOf, type NoteError } from "../../schema/table/rows.ts";
import { TableSchemaError } from "../../schema/table/schema.ts";
import { WorkError } from "./error.ts";
import { copyPath, factsOf, madeFile, pathOf, storeSmall } from "./files.ts";
import { isWide } from "./parquet.ts";
import { openTable, type SourceTable } from "./table.ts";
import type { WorkFlow } from "../../schema/source/work.ts";
import type { Outcome, Work } from "./work.ts";

/** What is known about a table. */
export interface TableResult {
  readonly rows: number;
  /** Its errors; empty for a valid one. */
  readonly errors: readonly string[];
  /** Fields with integers that a column of numbers cannot hold. */
  readonly wide: readonly string[];
}

type Results = Readonly<Record<string, TableResult>>;

/** The progress of the validation: finished tables, and a position in the next. */
interface Progress {
  readonly done: Results;
  readonly current: {
    readonly offset: number;
    readonly row: number;
    readonly result: TableResult;
  } | null;
}

const isReport = ({ kind }: { readonly kind: string }): boolean => kind === "report";

/** The results of a flow's validation, table by table. */
export function tableResults({ pipelines }: WorkFlow): Results {
  const tables = pipelines.find(isReport)?.stats["tables"];
  return (tables ?? {}) as unknown as Results;
}

const progressOf = (checkpoint: JsonObject | null): Progress =>
  checkpoint === null ? { done: {}, current: null } : (checkpoint as unknown as Progress);

const BLOCK_BYTES = 262_144;
const CHECKPOINT_MILLIS = 5_000;
const WIDE_MAX = 50;

/** Collects the errors that are reported. */
const collect = (errors: string[]): NoteError => {
  return (row, field, expected) => {
    if (errors.length >= LIMITS.sourceFaultsMax) return;
    errors.push(`row ${row}: ${field === null ? "" : `${field}: `}${expected}`);
  };
};

interface Checking {
  readonly work: Work;
  readonly table: SourceTable;
  readonly from: Progress["current"];
  /** Saves a position in the table. */
  readonly saveProgress: (current: NonNullable<Progress["current"]>) => Promise<void>;
}

const checkRows = async ({ work, table, from, saveProgress }: Checking): Promise<TableResult> => {
  const hasher = await xxhash();
  const unique = uniquenessOf(table.schema, table.columns, (text) => hasher.h64(text));
  // Values seen so far are not saved: a table with unique fields is validated from its start.
  const start = unique === null ? from : null;
  const errors = [...(start?.result.errors ?? [])];
  const wide = new Set(start?.result.wide);
  const note = collect(errors);
  let rows = (start?.row ?? 1) - 1;
  let savedAt = Date.now();
  const result = (): TableResult => ({ rows, errors, wide: [...wide].slice(0, WIDE_MAX) });
  for await (const { offset, firstRow, rows: records } of table.blocks(start, BLOCK_BYTES)) {
    if (unique === null && Date.now() - savedAt > CHECKPOINT_MILLIS) {
      savedAt = Date.now();
      await saveProgress({ offset, row: firstRow, result: result() });
    }
    for (const [at, cells] of records.entries()) {
      const values = castRow(table.columns, cells, firstRow + at, note);
      unique?.(values, firstRow + at, note);
      for (const [place, value] of values.entries()) {
        const field = table.columns.fields[place];
        if (value !== null && field?.kind === "integer" && isWide(value)) wide.add(field.name);
      }
    }
    rows += records.length;
    // Enough errors were found: the rest would only cost time.
    if (errors.length >= LIMITS.sourceFaultsMax) break;
    await work.tick();
  }
  if (wide.size > WIDE_MAX) errors.push(`more than ${WIDE_MAX} fields hold numbers beyond 2^53`);
  return result();
};

const failed = (errors: readonly string[]): TableResult => ({ rows: 0, errors, wide: [] });

/** The errors of a table, or that it is valid. */
const check = async (
  work: Work,
  resource: SourceResource,
  rest: Pick<Checking, "from" | "saveProgress">,
): Promise<TableResult> => {
  const copied = work.flow.pipelines.find(
    ({ kind, resource: name }) => kind === "copy" && name === resource.name,
  );
  if (copied?.status === "failed") return failed(copied.errors);
  try {
    const table = await openTable(work.bucket, `${work.flow.id}/${copyPath(resource)}`, resource);
    return await checkRows({ work, table, ...rest });
  } catch (error) {
    if (error instanceof WorkError) return failed(error.errors);
    if (error instanceof TableSchemaError) return failed([error.message]);
    throw error;
  }
};

const MEDIA_TYPE = "application/json";

/** As much of the results as a pipeline's report may contain. */
const briefResults = (results: Results): Results =>
  Object.fromEntries(
    Object.entries(results).map(([name, { rows, errors, wide }]) => [
      name,
      { rows, errors: errors.slice(0, 1), wide },
    ]),
  );

/** Validates all tables, and writes the report. Fails when one of them is invalid. */
export async function validate(work: Work): Promise<Outcome> {
  const { spec, flow, bucket, pipeline } = work;
  const { done: known, current } = progressOf(pipeline.checkpoint);
  let done: Results = known;
  let from = current;
  for (const resource of spec.resources.filter(({ schema }) => schema !== null)) {
    if (done[resource.name] !== undefined) continue;
    const saveProgress: Checking["saveProgress"] = (place) =>
      work.checkpoint({ done, current: place } as unknown as JsonObject);
    const result = await check(work, resource, { from, saveProgress });
    done = { ...done, [resource.name]: result };
    from = null;
    await work.checkpoint({ done, current: null } as unknown as JsonObject);
  }
  const results = Object.entries(done);
  const isValid = results.every(([, { errors }]) => errors.length === 0);
  const report = { valid: isValid, tables: Object.fromEntries(results) };
  const path = pathOf(work);
  await storeSmall(work, path, `${JSON.stringify(report, null, 2)}\n`, MEDIA_TYPE);
  const facts = await factsOf(bucket, flow.id, path);
  const rows = results.reduce((sum, [, each]) => sum + each.rows, 0);
  return {
    stats: {
      bytes: facts.bytes,
      hash: facts.hash,
      count_of_rows: rows,
      tables: briefResults(done) as unknown as JsonObject,
    },
    files: [madeFile(work, facts, MEDIA_TYPE)],
    log: results.flatMap(([name, { errors }]) => errors.map((each) => `${name}: ${each}`)),
  };
}
