/** Runs tasks one after another, in the order in which they were added. */
export type Lane = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * Creates a lane. After a failure it is closed: later tasks fail with the same error, so that
 * nothing overtakes the failed one.
 */
export function createLane(): Lane {
  let tail: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const result = tail.then(work);
    tail = result;
    return result;
  };
}

/**
 * Works on several items at a time, and settles the results in the items' order. The next item is
 * taken only when there is room, so memory use is constant however long the source is.
 * @throws the first error of `work` or `settle`; what follows it is not settled.
 */
export const runInOrder = async <Item, Result>(
  source: AsyncIterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<Result>,
  settle: (item: Item, result: Result) => void,
): Promise<void> => {
  const running: Promise<void>[] = [];
  let tail = Promise.resolve();
  for await (const item of source) {
    tail = Promise.all([tail, work(item)]).then(([, result]) => settle(item, result));
    // Awaited below; until then this keeps a failure from being "unhandled".
    tail.catch(() => undefined);
    running.push(tail);
    if (running.length >= concurrency) await running.shift();
  }
  await tail;
};
