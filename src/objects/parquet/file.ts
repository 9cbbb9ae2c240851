/**
 * The frame of a Parquet file: its first and last bytes, and the footer that lists its row groups. The
 * library serializes the footer; its own class for files would bring encoders that nothing uses along.
 */
import type { KeyValue, RowGroup, SchemaElement } from "hyparquet";
import type { ByteWriter } from "hyparquet-writer";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { appendColumn, type ColumnValues } from "./encode.ts";

/** `PAR1`, with which a file begins and ends. */
const MAGIC = 0x31524150;

/** A file that is being written. */
export interface ParquetFile {
  /** Continues a file that has these row groups and this length. */
  readonly resume: (groups: readonly RowGroup[], offset: number) => void;
  /** Appends rows as one row group. The columns are made one by one, in the order of the schema. */
  readonly append: (rows: number, columns: Iterable<ColumnValues>) => void;
  /** Appends the footer. */
  readonly finish: (about: readonly KeyValue[] | undefined) => void;
  /** The row groups so far. */
  readonly groups: readonly RowGroup[];
  /** What has been written since the last call; the buffer is reused. */
  readonly take: () => Uint8Array;
}

/** Starts a file in an empty buffer. */
export function createParquetFile(sink: ByteWriter, schema: readonly SchemaElement[]): ParquetFile {
  const groups: RowGroup[] = [];
  const take = (): Uint8Array => {
    const bytes = sink.getBytes().slice();
    sink.index = 0;
    return bytes;
  };
  sink.appendUint32(MAGIC);
  return {
    groups,
    take,
    resume: (stored, offset) => {
      take();
      sink.offset = offset;
      groups.push(...stored);
    },
    append: (rows, columns) => {
      const start = sink.offset;
      const chunks: RowGroup["columns"] = [];
      let bytes = 0n;
      for (const column of columns) {
        const file_offset = BigInt(sink.offset);
        const meta_data = appendColumn(sink, column);
        bytes += meta_data.total_uncompressed_size;
        chunks.push({ file_offset, meta_data });
      }
      groups.push({
        columns: chunks,
        num_rows: BigInt(rows),
        total_byte_size: bytes,
        total_compressed_size: BigInt(sink.offset - start),
      });
    },
    finish: (about) => {
      writeMetadata(sink, {
        version: 2,
        created_by: "vxdata",
        schema: [...schema],
        num_rows: groups.reduce((sum, { num_rows: rows }) => sum + rows, 0n),
        row_groups: groups,
        // The library works it out.
        metadata_length: 0,
        ...(about === undefined ? {} : { key_value_metadata: [...about] }),
      });
      sink.appendUint32(MAGIC);
    },
  };
}
