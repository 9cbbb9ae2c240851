// Pages of the past in the order of creation, compared with what was there by the definition.
import type { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ALWAYS } from "../../../src/query/condition.ts";
import { NOW, type Position, type Query } from "../../../src/query/query.ts";
import { BUILTIN_TYPES } from "../../../src/schema/registry.ts";
import { pageStatement, type PageRow } from "../../../src/store/read/page.ts";
import type { Reading } from "../../../src/store/read/reading.ts";
import { toRow } from "../../../src/store/read/row.ts";
import { raw, statementText } from "../../../src/store/sql/template.ts";
import type { Visibility } from "../../../src/store/visibility/visible.ts";
import { runs } from "../../support/run/figures.ts";
import { migrated } from "../../support/databases/migrated.ts";

const TYPES = ["dataset", "image"];
const TRANSACTIONS = 12;

/** A resource: the transactions that made its versions, and whether each is a tombstone. */
interface Life {
  readonly type: string;
  readonly visibility: number;
  readonly versions: readonly { readonly tx: number; readonly isDeleted: boolean }[];
}

const life: fc.Arbitrary<Life> = fc.record({
  type: fc.constantFrom(...TYPES),
  visibility: fc.nat(2),
  versions: fc
    .uniqueArray(fc.integer({ min: 1, max: TRANSACTIONS }), { minLength: 1, maxLength: 6 })
    .chain((transactions) =>
      fc.tuple(
        ...transactions
          .toSorted((left, right) => left - right)
          .map((tx, at) =>
            fc.boolean().map((isDeleted) => ({ tx, isDeleted: at > 0 && isDeleted })),
          ),
      ),
    ),
});

/** Names in an order of their own. */
const nameOf = (at: number): string => `n${String((at * 7) % 101).padStart(3, "0")}`;

const fill = (database: DatabaseSync, lives: readonly Life[]): void => {
  for (let tx = 1; tx <= TRANSACTIONS; tx += 1) {
    database.exec(
      `INSERT INTO transactions VALUES (${tx}, ${tx * 10}, 'p', 's', 'o', 'r', 1, 1, 1, '[]', '', NULL)`,
    );
  }
  for (const [at, { type, visibility, versions }] of lives.entries()) {
    const created = (versions[0]?.tx ?? 0) * 10;
    for (const [index, { tx, isDeleted }] of versions.entries()) {
      const next = versions[index + 1]?.tx;
      const columns = "rid, identifier, payload_type, schema_version, version, access_level, owner";
      const values = `${at + 1}, '${nameOf(at)}', '${type}', '1.0.0', ${index + 1}, 'public', 'user:x'`;
      const rest = `${created}, ${tx * 10}, ${tx}, ${Number(isDeleted)}, '{}'`;
      const names = `${columns}, created_at, updated_at, tx_from, is_deleted, payload`;
      database.exec(
        next === undefined
          ? `INSERT INTO resources (${names}, visibility) VALUES (${values}, ${rest}, ${visibility})`
          : `INSERT INTO history (${names}, tx_to) VALUES (${values}, ${rest}, ${next})`,
      );
      if (next === undefined && !isDeleted) {
        database.exec(`INSERT INTO x_${type} (rid, identifier, created_at, tx_from, visibility)
          VALUES (${at + 1}, '${nameOf(at)}', ${created}, ${tx}, ${visibility})`);
      }
    }
  }
};

const wanted = fc.record({
  snapshot: fc.integer({ min: 0, max: TRANSACTIONS }),
  payloadTypes: fc.subarray(TYPES),
  direction: fc.constantFrom<"asc" | "desc">("asc", "desc"),
  limit: fc.integer({ min: 1, max: 5 }),
  visibility: fc.constantFrom<Visibility>(
    { kind: "everything" },
    { kind: "everything", closed: ["image"] },
    { kind: "public" },
    { kind: "reader", principal: "user:y" },
    { kind: "scoped", principal: "user:y", types: ["image"], ownTypes: [] },
  ),
});

type Wanted = typeof wanted extends fc.Arbitrary<infer Value> ? Value : never;

const readingOf = (asked: Wanted): Reading => {
  const { snapshot, payloadTypes, direction, limit, visibility } = asked;
  const query: Query = {
    payloadTypes,
    condition: ALWAYS,
    sort: [{ path: { column: "created_at", segments: [] }, direction }],
    page: { limit },
    asOf: NOW,
  };
  const [only, ...more] = payloadTypes;
  const type = more.length === 0 && only !== undefined ? (BUILTIN_TYPES.get(only) ?? null) : null;
  return { query, view: { visibility, snapshot: raw(String(snapshot)) }, type };
};

const sees = ({ visibility }: Wanted, { type, visibility: level }: Life): boolean => {
  if (visibility.closed?.includes(type) === true) return false;
  if (visibility.kind === "everything") return true;
  if (visibility.kind === "public") return level === 0;
  return level < 2 && (visibility.kind === "reader" || visibility.types.includes(type));
};

/** Names with their versions in the state, in the order of the pages. */
const expected = (lives: readonly Life[], asked: Wanted): readonly string[] => {
  const { snapshot, payloadTypes, direction } = asked;
  const found = lives.flatMap((each, at) => {
    const { versions, type } = each;
    const index = versions.findLastIndex(({ tx }) => tx <= snapshot);
    const isThere = index !== -1 && versions[index]?.isDeleted === false;
    const isAsked = payloadTypes.length === 0 || payloadTypes.includes(type);
    if (!isThere || !isAsked || !sees(asked, each)) return [];
    return [{ created: versions[0]?.tx ?? 0, name: nameOf(at), version: index + 1 }];
  });
  const sign = direction === "asc" ? 1 : -1;
  return found
    .toSorted((l, r) => sign * (l.created - r.created) || (l.name < r.name ? -1 : 1))
    .map(({ name, version }) => `${name} ${version}`);
};

const walk = (database: DatabaseSync, reading: Reading): readonly string[] => {
  const { limit } = reading.query.page;
  const found: string[] = [];
  for (let after: Position | undefined; ;) {
    const page = { limit, ...(after === undefined ? {} : { after }) };
    const statement = pageStatement(reading, page, { children: false });
    const rows = database
      .prepare(statementText(statement))
      .all(...statement.params) as unknown as readonly PageRow[];
    const versions = rows.map((row) => toRow(row));
    found.push(...versions.map(({ identifier, version }) => `${identifier} ${version}`));
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return found;
    after = { values: [Number(last["s0"])], identifier: versions.at(-1)?.identifier ?? "" };
  }
};

test("pages of any state hold what was there, each version once, in order", () => {
  fc.assert(
    fc.property(
      fc.array(life, { maxLength: 40 }),
      fc.array(wanted, { minLength: 8, maxLength: 8 }),
      (lives, queries) => {
        const database = migrated();
        fill(database, lives);
        for (const asked of queries) {
          expect(walk(database, readingOf(asked))).toEqual(expected(lives, asked));
        }
        database.close();
      },
    ),
    { numRuns: runs(100) },
  );
});
