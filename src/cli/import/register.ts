import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import type { ApiClient } from "../support/api-client.ts";
import { type RefusedItem, sendBatch } from "./batch.ts";

/** A patient or study to register: the key identifies repeats within the file. */
export interface RegisterItem {
  readonly key: string;
  readonly body: JsonObject;
}

/** Identifiers by key, errors by key, and how many were registered for the first time. */
export interface RegisterOutcome {
  readonly identifiers: ReadonlyMap<string, string>;
  readonly refused: ReadonlyMap<string, RefusedItem<RegisterItem>>;
  readonly registered: number;
}

/** Registers patients, or studies, once each. */
export interface Registrar {
  /** Registers what is new to this run, and returns all identifiers. */
  readonly register: (items: Iterable<RegisterItem>) => Promise<RegisterOutcome>;
  /** Adds what an earlier, interrupted run registered: it is sent again, but not counted. */
  readonly skip: (key: string) => void;
}

/** Identifiers that are cached; evicted ones are resolved again, which changes nothing. */
const REMEMBERED_MAX = 100_000;

/** Stands for an identifier that an earlier run got. */
const UNKNOWN = "";

const cache = (memory: Map<string, string>, key: string, identifier: string): void => {
  memory.set(key, identifier);
  if (memory.size <= REMEMBERED_MAX) return;
  const [oldest = ""] = memory.keys();
  memory.delete(oldest);
};

const identifiersIn = (answer: Json, expected: number): readonly string[] => {
  const identifiers = isJsonObject(answer) ? answer["identifiers"] : undefined;
  if (Array.isArray(identifiers) && identifiers.length === expected) {
    return identifiers as readonly string[];
  }
  throw new Error(`the register call answered no list of ${expected} identifiers`);
};

/**
 * Creates the registrar of `/patients/register` or `/studies/register`. It always sends
 * `or_resolve`, so that a repeat gets the identifiers of the first time.
 */
export function createRegistrar(client: ApiClient, path: string, itemsMax: number): Registrar {
  const memory = new Map<string, string>();
  const send = async (items: readonly RegisterItem[]): Promise<Json> => {
    const body = JSON.stringify({ items: items.map((item) => item.body) });
    return client({ method: "POST", path: `${path}?or_resolve=true`, body });
  };
  const registerAll = async (items: Iterable<RegisterItem>): Promise<RegisterOutcome> => {
    const identifiers = new Map<string, string>();
    const refused = new Map<string, RefusedItem<RegisterItem>>();
    const fresh = new Map<string, RegisterItem>();
    for (const item of items) {
      const known = memory.get(item.key) ?? UNKNOWN;
      if (known === UNKNOWN) fresh.set(item.key, fresh.get(item.key) ?? item);
      else identifiers.set(item.key, known);
    }
    let registered = 0;
    const wanted = [...fresh.values()];
    for (let start = 0; start < wanted.length; start += itemsMax) {
      const outcome = await sendBatch(wanted.slice(start, start + itemsMax), send);
      for (const { items: sent, answer } of outcome.accepted) {
        for (const [index, identifier] of identifiersIn(answer, sent.length).entries()) {
          const key = sent[index]?.key ?? "";
          registered += memory.has(key) ? 0 : 1;
          identifiers.set(key, identifier);
          cache(memory, key, identifier);
        }
      }
      for (const item of outcome.refused) refused.set(item.item.key, item);
    }
    return { identifiers, refused: refused, registered };
  };
  return { register: registerAll, skip: (key) => cache(memory, key, UNKNOWN) };
}
