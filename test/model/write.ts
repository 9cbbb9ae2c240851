// The expected outcome of a write: the next state, or the errors of all invalid elements.
import type { Json, JsonObject } from "../../src/model/json.ts";
import { canonical } from "./filter.ts";
import { placeOf, sourcesOf } from "./hidden-references.ts";
import { payloadCodes } from "./payloads.ts";
import { createdOpen, openedErrors, completeLevels, shownParent } from "./opening.ts";
import { descendants, METADATA, stateAt, visible } from "./store.ts";
import type { Actor, CreateElement, Flaw, Outcome, Refused, Row, State, Store } from "./types.ts";

const CONTROL = new Set([...Object.keys(METADATA), "is_deleted"]);

const payloadOf = (body: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !CONTROL.has(name)));

const withoutNulls = (payload: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null));

/** An element with another error is not also reported for a cycle. */
const blamed = (errors: readonly Flaw[]): readonly Flaw[] => {
  const bad = new Set(
    errors.filter(({ code }) => code !== "cycle").map(({ identifier }) => identifier),
  );
  return errors.filter(({ code, identifier }) => code !== "cycle" || !bad.has(identifier));
};

const refuse = (errors: readonly Flaw[]): Refused => {
  const forbidden = errors.filter((error) => error.code === "forbidden");
  if (forbidden.length > 0) return { ok: false, status: 403, errors: forbidden };
  const missing = errors.filter((error) => error.code === "not_found");
  return missing.length > 0
    ? { ok: false, status: 404, errors: missing }
    : { ok: false, status: 400, errors: blamed(errors) };
};

const reaches = (
  start: readonly string[],
  next: (identifier: string) => readonly string[],
  goal: string,
): boolean => {
  const seen = new Set<string>();
  const queue = [...start];
  for (const identifier of queue) {
    if (identifier === goal) return true;
    if (seen.has(identifier)) continue;
    seen.add(identifier);
    queue.push(...next(identifier));
  }
  return false;
};

const parentErrors = (store: Store, actor: Actor, after: State, row: Row): readonly Flaw[] => {
  if (row.parent === null) return [];
  const { identifier } = row;
  const parent = after.get(row.parent);
  const known = stateAt(store).has(row.parent);
  if (parent === undefined || (known && !visible(store, actor, row.parent)))
    return [{ identifier, code: "missing_reference" }];
  if (parent.deleted) return [{ identifier, code: "missing_reference" }];
  const up = (id: string): readonly string[] => {
    const above = after.get(id)?.parent ?? null;
    return above === null ? [] : [above];
  };
  const isMoved = stateAt(store).get(identifier)?.parent !== row.parent;
  return isMoved && reaches([row.parent], up, identifier) ? [{ identifier, code: "cycle" }] : [];
};

const sourceErrors = (
  store: Store,
  actor: Actor,
  after: State,
  row: Row,
  named: readonly string[] = row.derivedFrom,
): readonly Flaw[] => {
  const { identifier } = row;
  const missing = named.some(
    (source) =>
      !after.has(source) || (stateAt(store).has(source) && !visible(store, actor, source)),
  );
  const sources = (id: string): readonly string[] => after.get(id)?.derivedFrom ?? [];
  const cyclic = reaches(row.derivedFrom, sources, identifier);
  return [
    ...(missing ? [{ identifier, code: "missing_reference" } as const] : []),
    ...(cyclic ? [{ identifier, code: "cycle" } as const] : []),
  ];
};

const createRow = (store: Store, actor: Actor, body: CreateElement, order: number): Row => ({
  identifier: body.identifier,
  payloadType: body.payload_type,
  version: 1,
  parent: (body["parent_identifier"] ?? null) as string | null,
  derivedFrom: (body["derived_from"] ?? []) as readonly string[],
  license: (body["license"] ?? null) as string | null,
  accessLevel: (body["access_level"] ?? "internal") as string,
  owner: actor.id,
  deleted: false,
  payload: withoutNulls(payloadOf(body)),
  order,
  born: store.moments.length,
  written: store.moments.length,
});

/** A tombstone that the actor may not see is only reported as an identifier in use. */
const identifierCodes = (
  store: Store,
  actor: Actor,
  { identifier }: Row,
  isRepeated: boolean,
): readonly Flaw["code"][] => {
  const old = stateAt(store).get(identifier);
  if (old?.deleted === true && visible(store, actor, identifier)) return ["tombstoned"];
  return old !== undefined || isRepeated ? ["already_exists"] : [];
};

const createFaults = (
  store: Store,
  actor: Actor,
  after: State,
  row: Row,
  isRepeated: boolean,
): readonly Flaw[] => {
  const type = store.types[row.payloadType];
  const unusable = identifierCodes(store, actor, row, isRepeated);
  const codes = [
    ...unusable,
    ...(type === undefined ? (["unknown_payload_type"] as const) : payloadCodes(type, row.payload)),
  ];
  const own = codes.map((code) => ({ identifier: row.identifier, code }));
  return unusable.length > 0
    ? own
    : [
        ...own,
        ...parentErrors(store, actor, after, row),
        ...sourceErrors(store, actor, after, row),
      ];
};

