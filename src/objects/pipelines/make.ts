/** Pipelines that make files of a source: its copy, and its table in every format. */
import { AppError } from "../../model/error.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import { castRow } from "../../schema/table/rows.ts";
import { CONVERSIONS, type Conversion } from "./convert.ts";
import { WorkError } from "./error.ts";
import { copyPath, factsOf, madeFile, pathOf, storeSmall, type FileFacts } from "./files.ts";
import { openPieces, writePieces, type Pieces, type PiecesState } from "./pieces.ts";
import { tableResults } from "./report.ts";
import { openSource } from "./source.ts";
import { openTable, type SourceTable, type TableBlock } from "./table.ts";
import { resourceOf, type Outcome, type Work } from "./work.ts";

const statsOf = ({ bytes, hash }: FileFacts, rows: number | null): JsonObject => ({
  bytes,
  hash,
  ...(rows === null ? {} : { count_of_rows: rows }),
});

const BINARY = "application/octet-stream";

/** Copies a source into the bucket unchanged. */
export async function copy(work: Work): Promise<Outcome> {
  const { bucket, flow, source, tick } = work;
  const path = pathOf(work);
  const { bytes, origins } = await openSource(resourceOf(work).url, source);
  const options = { contentType: BINARY };
  await writePieces(bucket, `${flow.id}/${path}`, options, async ({ add }) => {
    for await (const chunk of bytes) {
      await add(chunk);
      await tick();
    }
  });
  const facts = await factsOf(bucket, flow.id, path);
  return {
    stats: statsOf(facts, null),
    files: [madeFile(work, facts, BINARY)],
    log: [`copied ${facts.bytes} bytes`],
    origins,
  };
}

/** The table of a pipeline, once it is validated. */
const goodTable = async (
  work: Work,
): Promise<{ table: SourceTable; wide: ReadonlySet<string> }> => {
  const resource = resourceOf(work);
  const copied = work.flow.pipelines.find(
    ({ kind, resource: name }) => kind === "copy" && name === resource.name,
  );
  if (copied?.status === "failed") throw new WorkError(...copied.errors);
  const result = tableResults(work.flow)[resource.name];
  if (result === undefined) throw new WorkError("the table was not validated");
  const [first] = result.errors;
  if (first !== undefined) throw new WorkError(first);
  const table = await openTable(work.bucket, `${work.flow.id}/${copyPath(resource)}`, resource);
  return { table, wide: new Set(result.wide) };
};

const unexpected = (row: number, field: string | null, expected: string): never => {
  throw new WorkError(`row ${row}: ${field === null ? "" : `${field}: `}${expected}`);
};

/** The progress of a conversion: what has been stored, and where to continue. */
interface Progress {
  readonly pieces: PiecesState;
  /** The start of the block in which the next piece begins. */
  readonly offset: number;
  readonly row: number;
  /** Bytes of that block's output that have been stored already. */
  readonly skip: number;
  readonly state: Json;
}

const progressOf = (checkpoint: JsonObject | null): Progress | null =>
  checkpoint === null ? null : (checkpoint as unknown as Progress);

/** Characters of a state above which it is not saved. */
const STATE_LENGTH_MAX = 500_000;

interface Converting {
  readonly work: Work;
  readonly table: SourceTable;
  readonly conversion: Conversion;
  readonly pieces: Pieces;
}

/** Saves that the pieces stored so far need not be made again. */
const saveState = async (
  { work, pieces }: Converting,
  { offset, firstRow }: TableBlock,
  before: { readonly bytes: number; readonly state: Json },
): Promise<void> => {
  if (typeof before.state === "string" && before.state.length > STATE_LENGTH_MAX) return;
  const { uploadId, etags } = pieces.state();
  await work.checkpoint({
    pieces: { uploadId, etags },
    offset,
    row: firstRow,
    skip: pieces.storedBytes() - before.bytes,
    state: before.state,
  });
};

