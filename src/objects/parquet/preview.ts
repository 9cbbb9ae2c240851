/** Some rows of a Parquet file, read from the footer and the row groups that hold them. */
import { parquetSchema, type FileMetaData, type SchemaTree } from "hyparquet";
import { parquetPlan } from "hyparquet/src/plan.js";
import { assembleAsync, readRowGroup } from "hyparquet/src/rowgroup.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from "hyparquet/src/schema.js";
import { flatten } from "hyparquet/src/utils.js";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import { CODECS } from "./codecs.ts";
import { isSize, readFooter, type ReadRange } from "./footer.ts";
import { valueNodes, type ValueNode } from "./nesting.ts";
import { checkPages, type Budget, type CheckBody, type Leaf } from "./pages.ts";
import { PARSERS, renderSchema, renderValue } from "./render.ts";
import { refuseParquet } from "./thrift.ts";

/** A file, and the requested rows. */
export interface PreviewWanted {
  readonly size: number;
  readonly read: ReadRange;
  readonly limit: number;
  readonly offset: number;
}

type Plan = ReturnType<typeof parquetPlan>;
type GroupPlan = Plan["groups"][number];
type Chunk = GroupPlan["chunks"][number];

const CHUNKS_MAX = 5_000;

const tooLarge = (what: string, most: number): AppError => {
  const detail = `Expected at most ${most} ${what} in the row groups that hold these rows.`;
  return new AppError("too_large", detail, {
    details: [{ path: "path", code: "too_large", detail }],
  });
};

/** Refuses row groups that exceed the bounds of a preview, before any of it is read. */
const refuseHuge = ({ groups }: Plan, size: number): void => {
  const chunks = groups.flatMap((group) => group.chunks);
  if (chunks.length > CHUNKS_MAX) throw tooLarge("column chunks", CHUNKS_MAX);
  let [read, decompressed, values] = [0, 0, 0];
  for (const { range, columnMetadata: column } of chunks) {
    const { startByte, endByte } = range;
    const isSound = startByte >= 0 && endByte >= startByte && endByte <= size;
    if (!isSound || !Number.isSafeInteger(endByte))
      refuseParquet("column lies outside of the file");
    if (!isSize(column.num_values) || !isSize(column.total_uncompressed_size)) {
      refuseParquet("column has an impossible size");
    }
    read += endByte - startByte;
    decompressed += Number(column.total_uncompressed_size);
    values += Number(column.num_values);
  }
  if (read > LIMITS.previewReadBytesMax) throw tooLarge("bytes", LIMITS.previewReadBytesMax);
  if (decompressed > LIMITS.previewDecompressedBytesMax) {
    throw tooLarge("decompressed bytes", LIMITS.previewDecompressedBytesMax);
  }
  if (values > LIMITS.previewValuesMax) throw tooLarge("values", LIMITS.previewValuesMax);
};

/** Reads the chunks of a row group in one range when they are small, since they are adjacent. */
const readChunks = async (
  chunks: readonly Chunk[],
  read: ReadRange,
): Promise<ReadonlyMap<number, Uint8Array>> => {
  const start = Math.min(...chunks.map(({ range }) => range.startByte));
  const end = Math.max(...chunks.map(({ range }) => range.endByte));
  const wanted = chunks.reduce((sum, { range }) => sum + range.endByte - range.startByte, 0);
  // Chunks far apart, or too large to copy, are read one by one.
  const isClose = end - start <= wanted * 2 && wanted <= LIMITS.pageBytesMax;
  const whole = isClose ? await read(start, end) : null;
  const parts = new Map<number, Uint8Array>();
  for (const { range } of chunks) {
    const part =
      whole === null
        ? await read(range.startByte, range.endByte)
        : whole.subarray(range.startByte - start, range.endByte - start);
    // Each has its own buffer, by which its pages are identified.
    parts.set(range.startByte, new Uint8Array(part));
  }
  return parts;
};

const leafOf = (tree: SchemaTree, { columnMetadata: column }: Chunk): Leaf => {
  const path = getTreePath(tree, column.path_in_schema);
  const element = path.at(-1)?.element;
  const widths: Readonly<Record<string, number>> = { INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8 };
  return {
    type: column.type,
    typeLength: widths[column.type] ?? element?.type_length ?? 1,
    repetitionMax: getMaxRepetitionLevel(path),
    definitionMax: getMaxDefinitionLevel(path),
    values: Number(column.num_values),
  };
};

/** The codecs; each page is checked as soon as it is decompressed. */
const checkedCodecs = (checks: WeakMap<ArrayBufferLike, ReadonlyMap<number, CheckBody>>) =>
  Object.fromEntries(
    Object.entries(CODECS).map(([name, decompress]) => [
      name,
      (input: Uint8Array, length: number): Uint8Array => {
        const body = decompress(input, length);
        if (body.length !== length) refuseParquet("page decompresses to another size than it says");
        checks.get(input.buffer)?.get(input.byteOffset)?.(body);
        return body;
      },
    ]),
  );

