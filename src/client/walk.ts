/** Pages of results, and their items one by one. Each walk starts a new read. */
export interface Walk<Item, Page> extends AsyncIterable<Item> {
  /** Page by page, as the server returns them. */
  readonly pages: () => AsyncGenerator<Page, void, undefined>;
  /** All items at once: for results that fit into memory. */
  readonly all: () => Promise<Item[]>;
}

/** Creates a walk from functions that load a page and list its items. */
export function createWalk<Item, Page>(
  pages: () => AsyncGenerator<Page, void, undefined>,
  itemsOf: (page: Page) => readonly Item[],
): Walk<Item, Page> {
  const items = async function* (): AsyncGenerator<Item, void, undefined> {
    for await (const page of pages()) yield* itemsOf(page);
  };
  return {
    pages,
    [Symbol.asyncIterator]: items,
    all: async () => {
      const found: Item[] = [];
      for await (const item of items()) found.push(item);
      return found;
    },
  };
}
