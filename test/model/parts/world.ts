// What a test of answers in several parts plays in: who takes part, what they reach, and what the
// model holds.
import type { Json } from "../../../src/model/json.ts";
import type { Client } from "../../support/clients/http.ts";
import { toMicros } from "../filter.ts";
import { aroundNow } from "../store.ts";
import type { Actor, Around, Stamp, State, Store, Types } from "../types.ts";

/** The type of parents and that of the records that are linked to them. */
export const PARENTS = "part_scan";
export const CHILDREN = "part_note";

/** The payload types: datasets, so that every surface serves them. */
export const PART_TYPES: Types = {
  [PARENTS]: {
    label: { kind: "string" },
    count: { kind: "integer" },
    ratio: { kind: "number" },
    taken_at: { kind: "datetime" },
  },
  [CHILDREN]: {
    label: { kind: "string" },
    count: { kind: "integer" },
    text: { kind: "string" },
  },
};

/** The kinds of callers. `owner` writes as well; `key` may read parents alone. */
export const PARTIES = ["admin", "owner", "grantee", "reader", "key", "nobody"] as const;

/** One of the kinds of callers. */
export type Who = (typeof PARTIES)[number];

/** A caller: who the model takes it for, and how it reaches the API. */
export interface Party {
  readonly actor: Actor;
  readonly client: Client;
  /** The same over a distant database between whose calls others write. */
  readonly watched: Client;
  /** The same for answers that are no text. */
  readonly download: (method: string, path: string, body?: Json) => Promise<Response>;
}

/** Lets something happen between the calls that a request makes to the database. */
export interface Disturbance {
  readonly arm: (happen: () => Promise<void>) => void;
  readonly disarm: () => void;
}

/** What all histories of a run share. */
export interface Stage {
  readonly parties: Readonly<Record<Who, Party>>;
  readonly disturbance: Disturbance;
  /** What the database says of a transaction. */
  readonly stampOf: (transaction: number) => Promise<Stamp>;
  /** Brings the values that resources have had up to date, as the job does. */
  readonly addPastValues: () => Promise<void>;
}

/** A history under way: its identifiers, and what the model holds. */
export interface World {
  readonly stage: Stage;
  readonly prefix: string;
  readonly pool: readonly string[];
  store: Store;
}

/** What the identifiers of a history begin with: records have UUIDs. */
export const prefixOf = (history: number): string =>
  `${history.toString(16).padStart(8, "0")}-0000-4000-8000-0000000000`;

const POOL_SIZE = 24;
/** Prime to 256: the order of the identifiers is not that in which they are taken. */
const STRIDE = 89;

/** The identifiers of a history. */
export const poolOf = (prefix: string): readonly string[] =>
  Array.from({ length: POOL_SIZE }, (_, at) => {
    const last = (at * STRIDE) % 256;
    return `${prefix}${last.toString(16).padStart(2, "0")}`;
  });

/** A state with what it holds beside the resources. */
export interface Snapshot extends Around {
  /** How many moments led to it. */
  readonly moments: number;
  readonly state: State;
}

/** The state after so many moments. */
export const snapshotAfter = (store: Store, moments: number): Snapshot => {
  const past: Store = { ...store, moments: store.moments.slice(0, moments) };
  const state = past.moments.at(-1)?.state ?? new Map();
  const { links, grants } = aroundNow(past);
  return { moments, state, links, grants };
};

/** The state as of an instant. */
export const snapshotAt = (store: Store, asOf: string): Snapshot => {
  const past = store.moments.filter(({ instant }) => toMicros(instant) <= toMicros(asOf));
  return snapshotAfter(store, past.length);
};
