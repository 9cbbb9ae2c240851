import type { ProblemElement } from "../../client/index.ts";
import type { Json } from "../../model/json.ts";
import { ProblemError } from "../support/api-client.ts";

/** An element that the server refused, and why. */
export interface RefusedItem<Item> {
  readonly item: Item;
  readonly code: string;
  /** Dotted path of the wrong member of the element; empty when the server named none. */
  readonly path: string;
  readonly detail: string;
}

/** The result of a batch: calls that succeeded, and elements that did not. */
export interface BatchOutcome<Item> {
  readonly accepted: readonly { readonly items: readonly Item[]; readonly answer: Json }[];
  readonly refused: readonly RefusedItem<Item>[];
}

// These are about elements; 401, 403 and the like are about the caller.
const ELEMENT_STATUSES: readonly number[] = [400, 404, 409, 413, 422];

/** The path of an error about some external identifiers of a registration, whichever they are. */
const EXTERNAL = "external_uid";

const isAboutElements = ({ status, errors }: ProblemError): boolean =>
  ELEMENT_STATUSES.includes(status) || errors.some(({ path }) => path === EXTERNAL);

const COLLECTION_PATH = /^\/?(?:resources|items)[./](\d+)(?:[./](.*))?$/;

const indexOf = (error: ProblemElement, identifiers: ReadonlyMap<string, number>) =>
  error.index ??
  (COLLECTION_PATH.test(error.path)
    ? Number(COLLECTION_PATH.exec(error.path)?.[1])
    : identifiers.get(error.identifier ?? ""));

const memberOf = (path: string): string => {
  const match = COLLECTION_PATH.exec(path);
  return match === null ? path : (match[2] ?? "");
};

/** Errors by the position of the element, the first one of each. */
const errorsOf = <Item>(
  problem: ProblemError,
  items: readonly Item[],
  identify: (item: Item) => string | undefined,
): ReadonlyMap<number, RefusedItem<Item>> => {
  const identifiers = new Map(items.map((item, index) => [identify(item) ?? "", index]));
  identifiers.delete("");
  const errors = new Map<number, RefusedItem<Item>>();
  for (const error of problem.errors) {
    const index = indexOf(error, identifiers);
    const item = index === undefined ? undefined : items[index];
    if (index === undefined || item === undefined || errors.has(index)) continue;
    const { code, detail } = error;
    errors.set(index, { item, code: code || problem.code, path: memberOf(error.path), detail });
  }
  return errors;
};

const halves = <Item>(items: readonly Item[]): readonly (readonly Item[])[] => {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
};

/**
 * Sends elements through a call that takes all or none: those that the server names as bad are set
 * aside and the rest is sent again; when it names none (or the body is too large), the batch is
 * halved until the bad one is alone.
 */
export async function sendBatch<Item>(
  items: readonly Item[],
  send: (items: readonly Item[]) => Promise<Json>,
  identify: (item: Item) => string | undefined = () => undefined,
): Promise<BatchOutcome<Item>> {
  const accepted: { readonly items: readonly Item[]; readonly answer: Json }[] = [];
  const refused: RefusedItem<Item>[] = [];
  const pending: (readonly Item[])[] = [items];
  for (let batch = pending.shift(); batch !== undefined; batch = pending.shift()) {
    const [first] = batch;
    if (first === undefined) continue;
    try {
      accepted.push({ items: batch, answer: await send(batch) });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const problem = error;
      if (!isAboutElements(problem)) throw error;
      const named = errorsOf(problem, batch, identify);
      refused.push(...named.values());
      if (named.size > 0) {
        pending.unshift(batch.filter((_, index) => !named.has(index)));
      } else if (batch.length > 1) {
        pending.unshift(...halves(batch));
      } else {
        refused.push({ item: first, code: problem.code, path: "", detail: problem.detail });
      }
    }
  }
  return { accepted, refused };
}

/** Cuts elements into batches of at most so many elements, and so many characters of JSON, each. */
export function packItems<Item extends { readonly json: string }>(
  items: readonly Item[],
  itemsMax: number,
  charactersMax: number,
): readonly (readonly Item[])[] {
  const packs: Item[][] = [];
  let pack: Item[] = [];
  let characters = 0;
  for (const item of items) {
    const full = pack.length >= itemsMax || characters + item.json.length > charactersMax;
    if (full && pack.length > 0) {
      packs.push(pack);
      pack = [];
      characters = 0;
    }
    pack.push(item);
    characters += item.json.length + 1;
  }
  return pack.length > 0 ? [...packs, pack] : packs;
}
