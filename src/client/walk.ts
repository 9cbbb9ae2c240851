/** Pages of something, and what is on them one by one. Each walk asks anew. */
export interface Walk<Item, Page> extends AsyncIterable<Item> {
  /** Page by page, as the server gives them. */
  readonly pages: () => AsyncGenerator<Page, void, undefined>;
  /** All items at once: for answers that fit into memory. */
  readonly all: () => Promise<Item[]>;
}

/** Makes a walk of a way to get the pages and of what is on one. */
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
