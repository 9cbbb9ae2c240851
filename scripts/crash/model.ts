// What one client of the crash test knows: everything that the server has acknowledged to it.
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { Random } from "../demo/random.ts";

/** The datasource below which all clients register patients. */
export const SOURCE = "crash-source";

const TYPE = "dataset";
const BATCH_MAX = 40;
const ITEMS_MAX = 5;

/** One resource as its client last read it. */
export interface Known {
  readonly name: string;
  readonly version: number;
  readonly isDeleted: boolean;
}

/** All that a client knows. */
export interface Model {
  readonly rows: ReadonlyMap<string, Known>;
  /** Identifiers of patients by the external identifier that they were registered for. */
  readonly registered: ReadonlyMap<string, string>;
}

/** Nothing yet. */
export const EMPTY: Model = { rows: new Map(), registered: new Map() };

/** One write, and the client's knowledge once it has been acknowledged. */
export interface Write {
  readonly path: string;
  readonly body: JsonObject;
  /** The external identifiers that it registers. */
  readonly uids: readonly string[];
  readonly after: (answer: Json) => Model;
}

const withRows = (model: Model, rows: readonly (readonly [string, Known])[]): Model => ({
  ...model,
  rows: new Map([...model.rows, ...rows]),
});

const some = <Value>(random: Random, values: readonly Value[]): readonly Value[] => {
  const count = random.between(1, Math.min(BATCH_MAX, values.length));
  const start = random.between(0, values.length - count);
  return values.slice(start, start + count);
};

const create = (model: Model, prefix: string, random: Random): Write => {
  const rows = Array.from({ length: random.between(1, BATCH_MAX) }, (_, index) => {
    const name = `name ${random.between(0, 1e6)}`;
    return [`${prefix}${model.rows.size + index}`, { name, version: 1, isDeleted: false }] as const;
  });
  const resources = rows.map(([identifier, { name }]) => ({
    identifier,
    payload_type: TYPE,
    name,
  }));
  return {
    path: "/resources/create",
    body: { resources },
    uids: [],
    after: () => withRows(model, rows),
  };
};

type Entry = readonly [string, Known];

const update = (model: Model, entries: readonly Entry[], random: Random): Write => {
  const rows = some(random, entries).map(([identifier, known]): Entry => {
    const name = `changed ${random.between(0, 1e9)}`;
    return [identifier, { name, version: known.version + 1, isDeleted: false }];
  });
  const updates = Object.fromEntries(
    rows.map(([identifier, { name }]) => [identifier, { name, is_deleted: false }]),
  );
  return {
    path: "/resources/update",
    body: { updates },
    uids: [],
    after: () => withRows(model, rows),
  };
};

const remove = (model: Model, entries: readonly Entry[], random: Random): Write => {
  const rows = some(random, entries).map(([identifier, known]): Entry => [
    identifier,
    { ...known, version: known.version + 1, isDeleted: true },
  ]);
  const identifiers = rows.map(([identifier]) => identifier);
  return {
    path: "/resources/delete",
    body: { identifiers, cascade: false },
    uids: [],
    after: () => withRows(model, rows),
  };
};

/** The identifiers that a registration of several returned. */
export const identifiersIn = (answer: Json): readonly string[] =>
  (answer as { readonly identifiers: readonly string[] }).identifiers;

const register = (model: Model, prefix: string, random: Random): Write => {
  const count = random.between(1, ITEMS_MAX);
  const uids = Array.from(
    { length: count },
    (_, index) => `${prefix}${model.registered.size + index}`,
  );
  const items = uids.map((uid) => ({ datasource_id: SOURCE, external_uid: uid }));
  return {
    path: "/patients/register?or_resolve=true",
    body: { items },
    uids,
    after: (answer) => {
      const given = identifiersIn(answer);
      const pairs = uids.map((uid, index) => [uid, given[index] ?? ""] as const);
      return { ...model, registered: new Map([...model.registered, ...pairs]) };
    },
  };
};

/** A client's next write. */
export const nextWrite = (model: Model, prefix: string, random: Random): Write => {
  const entries = [...model.rows];
  const live = entries.filter(([, { isDeleted }]) => !isDeleted);
  const kind = random.between(0, 9);
  if (live.length === 0 || kind < 3) return create(model, prefix, random);
  if (kind < 5) return update(model, entries, random);
  if (kind < 7) return remove(model, live, random);
  return register(model, prefix, random);
};
