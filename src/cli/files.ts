import { open } from "node:fs/promises";
import { ConnectionError } from "../client/index.ts";

/** Provides the bytes from a position on, and reports how many have arrived in all. */
export interface Arrival {
  readonly from: (offset: number) => Promise<ReadableStream<Uint8Array>>;
  readonly told: (bytes: number) => void;
  readonly signal: AbortSignal;
}

const append = async (path: string, offset: number, arrival: Arrival): Promise<number> => {
  const { from, signal, told } = arrival;
  const reader = (await from(offset)).getReader();
  const file = await open(path, "a");
  let bytes = offset;
  try {
    for (;;) {
      signal.throwIfAborted();
      const read = await reader.read().catch((error: unknown) => {
        signal.throwIfAborted();
        return { broken: error };
      });
      if ("broken" in read) return bytes;
      if (read.done) return Infinity;
      await file.write(read.value);
      bytes += read.value.length;
      told(bytes);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    await file.close();
  }
};

/**
 * Appends the rest of a stream to a file. A stream that breaks off is requested again from there,
 * for as long as each brings some bytes.
 * @throws {ConnectionError} when one brought nothing.
 */
export async function appendRest(path: string, offset: number, arrival: Arrival): Promise<void> {
  for (let at = offset; ;) {
    const reached = await append(path, at, arrival);
    if (reached === Infinity) return;
    if (reached === at) throw new ConnectionError(`the stream broke off at byte ${at}`);
    at = reached;
  }
}
