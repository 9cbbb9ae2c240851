/** Answers that are too large to be made as a whole: written piece by piece, as they are read. */

const encoder = new TextEncoder();

/**
 * The pieces as a stream of UTF-8, each made when the reader wants it. One that fails breaks the
 * answer off: nobody can take it for a complete one.
 */
export function textStream(pieces: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      for (;;) {
        const { value, done } = await iterator.next();
        if (done === true) return controller.close();
        if (value !== "") return controller.enqueue(encoder.encode(value));
      }
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
}

/**
 * A JSON array in pieces.
 *
 * @param parts the elements of each piece, as JSON texts.
 */
export async function* arrayPieces(
  parts: AsyncIterable<readonly string[]>,
): AsyncGenerator<string, void, undefined> {
  let before = "[";
  for await (const elements of parts) {
    if (elements.length === 0) continue;
    yield before + elements.join(",");
    before = ",";
  }
  yield before === "[" ? "[]" : "]";
}

/** A sequence whose first element has been asked for, as if it had not. */
export async function* withFirst<T>(
  first: IteratorResult<T, void>,
  rest: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}
