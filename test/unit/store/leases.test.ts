import { expect, test } from "vitest";
import { LIMITS } from "../../../src/model/limits.ts";
import {
  CHECK_LEASE,
  dropLease,
  EXPORT_LEASE,
  isLapsed,
  isSilent,
  openLease,
  renewLease,
  SOURCE_LEASE,
  takeLease,
} from "../../../src/store/leases/lease.ts";
import { raw, sql, type Sql } from "../../../src/store/sql/template.ts";
import { migrated } from "../../support/databases/migrated.ts";

const SECOND = 1_000_000;
const LASTS = LIMITS.sourceLeaseSeconds * SECOND;

/** A database, and a function that counts the rows that a statement changes. */
const opened = () => {
  const database = migrated();
  const run = ({ text, params }: Sql): number =>
    Number(database.prepare(text).run(...params).changes);
  const column = (text: string): unknown => Object.values(database.prepare(text).get() ?? {})[0];
  return { run, column };
};

test("a lease has one holder, as long as that one sends heartbeats", () => {
  const { run, column } = opened();
  const open = (holder: string, now: number): number =>
    run(openLease(SOURCE_LEASE, { key: "d", holder }, now));
  expect(open("one", 0)).toBe(1);
  expect(open("two", LASTS)).toBe(0);
  expect(run(renewLease(SOURCE_LEASE, { key: "d", holder: "one" }, LASTS))).toBe(1);
  expect(open("two", 2 * LASTS)).toBe(0);
  expect(open("two", 2 * LASTS + 1)).toBe(1);
  expect(column("SELECT attempts FROM source_leases")).toBe(2);
});

test("a holder that has lost a lease neither renews nor drops it", () => {
  const { run, column } = opened();
  const [one, two] = ["one", "two"].map((holder) => ({ key: "d", holder }));
  if (one === undefined || two === undefined) throw new Error("There are two.");
  run(openLease(SOURCE_LEASE, one, 0));
  run(openLease(SOURCE_LEASE, two, LASTS + 1));
  expect(run(renewLease(SOURCE_LEASE, one, LASTS + 2))).toBe(0);
  expect(run(dropLease(SOURCE_LEASE, one))).toBe(0);
  expect(column("SELECT token FROM source_leases")).toBe("two");
  expect(run(dropLease(SOURCE_LEASE, two))).toBe(1);
});

test("a renewal may change more, only of this lease", () => {
  const { run, column } = opened();
  run(openLease(SOURCE_LEASE, { key: "d", holder: "one" }, 0));
  run(openLease(SOURCE_LEASE, { key: "e", holder: "one" }, 0));
  run(renewLease(SOURCE_LEASE, { key: "d", holder: "one" }, 5, raw("attempts = 0")));
  expect(column("SELECT group_concat(attempts) FROM source_leases ORDER BY dataset")).toBe("0,1");
});

test("a lease with an end can be taken from then on, each time with another number", () => {
  const { run, column } = opened();
  run(sql`INSERT INTO object_checks (file, attempts, due_at) VALUES ('f', 0, 10)`);
  const take = (now: number): number =>
    run(takeLease(CHECK_LEASE, now, isLapsed(CHECK_LEASE, now)));
  expect([take(9), take(10), take(11)]).toEqual([0, 1, 0]);
  expect(column("SELECT due_at FROM object_checks")).toBe(10 + LIMITS.objectCheckSeconds * SECOND);
  expect(take(10 + LIMITS.objectCheckSeconds * SECOND)).toBe(1);
  expect(run(dropLease(CHECK_LEASE, { key: "f", holder: 1 }))).toBe(0);
  expect(run(dropLease(CHECK_LEASE, { key: "f", holder: 2 }))).toBe(1);
});

test("taking a lease and the changes with it are one statement", () => {
  const { run, column } = opened();
  run(sql`INSERT INTO exports (id, principal, state, task, attempts, created_at, touched_at)
    VALUES ('e', 'p', 'pending', '{}', 0, 1, 1)`);
  const taking = takeLease(EXPORT_LEASE, 7, sql`id = ${"e"}`, raw("state = 'running'"));
  expect(run(taking)).toBe(1);
  expect(column("SELECT state || attempts || ':' || touched_at FROM exports")).toBe("running1:7");
});

test("a holder is silent for too long after so many seconds", () => {
  expect([isSilent(5, 2, 5 + 2 * SECOND - 1), isSilent(5, 2, 5 + 2 * SECOND)]).toEqual([
    false,
    true,
  ]);
});
