import { describe, expect, test } from "vitest";
import type { Change, WriteContext } from "../../../../src/model/transaction.ts";
import { commitStatements } from "../../../../src/store/write/commit.ts";
import type { Loaded } from "../../../../src/store/write/load.ts";
import {
  CONTEXT,
  creation,
  EDITOR,
  loadedWith,
  planOf,
  REGISTRY,
  storedRow,
  update,
} from "../../../support/fixtures/write-plans.ts";

const statementsOf = (
  loaded: Loaded,
  changes: readonly Change[],
  context: WriteContext = CONTEXT,
) => {
  const planned = planOf(loaded, changes);
  const { counts, identifiers } = planned;
  const receipt = { transaction: null, recordedAt: null, ...counts, identifiers, replayed: false };
  return commitStatements(planned, receipt, {
    principal: EDITOR,
    context,
    registry: REGISTRY,
    bucket: "bucket",
    authEpoch: "",
    now: 1,
  });
};

describe("the batch of a plan", () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => `d${at}`);
  const rows = (count: number) => many(count).map((name, rid) => storedRow(name, { rid }));
  const kinds = {
    creations: (count: number) =>
      statementsOf(
        loadedWith(),
        many(count).map((name) => creation(name)),
      ),
    updates: (count: number) =>
      statementsOf(
        loadedWith(rows(count)),
        many(count).map((name) => update(name, { license: "MIT" })),
      ),
    deletions: (count: number) =>
      statementsOf(
        loadedWith(rows(count)),
        many(count).map((identifier) => ({ kind: "delete", identifier, cascade: false })),
      ),
  };

  test.each(Object.entries(kinds))("of many %s has as many statements as that of one", (_, of) => {
    expect(of(500).length).toBe(of(1).length);
  });

  test("begins with its guards, and returns the transaction at its end", () => {
    const statements = statementsOf(loadedWith(), [creation("a")]);
    expect(statements[0]?.text).toMatch(/^INSERT INTO guard/);
    expect(statements.at(-1)?.text).toMatch(/^SELECT id, recorded_at FROM transactions/);
    expect(statements.at(-2)?.text).toBe("DELETE FROM guard");
  });

  test("is empty when nothing changes, unless the response is to be stored", () => {
    const loaded = loadedWith([storedRow("a", { license: "MIT" })]);
    const changes = [update("a", { license: "MIT" })];
    expect(statementsOf(loaded, changes)).toEqual([]);
    const keyed = { ...CONTEXT, idempotency: { key: "k", requestHash: "h" } };
    const kept = statementsOf(loaded, changes, keyed).map(({ text }) => text);
    expect(kept.filter((text) => text.startsWith("INSERT INTO idempotency"))).toHaveLength(1);
    expect(kept.filter((text) => text.includes("INTO transactions"))).toEqual([]);
  });
});
