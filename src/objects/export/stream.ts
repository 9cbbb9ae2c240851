/** Pages of rows as the bytes of a file, part by part, while the next page is being read. */
import type { JsonObject } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import { formatInstant, type InstantMicros } from "../../model/time.ts";
import type { ExportFormat } from "../../query/export.ts";
import type { Registry } from "../../schema/type.ts";
import { columnsOf, type ExportRow } from "./columns.ts";
import { FORMATS } from "./writer.ts";

/** A page of rows, and what was known when it was read. */
export interface ExportPage {
  readonly rows: readonly ExportRow[];
  readonly registryVersion: number;
  /** An instant of the state that it was read from. */
  readonly instant: InstantMicros;
}

/** The parameters of a file. */
export interface FileSource {
  readonly format: ExportFormat;
  /** The requested payload types; none: any. */
  readonly payloadTypes: readonly string[];
  /** The requested members; null for all. */
  readonly selected: readonly string[] | null;
  readonly pages: AsyncIterator<ExportPage, void, undefined>;
  readonly registryAt: (version: number) => Promise<Registry>;
  readonly request: JsonObject;
  /** An instant of the state; null: the first page tells it. */
  readonly asOf: InstantMicros | null;
}

/** True when the rows of a file need their children. */
const wantsChildren = (selected: readonly string[] | null): boolean =>
  selected === null || selected.includes("children");

/** The pages of a file. */
export interface FilePages {
  readonly children: boolean;
  /** The most rows; null for all. */
  readonly limit: number | null;
  readonly bytes: number;
}

/** The pages of a file with some members. */
export function pagesOfFile(selected: readonly string[] | null, limit: number | null): FilePages {
  return {
    children: wantsChildren(selected),
    limit,
    bytes: LIMITS.exportPageBytesMax,
  };
}

/** A part of a file, and how many rows it holds. */
export interface FilePart {
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** Counts what the file's metadata say about all rows. */
const tally = () => {
  const licenses = new Map<string, number>();
  const versions = new Map<string, Set<string>>();
  return {
    add: (rows: readonly ExportRow[]): void => {
      for (const { license, payload_type: type, schema_version: version } of rows) {
        const name = license ?? "unknown";
        licenses.set(name, (licenses.get(name) ?? 0) + 1);
        const known = versions.get(type);
        if (known === undefined) versions.set(type, new Set([version]));
        else known.add(version);
      }
    },
    about: (): Readonly<Record<string, string>> => ({
      schema_version: JSON.stringify(
        Object.fromEntries([...versions].map(([type, of]) => [type, [...of].toSorted()])),
      ),
      license_summary: JSON.stringify(Object.fromEntries(licenses)),
    }),
  };
};

async function* partsFrom(
  source: FileSource,
  first: ExportPage | undefined,
  registry: Registry,
): AsyncGenerator<FilePart, void, undefined> {
  const { format, payloadTypes, selected, pages, request, asOf } = source;
  const writer = FORMATS[format].start(columnsOf(registry, payloadTypes, selected));
  const { add, about } = tally();
  try {
    for (let page = first; page !== undefined;) {
      const coming = pages.next();
      // The error is handled where the promise is awaited, and must not count as unhandled until
      // then.
      coming.catch(() => undefined);
      add(page.rows);
      const part = { bytes: writer.rows(page.rows), rows: page.rows.length };
      // At most two pages are in memory; the older one is released.
      page = undefined;
      yield part;
      const { value } = await coming;
      page = value ?? undefined;
    }
    const end = writer.end({
      query: JSON.stringify(request),
      as_of: formatInstant(asOf ?? first?.instant ?? 0),
      ...about(),
    });
    yield { bytes: end, rows: 0 };
  } finally {
    await pages.return?.();
  }
}

/**
 * Starts a file: reads the first page, so that errors of the query are known before a byte is
 * written, and returns the parts in order. While one is written, the next page is read.
 *
 * The columns are those of the payload types at that time: no row of that state has others.
 */
export async function startFile(
  source: FileSource,
): Promise<AsyncGenerator<FilePart, void, undefined>> {
  const { value } = await source.pages.next();
  const first = value ?? undefined;
  const registry = await source.registryAt(first?.registryVersion ?? 0);
  return partsFrom(source, first, registry);
}

/** The parts as a stream that is read at the reader's pace. */
export function streamOf(
  parts: AsyncGenerator<FilePart, void, undefined>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      for (;;) {
        const { value, done } = await parts.next();
        if (done === true) return controller.close();
        if (value.bytes.length > 0) return controller.enqueue(value.bytes);
      }
    },
    cancel: async () => {
      await parts.return();
    },
  });
}