interface Source {
  readonly plan: Plan;
  readonly metadata: FileMetaData;
  readonly tree: SchemaTree;
  readonly read: ReadRange;
  readonly budget: Budget;
}

/** The requested rows of one row group: for each column its values. */
const readGroup = async (
  { plan, metadata, tree, read, budget }: Source,
  group: GroupPlan,
): Promise<ReadonlyMap<string, readonly unknown[]>> => {
  const parts = await readChunks(group.chunks, read);
  const checks = new WeakMap<ArrayBufferLike, ReadonlyMap<number, CheckBody>>();
  for (const chunk of group.chunks) {
    const part = parts.get(chunk.range.startByte) ?? new Uint8Array();
    const { codec } = chunk.columnMetadata;
    if (codec !== "UNCOMPRESSED" && CODECS[codec] === undefined) {
      refuseParquet(`codec ${codec} is not supported`);
    }
    checks.set(part.buffer, checkPages(part, codec, leafOf(tree, chunk), budget).checks);
  }
  const file = {
    byteLength: Number.MAX_SAFE_INTEGER,
    slice: (start: number): ArrayBuffer =>
      (parts.get(start)?.buffer ?? new ArrayBuffer()) as ArrayBuffer,
  };
  const options = {
    file,
    metadata,
    utf8: false,
    parsers: PARSERS,
    compressors: checkedCodecs(checks),
  };
  const raw = readRowGroup(options, plan, group);
  await allOf(raw.asyncColumns.map((column) => column.data));
  const assembled = assembleAsync(raw, tree, PARSERS);
  const columns = await allOf(assembled.asyncColumns.map((column) => column.data));
  return new Map(
    assembled.asyncColumns.map(({ pathInSchema }, index) => {
      const { data, skipped } = columns[index] ?? { data: [], skipped: 0 };
      const values = Array.from(flatten(data) as ArrayLike<unknown>);
      const rows = values.slice(group.selectStart - skipped, group.selectEnd - skipped);
      if (rows.length < group.selectEnd - group.selectStart) refuseParquet("column is too short");
      return [pathInSchema[0] ?? "", rows] as const;
    }),
  );
};

/** Waits for all, and throws the first error, so that no rejection goes unhandled. */
const allOf = async <T>(promises: readonly Promise<T>[]): Promise<readonly T[]> => {
  const settled = await Promise.allSettled(promises);
  return settled.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
};

/** Writes rows as JSON text, and stops when the response becomes too large. */
const rowsWriter = (nodes: readonly ValueNode[]) => {
  const rows: string[] = [];
  let characters = 0;
  return {
    rows,
    add: (columns: ReadonlyMap<string, readonly unknown[]>, count: number): void => {
      for (let index = 0; index < count; index += 1) {
        const cells: string[] = [];
        for (const node of nodes) {
          const { name } = node.element;
          const text = JSON.stringify(renderValue(columns.get(node.plainName)?.[index], node));
          characters += text.length + name.length + 4;
          if (characters > LIMITS.previewAnswerMax) {
            throw tooLarge("characters", LIMITS.previewAnswerMax);
          }
          cells.push(`${JSON.stringify(name)}:${text}`);
        }
        rows.push(`{${cells.join(",")}}`);
      }
    },
  };
};

const reasonOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : "";
  if (message.startsWith("parquet ")) return message.slice("parquet ".length, 200);
  if (error instanceof RangeError) return "it is malformed or cut off";
  return "its data cannot be decompressed";
};

/** The page of rows as JSON text. Throws an AppError that says why a file cannot be read. */
export async function previewParquet(wanted: PreviewWanted): Promise<string> {
  try {
    return await preview(wanted);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const detail = `Expected a Parquet file that can be read here: ${reasonOf(error)}.`;
    throw new AppError("invalid_value", `path: ${detail}`, {
      cause: error,
      details: [{ path: "path", code: "invalid_value", detail }],
    });
  }
}

const preview = async ({ size, read, limit, offset }: PreviewWanted): Promise<string> => {
  const { metadata, plain } = await readFooter(size, read);
  const tree = parquetSchema(metadata);
  // Not every writer counts them all.
  const total = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  const plan = parquetPlan({
    file: { byteLength: size, slice: () => refuseParquet("plan reads nothing") },
    metadata: plain,
    rowStart: offset,
    rowEnd: offset + limit,
  });
  refuseHuge(plan, size);
  const budget = { bytes: LIMITS.previewDecompressedBytesMax, values: LIMITS.previewValuesMax };
  const source = { plan, metadata: plain, tree: parquetSchema(plain), read, budget };
  const { rows, add } = rowsWriter(valueNodes(tree, source.tree));
  for (const group of plan.groups) {
    add(await readGroup(source, group), group.selectEnd - group.selectStart);
  }
  const columns = JSON.stringify(tree.children.map(({ element }) => element.name));
  const schema = JSON.stringify(tree.children.map(renderSchema));
  return (
    `{"columns":${columns},"schema":${schema},"total_rows":${total}` +
    `,"returned_rows":${rows.length},"offset":${offset},"data":[${rows.join(",")}]}`
  );
};