/** `POST /resources/create`. */
export const create = (store: Store, actor: Actor, bodies: readonly CreateElement[]): Outcome => {
  const before = stateAt(store);
  const after = new Map(before);
  const rows = bodies.map((body, at) => createRow(store, actor, body, before.size + at));
  for (const row of rows.filter(({ identifier }) => !after.has(identifier)).toReversed()) {
    after.set(row.identifier, row);
  }
  const isKept = new Set(after.values());
  const open = rows.filter(
    (row, at) => isKept.has(row) && bodies[at]?.["access_level"] === undefined,
  );
  completeLevels(before, after, open);
  const errors = rows.flatMap((row) => {
    const isRepeated = before.get(row.identifier) === undefined && !isKept.has(row);
    const found = createFaults(store, actor, after, row, isRepeated);
    return isKept.has(row) ? [...found, ...createdOpen(store, actor, after, row)] : found;
  });
  if (errors.length > 0) return refuse(errors);
  const changed = rows.map((row) => row.identifier);
  return { ok: true, state: rows.length > 0 ? after : before, count: rows.length, changed };
};

const patched = (store: Store, actor: Actor, old: Row, body: JsonObject): Row => {
  const member = <T>(name: string, fallback: T): T =>
    body[name] === undefined ? fallback : (body[name] as T);
  const next: Row = {
    ...old,
    parent: placeOf(store, actor, old, body),
    derivedFrom: sourcesOf(store, actor, old, body),
    license: member("license", old.license),
    accessLevel: member("access_level", old.accessLevel),
    deleted: member("is_deleted", old.deleted),
    payload: withoutNulls({ ...old.payload, ...payloadOf(body) }),
  };
  const same = canonical(next as unknown as Json) === canonical(old as unknown as Json);
  return same ? old : { ...next, version: old.version + 1, written: store.moments.length };
};

const patchCodes = (
  store: Store,
  old: Row,
  next: Row,
  body: JsonObject,
): readonly Flaw["code"][] => {
  const type = body["payload_type"];
  if (type !== undefined && type !== old.payloadType) return ["invalid_value"];
  return payloadCodes(store.types[old.payloadType] ?? {}, next.payload);
};

const updateFaults = (
  store: Store,
  actor: Actor,
  after: State,
  identifier: string,
  body: JsonObject,
): readonly Flaw[] => {
  const old = stateAt(store).get(identifier);
  const next = after.get(identifier);
  if (old === undefined || next === undefined || !visible(store, actor, identifier))
    return [{ identifier, code: "not_found" }];
  if (old.deleted && body["is_deleted"] !== false) return [{ identifier, code: "not_found" }];
  const codes = patchCodes(store, old, next, body);
  const named = body["derived_from"] as readonly string[] | undefined;
  return [
    ...codes.map((code) => ({ identifier, code })),
    ...placeErrors(store, actor, after, [old, next], body),
    ...(next.derivedFrom === old.derivedFrom
      ? []
      : sourceErrors(store, actor, after, next, named ?? [])),
  ];
};

/** The errors of the new parent of a resource that is moved or restored. */
const placeErrors = (
  store: Store,
  actor: Actor,
  after: State,
  [old, next]: readonly [Row, Row],
  body: JsonObject,
): readonly Flaw[] => {
  const { identifier } = next;
  const isHidden = old.parent !== null && shownParent(store, actor, old) === null;
  if (isHidden && body["parent_identifier"] === old.parent) {
    return [{ identifier, code: "missing_reference" }];
  }
  if (next.parent !== old.parent) {
    const errors = parentErrors(store, actor, after, next);
    const isRefused = isHidden && actor.role !== "admin";
    const isThere = errors.every(({ code }) => code !== "missing_reference");
    return isRefused && isThere ? [{ identifier, code: "forbidden" }] : errors;
  }
  if (!old.deleted || next.deleted) return [];
  if (!isHidden || after.get(old.parent ?? "") !== stateAt(store).get(old.parent ?? "")) {
    return parentErrors(store, actor, after, next);
  }
  return after.get(old.parent ?? "")?.deleted === true ? [{ identifier, code: "not_found" }] : [];
};

/** `POST /resources/update`. */
export const update = (
  store: Store,
  actor: Actor,
  updates: Readonly<Record<string, JsonObject>>,
): Outcome => {
  const before = stateAt(store);
  const after = new Map(before);
  for (const [identifier, body] of Object.entries(updates)) {
    const old = before.get(identifier);
    if (old !== undefined) after.set(identifier, patched(store, actor, old, body));
  }
  const errors = Object.entries(updates).flatMap(([identifier, body]) => {
    const found = updateFaults(store, actor, after, identifier, body);
    const isKnown = !found.some(({ code }) => code === "not_found");
    return isKnown ? [...found, ...openedErrors(store, actor, after, updates, identifier)] : found;
  });
  if (errors.length > 0) return refuse(errors);
  const identifiers = Object.keys(updates);
  const changed = identifiers.filter(
    (identifier) => after.get(identifier) !== before.get(identifier),
  );
  return {
    ok: true,
    state: changed.length > 0 ? after : before,
    count: identifiers.length,
    changed,
  };
};

/** `POST /resources/delete`. */
export const remove = (
  store: Store,
  actor: Actor,
  identifiers: readonly string[],
  cascade: boolean,
): Outcome => {
  const before = stateAt(store);
  const named = [...new Set(identifiers)];
  const unknown = named.filter(
    (identifier) => before.get(identifier)?.deleted !== false || !visible(store, actor, identifier),
  );
  if (unknown.length > 0)
    return refuse(unknown.map((identifier) => ({ identifier, code: "not_found" })));
  const below = cascade
    ? named.flatMap((identifier) => descendants(store, actor, before, identifier))
    : [];
  const changed = [...new Set([...named, ...below])];
  const after = new Map(before);
  for (const identifier of changed) {
    const old = before.get(identifier) as Row;
    after.set(identifier, {
      ...old,
      deleted: true,
      version: old.version + 1,
      written: store.moments.length,
    });
  }
  return { ok: true, state: changed.length > 0 ? after : before, count: changed.length, changed };
};
