// Pages of the past of random histories, for each kind of reader: what each has, worked out version by version.
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Condition } from "../../../src/query/condition.ts";
import { NOW, type Position, type Query, type SortKey } from "../../../src/query/query.ts";
import { advancePast } from "../../../src/store/past/advance.ts";
import { projectRows } from "../../../src/store/projection/table.ts";
import { pageStatement } from "../../../src/store/read/page.ts";
import type { Reading } from "../../../src/store/read/reading.ts";
import type { Session } from "../../../src/store/sql/session.ts";
import { raw, sql, statementText, type Sql } from "../../../src/store/sql/template.ts";
import type { Visibility } from "../../../src/store/visibility/visible.ts";
import { migrated } from "../../support/databases/migrated.ts";
import { AGE_INDEXES, AGED, AGED_IMAGE } from "../../support/fixtures/aged-images.ts";

interface Payload {
  readonly modality?: string;
  readonly patient_age_years?: number;
}

const payloads: fc.Arbitrary<Payload> = fc.record(
  {
    modality: fc.constantFrom("CT", "MR", "US", "", "c't\u{10FFFF}", "\uFFFF"),
    patient_age_years: fc.constantFrom(0, 1, 2, 3, 4, 0.5, 2.5, -1),
  },
  { requiredKeys: [] },
);

/** The versions of a resource, one for each step: a payload, or a tombstone. */
const resources = fc.array(
  fc.record({
    steps: fc.array(fc.option(payloads, { nil: null, freq: 4 }), { minLength: 1, maxLength: 5 }),
    begins: fc.nat({ max: 12 }),
    visibility: fc.constantFrom(0, 1, 2),
    owner: fc.constantFrom("user:x", "user:y"),
  }),
  { minLength: 4, maxLength: 25, size: "max" },
);

type Resource = typeof resources extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

const LAST = 40;
/** Histories; each makes a database. */
const RUNS = 12;
const field = (name: string) => ({ segments: [{ kind: "key" as const, name }] });
const [MODALITY, AGE] = [field("modality"), field("patient_age_years")];
const CREATION = { column: "created_at", segments: [] } as const;

type Test = (payload: Payload) => boolean;
const CONDITIONS: readonly (readonly [Condition, Test])[] = [
  [{ kind: "true" }, () => true],
  [{ kind: "compare", op: "eq", path: MODALITY, value: "CT" }, (row) => row.modality === "CT"],
  [
    { kind: "in", path: MODALITY, values: ["CT", "US"] },
    (row) => ["CT", "US"].includes(row.modality ?? ""),
  ],
  [
    { kind: "between", path: AGE, low: 1, high: 3 },
    ({ patient_age_years: age = Number.NaN }) => age >= 1 && age <= 3,
  ],
  [{ kind: "exists", path: AGE }, (row) => row.patient_age_years !== undefined],
];

type Sees = (resource: Resource) => boolean;
const READERS: readonly (readonly [Visibility, Sees])[] = [
  [{ kind: "everything" }, () => true],
  [{ kind: "public" }, ({ visibility }) => visibility === 0],
  [
    { kind: "reader", principal: "user:x" },
    ({ visibility, owner }) => visibility < 2 || owner === "user:x",
  ],
  [
    { kind: "scoped", principal: "user:y", types: [], ownTypes: ["image"] },
    ({ owner }) => owner === "user:y",
  ],
];

const keys: fc.Arbitrary<SortKey> = fc.record({
  path: fc.constantFrom<SortKey["path"]>(CREATION, MODALITY, AGE),
  direction: fc.constantFrom("asc", "desc"),
  missing: fc.constantFrom("first", "last"),
});

const questions = fc.array(
  fc.record({
    condition: fc.constantFrom(...CONDITIONS),
    reader: fc.constantFrom(...READERS),
    key: keys,
    at: fc.integer({ min: 0, max: LAST }),
    limit: fc.integer({ min: 1, max: 6 }),
  }),
  { minLength: 10, maxLength: 10 },
);

const run = (database: DatabaseSync, statement: Sql) =>
  database.prepare(statementText(statement)).all(...statement.params);

/** A step takes a transaction of its own, or one with others: every second one of the resource. */
const txOf = ({ begins }: Resource, step: number): number => 1 + begins + step * 2;
const nameOf = (at: number): string => `i${String((at * 7) % 31).padStart(2, "0")}`;

