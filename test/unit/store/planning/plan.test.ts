import { describe, expect, test } from "vitest";
import { AppError } from "../../../../src/model/error.ts";
import type { Change, RegisterChange } from "../../../../src/model/transaction.ts";
import type { Loaded } from "../../../../src/store/write/load.ts";
import { registrationKey } from "../../../../src/store/write/registered.ts";
import {
  creation,
  EDITOR,
  loadedWith,
  planOf,
  storedRow,
  update,
} from "../../../support/fixtures/write-plans.ts";

/** The code of an error, and place and code of each element. */
const refusalOf = (loaded: Loaded, changes: readonly Change[]) => {
  try {
    planOf(loaded, changes);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [error.code, error.details.map(({ index, path, code }) => [index, path, code])];
  }
  return null;
};

const names = (drafts: readonly { readonly identifier: string }[]) =>
  drafts.map(({ identifier }) => identifier);

describe("a new resource", () => {
  test("is planned once, with the level internal unless it names another", () => {
    const { created, updated, deleted, counts } = planOf(loadedWith(), [
      creation("a"),
      creation("b", { accessLevel: "public", parentIdentifier: "a" }),
    ]);
    expect(created.map(({ identifier, accessLevel }) => [identifier, accessLevel])).toEqual([
      ["a", "internal"],
      ["b", "public"],
    ]);
    expect([updated, deleted]).toEqual([[], []]);
    expect(counts).toEqual({ created: 2, updated: 0, deleted: 0 });
  });

  test.each([
    ["already_exists", storedRow("a")],
    ["tombstoned", storedRow("a", { is_deleted: 1 })],
    ["already_exists", storedRow("a", { is_deleted: 1, is_visible: 0 })],
  ])("is refused as %s where its identifier was used", (code, row) => {
    expect(refusalOf(loadedWith([row]), [creation("a")])).toEqual([
      code,
      [[0, "identifier", code]],
    ]);
  });

  test("is refused below a parent that is missing, a tombstone, or hidden", () => {
    const rows = [storedRow("gone", { is_deleted: 1 }), storedRow("hidden", { is_visible: 0 })];
    for (const parentIdentifier of ["none", "gone", "hidden"]) {
      expect(refusalOf(loadedWith(rows), [creation("a", { parentIdentifier })])).toEqual([
        "missing_reference",
        [[0, "parent_identifier", "missing_reference"]],
      ]);
    }
  });

  test("depends on its parent, which is guarded when the batch runs", () => {
    const { parents } = planOf(loadedWith([storedRow("p")]), [
      creation("a", { parentIdentifier: "p" }),
      creation("b", { parentIdentifier: "a" }),
    ]);
    expect(names(parents)).toEqual(["p"]);
  });

  test("cannot be derived from itself, on any path", () => {
    const cycle = [creation("a", { derivedFrom: ["b"] }), creation("b", { derivedFrom: ["a"] })];
    expect(refusalOf(loadedWith(), cycle)?.[0]).toBe("cycle");
    expect(refusalOf(loadedWith(), [creation("a", { derivedFrom: ["a"] })])?.[0]).toBe("cycle");
  });
});

describe("an update", () => {
  const stored = storedRow("a", { version: 3, payload: '{"name":"x","doi":"d"}' });

  test("sets what it names, removes what is null, and keeps the rest", () => {
    const { updated } = planOf(loadedWith([stored]), [
      update("a", { payload: { name: "y", doi: null }, license: "MIT" }),
    ]);
    expect(updated.map(({ payload, license }) => [payload, license])).toEqual([
      [{ name: "y" }, "MIT"],
    ]);
    expect([...(updated[0]?.changed ?? [])].toSorted()).toEqual(["doi", "name"]);
  });

  test("that changes nothing creates no version, and is counted nevertheless", () => {
    const { updated, counts } = planOf(loadedWith([stored]), [
      update("a", { payload: { name: "x" } }),
    ]);
    expect([updated, counts.updated]).toEqual([[], 1]);
  });

  test("by another version than the stored one is a conflict", () => {
    expect(refusalOf(loadedWith([stored]), [update("a", { expectedVersion: 2 })])).toEqual([
      "conflict",
      [[0, "expected_version", "conflict"]],
    ]);
    expect(planOf(loadedWith([stored]), [update("a", { expectedVersion: 3 })]).updated).toEqual([]);
  });

  test("restores a tombstone, and finds none otherwise", () => {
    const loaded = loadedWith([storedRow("a", { is_deleted: 1 })]);
    expect(names(planOf(loaded, [update("a", { isDeleted: false })]).updated)).toEqual(["a"]);
    expect(refusalOf(loaded, [update("a", { license: "MIT" })])?.[0]).toBe("not_found");
  });

  test("of a hidden resource reveals no more than of a missing one", () => {
    const hidden = loadedWith([storedRow("a", { is_visible: 0 })]);
    expect(refusalOf(hidden, [update("a")])).toEqual(refusalOf(loadedWith(), [update("a")]));
  });

  test("twice of one resource is one version", () => {
    const { updated } = planOf(loadedWith([stored]), [
      update("a", { payload: { name: "y" } }),
      update("a", { license: "MIT" }),
    ]);
    expect(updated.map(({ payload, license }) => [payload, license])).toEqual([
      [{ name: "y", doi: "d" }, "MIT"],
    ]);
  });
});

