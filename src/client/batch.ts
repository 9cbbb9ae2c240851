import { moved } from "./read-problem.ts";
import { ProblemError, VxdataError } from "./problem.ts";
import type { BatchOptions } from "./types.ts";

/**
 * Bounds of one call (docs/limits.md): `batchItemsMax`, and `bodyBytesMax` less room for the rest.
 */
const ITEMS_MAX = 10_000;
const BYTES_MAX = 32 * 1024 * 1024 - 4_096;
/** `sourcesTouchedMax`. */
const SOURCES_MAX = 100_000;

/** More elements than one call takes were given without `split`. Nothing was sent. */
export class BatchTooLargeError extends VxdataError {
  override name = "BatchTooLargeError";
  /** Calls that it would take. */
  readonly calls: number;

  constructor(calls: number) {
    super(
      `This takes ${calls} calls, each all or nothing, but not all of them together: ` +
        "say { split: true } to send them.",
    );
    this.calls = calls;
  }
}

/** One of several calls failed: those before it are done. */
export class PartialBatchError extends VxdataError {
  override name = "PartialBatchError";
  /** How many elements are done, from the first on. */
  readonly done: number;

  constructor(done: number, all: number, cause: Error) {
    super(`${done} of ${all} elements are done, then: ${cause.message}`, { cause });
    this.done = done;
  }
}

/** Elements of one call, as JSON text. */
interface Part {
  readonly start: number;
  readonly items: readonly string[];
}

const encoder = new TextEncoder();

/** Bytes of a string in UTF-8; exact only where it can matter. */
const bytesOf = (text: string): number =>
  text.length > 1_024 ? encoder.encode(text).length : text.length * 3;

/** The bounds of one call. */
export interface PartBounds {
  readonly itemsMax?: number;
  readonly bytesMax?: number;
  /** How many sources each element names, if elements name any. */
  readonly sources?: readonly number[];
  readonly sourcesMax?: number;
}

/** Cuts elements into as few calls as the bounds permit, in order. */
export function partsOf(items: readonly string[], bounds: PartBounds = {}): readonly Part[] {
  const { itemsMax = ITEMS_MAX, bytesMax = BYTES_MAX, sourcesMax = SOURCES_MAX } = bounds;
  const parts: { start: number; items: string[] }[] = [{ start: 0, items: [] }];
  let [bytes, sources] = [0, 0];
  for (const [index, item] of items.entries()) {
    const last = parts.at(-1);
    const size = bytesOf(item) + 1;
    const named = bounds.sources?.[index] ?? 0;
    const full =
      last !== undefined &&
      (last.items.length >= itemsMax || bytes + size > bytesMax || sources + named > sourcesMax);
    if (last === undefined || (full && last.items.length > 0)) {
      parts.push({ start: index, items: [item] });
      [bytes, sources] = [size, named];
    } else {
      last.items.push(item);
      bytes += size;
      sources += named;
    }
  }
  return parts;
}

/**
 * Sends elements in one call, or in several when one cannot take them and `split` is set.
 * @throws {BatchTooLargeError} when they need several and `split` is not set.
 * @throws {PartialBatchError} when one of several failed after others were done.
 */
export async function sendParts<T>(
  items: readonly string[],
  options: BatchOptions | undefined,
  send: (joined: string, options: BatchOptions | undefined) => Promise<T>,
  bounds: PartBounds = {},
): Promise<readonly T[]> {
  const parts = partsOf(items, bounds);
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return [await send(only.items.join(","), options)];
  if (options?.split !== true) throw new BatchTooLargeError(parts.length);
  const key = options.idempotencyKey;
  const answers: T[] = [];
  for (const [number, part] of parts.entries()) {
    const own = key === undefined ? options : { ...options, idempotencyKey: `${key}.${number}` };
    try {
      answers.push(await send(part.items.join(","), own));
    } catch (error) {
      const placed = error instanceof ProblemError ? moved(error, part.start) : error;
      if (part.start === 0 || !(placed instanceof Error)) throw placed;
      throw new PartialBatchError(part.start, items.length, placed);
    }
    options.onPart?.(part.start + part.items.length, items.length);
  }
  return answers;
}
