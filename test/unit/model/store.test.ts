import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { diff, history, query, read } from "../../model/read.ts";
import { commit, emptyStore, stateAt, visible } from "../../model/store.ts";
import type { Actor, CreateElement, Outcome, Store } from "../../model/types.ts";
import { create, remove, update } from "../../model/write.ts";

const ADMIN: Actor = { id: "user:admin", role: "admin" };
const EDITOR: Actor = { id: "user:editor", role: "editor" };
const READER: Actor = { id: "user:reader", role: "user" };
const NOBODY: Actor = { id: "anonymous", role: "anonymous" };

const EMPTY = emptyStore({ note: { text: { kind: "string" }, count: { kind: "integer" } } });
const note = (identifier: string, members: JsonObject = {}): CreateElement => ({
  identifier,
  payload_type: "note",
  ...members,
});
const instantOf = (transaction: number): string =>
  `2026-01-01T00:00:${String(transaction).padStart(2, "0")}.000000Z`;

const apply = (store: Store, outcome: Outcome, actor: Actor = ADMIN): Store => {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.errors));
  const transaction = store.moments.length + 1;
  return commit(store, actor, outcome.state, { transaction, instant: instantOf(transaction) });
};
const created = (store: Store, bodies: readonly CreateElement[], actor = ADMIN): Store =>
  apply(store, create(store, actor, bodies), actor);
const refusal = (outcome: Outcome): readonly string[] =>
  outcome.ok
    ? ["accepted"]
    : outcome.errors.map(({ identifier, code }) => `${outcome.status} ${identifier} ${code}`);

/** a is the parent of b, and b of c; created in one batch, children first. */
const CHAIN = created(EMPTY, [
  note("c", { parent_identifier: "b" }),
  note("b", { parent_identifier: "a" }),
  note("a"),
]);

test("a batch names every bad element and changes nothing", () => {
  const outcome = create(CHAIN, ADMIN, [
    note("a"),
    note("d", { parent_identifier: "nowhere" }),
    note("e", { count: "many" }),
    note("f", { strange: 1 }),
    note("g"),
    note("g"),
  ]);
  expect(refusal(outcome)).toEqual([
    "400 a already_exists",
    "400 d missing_reference",
    "400 e invalid_value",
    "400 f unknown_field",
    "400 g already_exists",
  ]);
});

test("parents and sources may not lead back to the resource", () => {
  expect(refusal(update(CHAIN, ADMIN, { a: { parent_identifier: "c" } }))).toEqual(["400 a cycle"]);
  expect(refusal(create(CHAIN, ADMIN, [note("x", { parent_identifier: "x" })]))).toEqual([
    "400 x cycle",
  ]);
  const derived = created(CHAIN, [note("d", { derived_from: ["a"] })]);
  expect(refusal(update(derived, ADMIN, { a: { derived_from: ["d"] } }))).toEqual(["400 a cycle"]);
  expect(
    refusal(
      create(CHAIN, ADMIN, [
        note("x", { parent_identifier: "y" }),
        note("y", { parent_identifier: "x" }),
      ]),
    ),
  ).toEqual(["400 x cycle", "400 y cycle"]);
});

test("a cascade deletes the live subtree once, and without it the child stays below a tombstone", () => {
  const all = remove(CHAIN, ADMIN, ["a", "b", "a"], true);
  expect(all).toMatchObject({ ok: true, count: 3 });
  const one = apply(CHAIN, remove(CHAIN, ADMIN, ["b"], false));
  expect(read(one, ADMIN, { identifiers: ["a", "b", "c"] })).toMatchObject([
    { identifier: "a", children: [] },
    { identifier: "c", parent_identifier: "b", version: 1 },
  ]);
  expect(refusal(remove(one, ADMIN, ["b", "c"], true))).toEqual(["404 b not_found"]);
  expect(remove(one, ADMIN, ["a"], true)).toMatchObject({ count: 1 });
});

test("a tombstone is restored only by update, with its parent live or in the same batch", () => {
  const deleted = apply(CHAIN, remove(CHAIN, ADMIN, ["b"], true));
  expect(refusal(create(deleted, ADMIN, [note("c")]))).toEqual(["400 c tombstoned"]);
  expect(refusal(update(deleted, ADMIN, { c: { text: "x" } }))).toEqual(["404 c not_found"]);
  expect(refusal(update(deleted, ADMIN, { c: { is_deleted: true } }))).toEqual(["404 c not_found"]);
  expect(refusal(update(deleted, ADMIN, { c: { is_deleted: false } }))).toEqual([
    "400 c missing_reference",
  ]);
  const both = { c: { is_deleted: false, text: "x" }, b: { is_deleted: false } };
  const restored = apply(deleted, update(deleted, ADMIN, both));
  expect(read(restored, ADMIN, { identifiers: ["c"] })).toMatchObject([
    { version: 3, text: "x", created_at: instantOf(1), updated_at: instantOf(3) },
  ]);
});