const write = (database: DatabaseSync, all: readonly Resource[]): void => {
  const columns = `rid, identifier, payload_type, schema_version, version, access_level, owner, created_at,
    updated_at, tx_from, is_deleted, payload`;
  const fill = "?, ?, 'image', '1.0.0', ?, 'internal', ?, ?, ?, ?, ?, ?, ?";
  const current = database.prepare(
    `INSERT INTO resources (${columns}, visibility) VALUES (${fill})`,
  );
  const past = database.prepare(`INSERT INTO history (${columns}, tx_to) VALUES (${fill})`);
  for (const [at, one] of all.entries()) {
    for (const [step, payload] of one.steps.entries()) {
      const tx = txOf(one, step);
      const isLast = step === one.steps.length - 1;
      (isLast ? current : past).run(
        at + 1,
        nameOf(at),
        step + 1,
        one.owner,
        txOf(one, 0),
        tx,
        tx,
        payload === null ? 1 : 0,
        JSON.stringify(payload ?? {}),
        isLast ? one.visibility : txOf(one, step + 1),
      );
    }
  }
  database.exec(`INSERT INTO restricted (rid, top, owner, payload_type, created_at, identifier)
    SELECT rid, rid, owner, payload_type, created_at, identifier FROM resources WHERE visibility = 2`);
  const add = database.prepare(
    `INSERT INTO transactions VALUES (?, ?, 'p', 's', 'o', 'r', ?, 1, 0, ?, '', NULL)`,
  );
  for (let tx = 1; tx <= LAST; tx += 1) {
    const rids = all.flatMap((one, at) =>
      one.steps.some((_, step) => txOf(one, step) === tx) ? [at + 1] : [],
    );
    add.run(tx, tx, rids.length, JSON.stringify(rids));
  }
  const image = AGED_IMAGE;
  const members = new Set(["modality", "patient_age_years"]);
  run(database, projectRows(image, members, sql`FROM resources r WHERE r.is_deleted = 0`));
};

const sessionOf = (database: DatabaseSync) =>
  ({
    batch: (statements: readonly Sql[]) =>
      Promise.resolve(statements.map((statement) => run(database, statement))),
  }) as unknown as Session;

interface Row {
  readonly identifier: string;
  readonly value: string | number | null;
}

const versionAt = (one: Resource, at: number): Payload | null =>
  one.steps.findLast((_, step) => txOf(one, step) <= at) ?? null;

const expectedOf = (
  all: readonly Resource[],
  {
    condition: [, holds],
    reader: [, sees],
    key,
    at,
  }: typeof questions extends fc.Arbitrary<readonly (infer One)[]> ? One : never,
): readonly Row[] => {
  const isAscending = key.direction === "asc";
  const rows = all.flatMap((one, place): readonly Row[] => {
    const payload = versionAt(one, at);
    if (payload === null || !sees(one) || !holds(payload)) return [];
    const name = key.path === MODALITY ? payload.modality : payload.patient_age_years;
    return [
      { identifier: nameOf(place), value: key.path === CREATION ? txOf(one, 0) : (name ?? null) },
    ];
  });
  const rank = ({ value }: Row): number => Number((value === null) !== (key.missing === "first"));
  return rows.toSorted((left, right) => {
    if (rank(left) !== rank(right)) return rank(left) - rank(right);
    if (left.value === right.value || left.value === null || right.value === null)
      return left.identifier < right.identifier ? -1 : 1;
    return left.value < right.value === isAscending ? -1 : 1;
  });
};

/** The same query, of which an index is known or not: admins drop and add them between the pages. */
const without = (reading: Reading): Reading => {
  const { type } = reading;
  return { ...reading, type: type === null ? null : { ...type, indexes: [] } };
};

/** All rows, page after page. What happens between the pages must not show. */
const walk = async (
  database: DatabaseSync,
  reading: Reading,
  limit: number,
  between: (pages: number) => Promise<Reading>,
): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  let [asked, after]: [Reading, Position | undefined] = [reading, undefined];
  for (let pages = 1; ; pages += 1) {
    const page = { limit, ...(after === undefined ? {} : { after }) };
    const found = run(database, pageStatement(asked, page, { children: false }));
    for (const row of found) {
      const [identifier] = JSON.parse(String(row["head"])) as [string];
      rows.push({ identifier, value: row["s0"] as Row["value"] });
    }
    const last = rows.at(-1);
    if (last === undefined || found.length < limit) return rows;
    after = { values: [last.value], identifier: last.identifier };
    asked = await between(pages);
  }
};

test("pages of any state are what each reader sees of it, however far the values have come and come meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(resources, questions, fc.nat({ max: 4 }), async (all, asked, calls) => {
      const database = migrated();
      for (const statement of AGE_INDEXES) database.exec(statement);
      write(database, all);
      const advance = (callsMax: number) =>
        advancePast(sessionOf(database), AGED, { callsMax, millisMax: 60_000, touchedMax: 5 });
      await advance(calls * 4 + 1);
      for (const question of asked) {
        const { condition, reader, key, at, limit } = question;
        const query: Query = {
          payloadTypes: ["image"],
          condition: condition[0],
          sort: [key],
          page: { limit },
          asOf: NOW,
        };
        const view = { visibility: reader[0], snapshot: raw(String(at)) };
        const reading = { query, view, type: AGED_IMAGE };
        const seen = walk(database, reading, limit, async (pages) => {
          await advance(2);
          return pages % 3 === 2 ? without(reading) : reading;
        });
        expect(await seen).toEqual(expectedOf(all, question));
      }
      database.close();
    }),
    { numRuns: RUNS },
  );
}, 120_000);
