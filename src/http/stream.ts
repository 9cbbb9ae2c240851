/** Streams responses that are too large to be built as a whole, piece by piece as they are read. */

const encoder = new TextEncoder();

/**
 * The pieces as a stream of UTF-8, each built when the reader requests it. A failing piece aborts the
 * response, so that no client takes it for complete.
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

/** An async sequence whose first element has been read already, as a whole sequence. */
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
