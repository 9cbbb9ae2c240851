/**
 * A whole catalogue as one Parquet file: the product compared with the writer alone and with
 * DuckDB.
 */
import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { parquetMetadata, parquetRead, parquetSchema, type SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { WrongAnswer } from "./check.ts";
import type { Target } from "./load.ts";
import { readCpuMillis, readResidentBytes, type Spread, spreadOf } from "./measure.ts";
import { layOut } from "./report.ts";

/** The cost of a file of all images. */
export interface ParquetOutcome {
  readonly rows: number;
  readonly bytes: number;
  /** Wall time, milliseconds. */
  readonly product: Spread;
  readonly writer: Spread;
  readonly duckdb: Spread;
  readonly firstByte: Spread;
  /**
   * Wall time of the writer alone divided by the product's, and of DuckDB divided by the product's.
   */
  readonly writerRatio: Spread;
  readonly duckdbRatio: Spread;
  /** Processor time, milliseconds: of the server, and of the writer alone; the latter divided by the former. */
  readonly productCpu: Spread;
  readonly writerCpu: Spread;
  readonly cpuRatio: Spread;
  /** How much the server process grew while it wrote, bytes. */
  readonly growth: number;
}

/** The goal of the ratio to the writer alone. */
const GOAL = 0.75;
const SAMPLE_MILLIS = 20;

interface Download {
  readonly bytes: Uint8Array;
  readonly millis: number;
  readonly firstByteMillis: number;
}

const download = async ({ url, token }: Target): Promise<Download> => {
  const started = performance.now();
  const response = await fetch(new URL("/query/parquet", url), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ payload_type: "image" }),
  });
  if (!response.ok || response.body === null) {
    throw new WrongAnswer(`parquet: ${response.status} ${await response.text()}`);
  }
  const parts: Uint8Array[] = [];
  let firstByteMillis = 0;
  for await (const part of response.body) {
    if (parts.length === 0) firstByteMillis = performance.now() - started;
    parts.push(part as Uint8Array);
  }
  return {
    bytes: Buffer.concat(parts),
    millis: performance.now() - started,
    firstByteMillis,
  };
};

interface Group {
  readonly size: number;
  readonly columns: readonly { readonly name: string; readonly data: unknown[] }[];
}

/** The content of the file, in the form of the writer, row group by row group. */
const groupsOf = async (bytes: Uint8Array): Promise<readonly Group[]> => {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const file = buffer as ArrayBuffer;
  const metadata = parquetMetadata(file);
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const groups: Group[] = [];
  let start = 0;
  for (const { num_rows: count } of metadata.row_groups) {
    const size = Number(count);
    const columns = names.map((name) => ({ name, data: [] as unknown[] }));
    await parquetRead({
      file,
      metadata,
      rowStart: start,
      rowEnd: start + size,
      parsers: { timestampFromMicroseconds: (micros) => micros },
      onComplete: (rows) => {
        for (const [position, { data }] of columns.entries()) {
          for (const row of rows) data.push(row[position] ?? undefined);
        }
      },
    });
    groups.push({ size, columns });
    start += size;
  }
  return groups;
};

interface Times {
  readonly millis: number;
  readonly cpuMillis: number;
}

const writeAlone = (schema: SchemaElement[], groups: readonly Group[]): Times => {
  const started = performance.now();
  const before = process.cpuUsage();
  const writer = new ParquetWriter({ writer: new ByteWriter(), schema });
  for (const { size, columns } of groups) {
    const columnData = columns.map((column) => ({ ...column, offsetIndex: false }));
    void writer.write({ columnData, rowGroupSize: size });
  }
  void writer.finish();
  const { user, system } = process.cpuUsage(before);
  return { millis: performance.now() - started, cpuMillis: (user + system) / 1000 };
};