/** Converts the rows from a position on; returns their total number. */
const convertRows = async (converting: Converting, progress: Progress | null): Promise<number> => {
  const { work, table, conversion, pieces } = converting;
  let skip = progress?.skip ?? 0;
  let bytes = pieces.storedBytes() - skip;
  let rows = (progress?.row ?? 1) - 1;
  const add = async (made: Uint8Array): Promise<boolean> => {
    const fresh = made.subarray(skip);
    skip = Math.max(0, skip - made.length);
    bytes += made.length;
    return pieces.add(fresh);
  };
  const head = conversion.head();
  if (progress === null) await add(head);
  for await (const block of table.blocks(progress, conversion.blockBytes)) {
    const before = { bytes, state: conversion.state() };
    const values = block.rows.map((cells, at) =>
      castRow(table.columns, cells, block.firstRow + at, unexpected),
    );
    rows += values.length;
    const isStored = await add(conversion.rows(values, block.firstRow));
    if (isStored) await saveState(converting, block, before);
    await work.tick();
  }
  await add(conversion.end());
  return rows;
};

/**
 * True when a started upload is over: completed by a run that was interrupted right after, or
 * dropped.
 */
const isOver = (error: unknown): boolean =>
  error instanceof AppError &&
  error.cause instanceof Error &&
  /upload does not exist|NoSuchUpload|10024/i.test(error.cause.message);

/** Makes a table in one format. */
export async function convert(work: Work): Promise<Outcome> {
  try {
    return await convertFrom(work);
  } catch (error) {
    if (work.pipeline.checkpoint === null || !isOver(error)) throw error;
    return convertFrom({ ...work, pipeline: { ...work.pipeline, checkpoint: null } });
  }
}

const convertFrom = async (work: Work): Promise<Outcome> => {
  const { bucket, flow, pipeline } = work;
  const { start, mediaType } = CONVERSIONS[pipeline.kind as keyof typeof CONVERSIONS];
  const { table, wide } = await goodTable(work);
  const { fields } = table.columns;
  const progress = progressOf(pipeline.checkpoint);
  const conversion = start({ fields, wide, state: progress?.state ?? null });
  const path = pathOf(work);
  const options = { contentType: mediaType };
  const pieces = await openPieces(bucket, `${flow.id}/${path}`, options, progress?.pieces ?? null);
  const rows = await convertRows({ work, table, conversion, pieces }, progress);
  await pieces.complete();
  const facts = await factsOf(bucket, flow.id, path);
  return {
    stats: statsOf(facts, rows),
    files: [madeFile(work, facts, mediaType, rows)],
    log: [`wrote ${rows} rows, ${facts.bytes} bytes`],
  };
};

/** Characters after which a preview of long rows ends. */
const PREVIEW_LENGTH_MAX = 8_388_608;

/** Makes the preview of a table: its first rows. */
export async function preview(work: Work): Promise<Outcome> {
  const { bucket, flow } = work;
  const { table, wide } = await goodTable(work);
  const { mediaType, start } = CONVERSIONS.json;
  const conversion = start({ fields: table.columns.fields, wide, state: null });
  const decoder = new TextDecoder();
  let text = decoder.decode(conversion.head());
  let rows = 0;
  for await (const block of table.blocks(null, conversion.blockBytes)) {
    const previewRows = block.rows.slice(0, LIMITS.sourcePreviewRowsMax - rows);
    const values = previewRows.map((cells, at) =>
      castRow(table.columns, cells, block.firstRow + at, unexpected),
    );
    text += decoder.decode(conversion.rows(values, block.firstRow));
    rows += previewRows.length;
    if (rows >= LIMITS.sourcePreviewRowsMax || text.length > PREVIEW_LENGTH_MAX) break;
  }
  const path = pathOf(work);
  await storeSmall(work, path, text + decoder.decode(conversion.end()), mediaType);
  const facts = await factsOf(bucket, flow.id, path);
  return {
    stats: statsOf(facts, rows),
    files: [madeFile(work, facts, mediaType)],
    log: [`wrote the first ${rows} rows`],
  };
}