describe("a deletion", () => {
  const below = [
    storedRow("b", { rid: 2, parent_identifier: "a" }),
    storedRow("c", { rid: 3, parent_identifier: "b" }),
  ];
  const children = Map.groupBy(below, (row) => row.parent_identifier ?? "");
  const loaded = loadedWith([storedRow("a"), ...below], {
    descendants: { children, isWhole: true },
  });

  test("deletes what is below when it cascades, and nothing else otherwise", () => {
    const whole = planOf(loaded, [{ kind: "delete", identifier: "a", cascade: true }]);
    expect(names(whole.deleted)).toEqual(["a", "b", "c"]);
    expect(whole.counts.deleted).toBe(3);
    const alone = planOf(loaded, [{ kind: "delete", identifier: "a", cascade: false }]);
    expect([names(alone.deleted), alone.cascaded]).toEqual([["a"], []]);
  });

  test("of more than one write may read is refused", () => {
    const part = loadedWith([storedRow("a")], { descendants: { children, isWhole: false } });
    expect(refusalOf(part, [{ kind: "delete", identifier: "a", cascade: true }])?.[0]).toBe(
      "too_large",
    );
  });
});

describe("a registration", () => {
  const scope = storedRow("nih", { payload_type: "datasource" });
  const patient = (digest: string, orResolve = true): RegisterChange => ({
    kind: "register",
    payloadType: "patient",
    scope: "nih",
    digest,
    payload: {},
    orResolve,
  });

  test("gets the next number of its scope, the same for the same external identifier", () => {
    const loaded = loadedWith([scope], { numbers: new Map([["nih", 4]]) });
    const { identifiers, allocations } = planOf(loaded, [patient("x"), patient("y"), patient("x")]);
    expect(identifiers).toEqual(["nih.P000005", "nih.P000006", "nih.P000005"]);
    expect(allocations.map(({ number, digest }) => [number, digest])).toEqual([
      [5, "x"],
      [6, "y"],
    ]);
  });

  test("skips a number whose identifier was created by hand", () => {
    const taken = storedRow("nih.P000001", { payload_type: "patient" });
    expect(planOf(loadedWith([scope, taken]), [patient("x")]).identifiers).toEqual(["nih.P000002"]);
  });

  test("returns what is registered, or refuses it, as requested", () => {
    const key = registrationKey("nih", "x");
    const registered = new Map([[key, { identifier: "nih.P000001", isOpen: true }]]);
    const loaded = loadedWith([scope], { registered });
    const { identifiers, created } = planOf(loaded, [patient("x")]);
    expect([identifiers, created]).toEqual([["nih.P000001"], []]);
    expect(refusalOf(loaded, [patient("x", false)])?.[0]).toBe("already_exists");
  });

  test("of a hidden identifier is refused only when nothing else is wrong", () => {
    const key = registrationKey("nih", "x");
    const registered = new Map([[key, { identifier: "nih.P000001", isOpen: false }]]);
    const loaded = loadedWith([scope], { registered });
    expect(refusalOf(loaded, [patient("x")])).toEqual([
      "forbidden",
      [[undefined, "external_uid", "forbidden"]],
    ]);
    expect(refusalOf(loaded, [patient("x"), creation("nih")])?.[0]).toBe("already_exists");
  });
});

describe("a request", () => {
  test("gets all its errors at once, in its order", () => {
    const changes = [
      creation("a", { payload: { name: 1 } }),
      creation("b", { parentIdentifier: "none", payloadType: "nothing" }),
    ];
    expect(refusalOf(loadedWith(), changes)?.[1]).toEqual([
      [0, "name", "invalid_value"],
      [1, "payload_type", "unknown_payload_type"],
      [1, "parent_identifier", "missing_reference"],
    ]);
  });

  test("of a caller who may not write is refused before anything is read", () => {
    const principal = { ...EDITOR, role: "user" } as const;
    const reader = loadedWith([], { principal, caller: principal });
    expect(refusalOf(reader, [creation("a", { payload: { name: 1 } })])).toEqual(["forbidden", []]);
    expect(refusalOf(reader, [])?.[0]).toBe("forbidden");
  });

  test("gives the same plan whenever it is planned on the same rows", () => {
    const changes = [creation("b", { parentIdentifier: "a" }), update("a", { license: "MIT" })];
    const rows = () => loadedWith([storedRow("a")]);
    expect(planOf(rows(), changes)).toEqual(planOf(rows(), changes));
  });

  test("depends on the transaction that was loaded", () => {
    expect(planOf(loadedWith(), [creation("a")]).since).toBe(7);
  });
});