/** Milliseconds that DuckDB takes to write the same table, with one thread. */
const duckdbWriter = async (folder: string, bytes: Uint8Array) => {
  const [source, target] = [join(folder, "source.parquet"), join(folder, "target.parquet")];
  writeFileSync(source, bytes);
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run("SET threads TO 1");
  await connection.run(`CREATE TABLE rows AS SELECT * FROM read_parquet('${source}')`);
  const count = await connection.runAndReadAll("SELECT count(*)::INTEGER FROM rows");
  return {
    rows: Number(count.getRows()[0]?.[0]),
    write: async (): Promise<number> => {
      const started = performance.now();
      await connection.run(`COPY rows TO '${target}' (FORMAT parquet, ROW_GROUP_SIZE 5000)`);
      const millis = performance.now() - started;
      if (statSync(target).size === 0) throw new Error("DuckDB wrote nothing.");
      rmSync(target);
      return millis;
    },
    close: () => connection.closeSync(),
  };
};

const ratio = (values: readonly number[], by: readonly number[]): Spread =>
  spreadOf(values.map((value, round) => value / (by[round] ?? Number.NaN)));

/** Writes the file by each of them alternately. The first rounds warm up. */
export const runParquet = async (
  target: Target,
  pids: readonly number[],
  images: number,
  rounds: number,
  folder: string,
): Promise<ParquetOutcome> => {
  const { bytes } = await download(target);
  const duckdb = await duckdbWriter(folder, bytes);
  if (duckdb.rows < images) throw new WrongAnswer(`parquet: ${duckdb.rows} rows of ${images}`);
  const schema = parquetMetadata(new Uint8Array(bytes)).schema;
  const groups = await groupsOf(bytes);
  writeAlone(schema, groups);
  const times = new Map<string, number[]>();
  const note = (name: string, value: number): void => {
    times.set(name, [...of(name), value]);
  };
  const of = (name: string): readonly number[] => times.get(name) ?? [];
  let growth = 0;
  for (let round = 0; round < rounds; round += 1) {
    const before = readResidentBytes(pids);
    const timer = setInterval(() => {
      growth = Math.max(growth, readResidentBytes(pids) - before);
    }, SAMPLE_MILLIS);
    const cpuBefore = readCpuMillis(pids);
    const { millis, firstByteMillis } = await download(target);
    note("productCpu", readCpuMillis(pids) - cpuBefore);
    clearInterval(timer);
    note("product", millis);
    note("firstByte", firstByteMillis);
    const alone = writeAlone(schema, groups);
    note("writer", alone.millis);
    note("writerCpu", alone.cpuMillis);
    note("duckdb", await duckdb.write());
  }
  duckdb.close();
  return {
    rows: duckdb.rows,
    bytes: bytes.byteLength,
    product: spreadOf(of("product")),
    writer: spreadOf(of("writer")),
    duckdb: spreadOf(of("duckdb")),
    firstByte: spreadOf(of("firstByte")),
    writerRatio: ratio(of("writer"), of("product")),
    duckdbRatio: ratio(of("duckdb"), of("product")),
    productCpu: spreadOf(of("productCpu")),
    writerCpu: spreadOf(of("writerCpu")),
    cpuRatio: ratio(of("writerCpu"), of("productCpu")),
    growth,
  };
};

const millis = ({ median }: Spread): string => median.toFixed(0);
const share = ({ median, min, max }: Spread): string =>
  `${median.toFixed(2)} (${min.toFixed(2)}..${max.toFixed(2)})`;

/** The outcome as a table. */
export const renderParquet = (outcome: ParquetOutcome): string => {
  const verdict = outcome.writerRatio.median >= GOAL ? "ok" : "SHORT";
  return layOut([
    ["parquet of all images", "wall ms", "by the product's", "goal"],
    [`product, ${outcome.rows} rows`, millis(outcome.product), "", ""],
    [
      "hyparquet-writer alone",
      millis(outcome.writer),
      share(outcome.writerRatio),
      `${verdict} >=${GOAL}`,
    ],
    ["DuckDB, one thread", millis(outcome.duckdb), share(outcome.duckdbRatio), ""],
    ["CPU ms of the server", millis(outcome.productCpu), "", ""],
    ["CPU ms of the writer alone", millis(outcome.writerCpu), share(outcome.cpuRatio), ""],
    ["first byte", millis(outcome.firstByte), "", "<=500"],
    ["growth of the server, MB", (outcome.growth / 1e6).toFixed(0), "", "<150"],
  ]);
};