test("an update that changes nothing counts and writes no version", () => {
  const outcome = update(CHAIN, ADMIN, { a: {}, b: { parent_identifier: "a", text: null } });
  expect(outcome).toMatchObject({ ok: true, count: 2, changed: [] });
  expect(outcome.ok && outcome.state).toBe(stateAt(CHAIN));
});

test("an update replaces sources, clears with null and keeps the payload type", () => {
  const store = created(CHAIN, [note("d", { derived_from: ["a", "b"], text: "x", count: 1 })]);
  const next = apply(store, update(store, ADMIN, { d: { derived_from: ["c"], text: null } }));
  const [row] = read(next, ADMIN, { identifiers: ["d"], exclude_children: true });
  expect(row).toMatchObject({ derived_from: ["c"], count: 1, version: 2 });
  expect(row).not.toHaveProperty("text");
  expect(refusal(update(store, ADMIN, { d: { payload_type: "file" } }))).toEqual([
    "400 d invalid_value",
  ]);
});

test("a read of the past returns what it returned then", () => {
  const later = apply(CHAIN, remove(CHAIN, ADMIN, ["b"], true));
  const identifiers = ["c", "b", "a", "b", "nowhere"];
  expect(read(later, ADMIN, { identifiers, as_of: instantOf(1) })).toEqual(
    read(CHAIN, ADMIN, { identifiers }),
  );
  expect(read(later, ADMIN, { identifiers, as_of: "2026-01-01T00:00:00.999999Z" })).toEqual([]);
  expect(read(later, ADMIN, { identifiers }).map((row) => row["identifier"])).toEqual(["a"]);
  const [first, last] = history(later, ADMIN, "b") ?? [];
  expect([first?.deleted, last?.deleted]).toEqual([false, true]);
  expect(first && last && diff(first, last)).toEqual([
    { path: "is_deleted", before: false, after: true },
  ]);
});

test("restricted hides a resource and all below it, in the past too, but not from its owner", () => {
  const own = created(CHAIN, [note("mine", { access_level: "restricted" })], EDITOR);
  const store = apply(own, update(own, ADMIN, { b: { access_level: "restricted" } }));
  const identifiers = ["a", "b", "c", "mine"];
  const seenBy = (actor: Actor, asOf?: string): readonly unknown[] =>
    read(store, actor, { identifiers, ...(asOf === undefined ? {} : { as_of: asOf }) }).map(
      (row) => row["identifier"],
    );
  expect(seenBy(ADMIN)).toEqual(identifiers);
  expect(seenBy(EDITOR)).toEqual(["a", "mine"]);
  expect(seenBy(READER)).toEqual(["a"]);
  expect(seenBy(NOBODY)).toEqual([]);
  expect(seenBy(READER, instantOf(1))).toEqual(["a"]);
  expect(read(store, READER, { identifiers: ["a"] })).toMatchObject([{ children: [] }]);
  expect(visible(store, READER, "c")).toBe(false);
  expect(history(store, READER, "c")).toBeUndefined();
});

test("a query filters, restricts to a subtree, and breaks ties by identifier", () => {
  const store = created(CHAIN, [note("d", { count: 2, parent_identifier: "c" }), note("e")]);
  const found = (body: Parameters<typeof query>[2]): unknown =>
    query(store, ADMIN, body)?.map((row) => row["identifier"]);
  expect(found({})).toEqual(["d", "e", "a", "b", "c"]);
  expect(found({ sort_by: "count", sort_order: "asc", payload_type: "note" })).toEqual([
    "d",
    "a",
    "b",
    "c",
    "e",
  ]);
  expect(found({ parent_identifier: "a" })).toEqual(["b"]);
  expect(found({ parent_identifier: "a", include_indirect_parents: true })).toEqual([
    "d",
    "b",
    "c",
  ]);
  expect(found({ parent_identifier: "nowhere" })).toBeUndefined();
  expect(found({ filters: { count: { gt: 1 } } })).toEqual(["d"]);
});
