/** Bodies of an S3 store's responses, within bounds of time and length. */
import { StoreError, unexpected, unreachable } from "./error.ts";
import { parseXml, textOf, type Element } from "./xml.ts";

/** A response with a body, and how long to wait for a piece of it. */
interface Answer {
  readonly status: number;
  readonly body: ReadableStream<Uint8Array> | null;
  readonly pieceMillis: number;
}

const within = async <Value>(work: Promise<Value>, millis: number): Promise<Value> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("it took too long")), millis);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
};

/** The Worker's `FixedLengthStream`, which Node does not have. */
type Sized = new (length: number) => TransformStream<Uint8Array, Uint8Array>;

/**
 * In a Worker only this stream has a length; otherwise a response that forwards it would have none.
 */
const ofLength = (
  stream: ReadableStream<Uint8Array>,
  length: number,
): ReadableStream<Uint8Array> => {
  const Fixed = Reflect.get(globalThis, "FixedLengthStream") as Sized | undefined;
  return Fixed === undefined ? stream : stream.pipeThrough(new Fixed(length));
};

/**
 * The bytes of a response at the reader's pace; an error when one fails to arrive, or their number
 * is wrong.
 */
export function bodyOf({ body, pieceMillis }: Answer, length: number): ReadableStream<Uint8Array> {
  const reader = body?.getReader();
  let left = length;
  const next = async (): Promise<Uint8Array | undefined> => {
    if (reader === undefined) return undefined;
    try {
      return (await within(reader.read(), pieceMillis)).value;
    } catch (error) {
      // Waiting for the rest would keep the connection open.
      void reader.cancel(error).catch(() => undefined);
      throw unreachable(error);
    }
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const piece = await next();
        if (piece === undefined && left === 0) return controller.close();
        left -= piece?.length ?? 0;
        if (piece !== undefined && left >= 0) return controller.enqueue(piece);
        await reader?.cancel().catch(() => undefined);
        throw unexpected("a body of another length");
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return ofLength(stream, length);
}

/** Large enough for a list of 1,000 keys of 1,024 bytes each, percent-encoded. */
const TEXT_BYTES_MAX = 8 * 1024 * 1024;

const textIn = async ({ body, pieceMillis }: Answer): Promise<string> => {
  if (body === null) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; ;) {
    const { value, done } = await within(reader.read(), pieceMillis);
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > TEXT_BYTES_MAX) {
      await reader.cancel();
      throw new Error("the answer is too long");
    }
    text += decoder.decode(value, { stream: true });
  }
};

const codeIn = (element: Element): string => {
  const code = textOf(element, "Code") ?? "";
  return /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : "";
};

/** The protocol's error code; empty when the response has none. */
export async function errorCode(answer: Answer): Promise<string> {
  try {
    return codeIn(parseXml(await textIn(answer)));
  } catch {
    return "";
  }
}

/** Throws the error of an unsuccessful response. */
export async function refuse(answer: Answer): Promise<never> {
  throw new StoreError(answer.status, await errorCode(answer));
}

/** Discards the body of a response whose status is sufficient. */
export async function discard({ body }: Answer): Promise<void> {
  await body?.cancel().catch(() => undefined);
}

/**
 * The root element of a response.
 *
 * @param name the expected name.
 * @throws {StoreError} when it is another one: a success may turn out to be a failure in its body.
 */
export async function elementIn(answer: Answer, name: string): Promise<Element> {
  let element: Element;
  try {
    element = parseXml(await textIn(answer));
  } catch (error) {
    throw unreachable(error);
  }
  if (element.name === name) return element;
  if (element.name === "Error") throw new StoreError(500, codeIn(element));
  throw unexpected("another element than requested");
}
