// The context of tests of reads in several parts: callers, clients, and the model.
import type { Json } from "../../../src/model/json.ts";
import type { Client } from "../../support/clients/http.ts";
import { toMicros } from "../filter.ts";
import { linksAndGrants } from "../store.ts";
import type { Actor, LinksAndGrants, Stamp, State, Store, Types } from "../types.ts";

/** The payload types of parents and of the records that are linked to them. */
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

/** The kinds of callers. `owner` also writes; `key` may read only parents. */
export const PARTIES = ["admin", "owner", "grantee", "reader", "key", "nobody"] as const;

/** One of the kinds of callers. */
export type Who = (typeof PARTIES)[number];

/** A caller: its actor in the model, and its clients for the API. */
export interface Party {
  readonly actor: Actor;
  readonly client: Client;
  /** A client over a database with latency, between whose calls others write. */
  readonly watched: Client;
  /** Like `watched`, for binary responses. */
  readonly download: (method: string, path: string, body?: Json) => Promise<Response>;
}

/** Runs a callback between the database calls of a request. */
export interface Disturbance {
  readonly arm: (happen: () => Promise<void>) => void;
  readonly disarm: () => void;
}

/** The shared context of all histories of a run. */
export interface Stage {
  readonly parties: Readonly<Record<Who, Party>>;
  readonly disturbance: Disturbance;
  /** The stamp of a transaction in the database. */
  readonly stampOf: (transaction: number) => Promise<Stamp>;
  /** Brings the values that resources have had up to date, as the job does. */
  readonly addPastValues: () => Promise<void>;
}

/** A running history: its identifiers, and the model. */
export interface World {
  readonly stage: Stage;
  readonly prefix: string;
  readonly pool: readonly string[];
  store: Store;
}

/** The prefix of the identifiers of a history; they are UUIDs, because records need them. */
export const prefixOf = (history: number): string =>
  `${history.toString(16).padStart(8, "0")}-0000-4000-8000-0000000000`;

const POOL_SIZE = 24;
/** Coprime to 256: identifiers are not used in their order. */
const STRIDE = 89;

/** The identifiers of a history. */
export const poolOf = (prefix: string): readonly string[] =>
  Array.from({ length: POOL_SIZE }, (_, at) => {
    const last = (at * STRIDE) % 256;
    return `${prefix}${last.toString(16).padStart(2, "0")}`;
  });

/** A state with its links and grants. */
export interface Snapshot extends LinksAndGrants {
  /** The number of moments up to it. */
  readonly moments: number;
  readonly state: State;
}

/** The state after a number of moments. */
export const snapshotAfter = (store: Store, moments: number): Snapshot => {
  const past: Store = { ...store, moments: store.moments.slice(0, moments) };
  const state = past.moments.at(-1)?.state ?? new Map();
  const { links, grants } = linksAndGrants(past);
  return { moments, state, links, grants };
};

/** The state as of an instant. */
export const snapshotAt = (store: Store, asOf: string): Snapshot => {
  const past = store.moments.filter(({ instant }) => toMicros(instant) <= toMicros(asOf));
  return snapshotAfter(store, past.length);
};
