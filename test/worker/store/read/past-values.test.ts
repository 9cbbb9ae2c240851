// What filtered and sorted pages of the past cost: what is on them, times the values that the resources have had.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { ALWAYS, type Condition } from "../../../../src/query/condition.ts";
import { NOW, type Position, type Query, type SortKey } from "../../../../src/query/query.ts";
import { advancePast } from "../../../../src/store/past/advance.ts";
import { projectRows } from "../../../../src/store/projection/table.ts";
import { pageStatement, type PageRow } from "../../../../src/store/read/page.ts";
import { toRow } from "../../../../src/store/read/row.ts";
import { openSession } from "../../../../src/store/sql/session.ts";
import { raw, sql, statementText, type Sql } from "../../../../src/store/sql/template.ts";
import { AGE_INDEXES, AGED, AGED_IMAGE } from "../../../support/fixtures/aged-images.ts";

const IMAGES = [1_000, 4_000] as const;
const VERSIONS = 5;
const PAGE = 50;
/** Rows read for each row of a page, at most, and for the page: the first ones of each stretch. */
const EACH = 30;
const CONSTANT = 150;
/** The values that most images have had in a field, or the candidates for each row where no index has it. */
const VALUES = { modality: 1, age: 3, position: 3 } as const;

const run = async (statement: Sql) =>
  env.DB.prepare(statementText(statement))
    .bind(...statement.params)
    .all<PageRow>();

/** Transactions of a catalogue that grows: ten images are created in each, for nearly all of the time. */
const createdAt = "(1 + (i / 10))";

/** The transaction of a version: those of an image are spread over the time that is left. */
const txOf = (last: number, version: string): string =>
  `CAST(${createdAt} + (${last} - ${createdAt}) * (${version} - 1) / ${VERSIONS}.0 AS INTEGER)`;

/** A fifth of the images change their modality with each version, and all of them their age. */
const payloadOf = (version: string): string => `json_object(
  'modality', substr('CTMRUSXRPT', 1 + 2 * ((i * 31 + iif(i % 5 = 0, ${version}, 0)) % 5), 2),
  'patient_age_years', (i * 37) % 90 + ${version} / 2,
  'view_position', CASE WHEN i % 997 = 3 THEN 'RL' WHEN (i + ${version}) % 3 = 0 THEN 'PA' ELSE 'AP' END)`;

const fill = async (images: number): Promise<number> => {
  for (const trigger of ["resources_kept", "history_closed_delete", "transactions_closed_delete"]) {
    await env.DB.prepare(`DROP TRIGGER IF EXISTS ${trigger}`).run();
  }
  for (const table of [
    "resources",
    "history",
    "transactions",
    "x_image",
    "past_fields",
    "past_values",
  ]) {
    await env.DB.prepare(`DELETE FROM ${table}`).run();
  }
  for (const statement of AGE_INDEXES) await env.DB.prepare(statement).run();
  const last = images / 9;
  const columns =
    "rid, identifier, payload_type, schema_version, version, access_level, owner, created_at, updated_at, tx_from, is_deleted, payload";
  const valuesOf = (version: string): string =>
    `i + 1, printf('image/%06d', (i * 7919) % 1000003), 'image', '1.0.0', ${version}, 'public', 'user:x',
      ${createdAt} * 10, ${txOf(last, version)} * 10, ${txOf(last, version)}, 0, ${payloadOf(version)}`;
  const rows = `WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g WHERE i < ${images - 1})`;
  await env.DB.prepare(`${rows} INSERT INTO resources (${columns}, visibility)
    SELECT ${valuesOf(String(VERSIONS))}, i % 2 FROM g`).run();
  await env.DB.prepare(`${rows}, v(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM v WHERE n < ${VERSIONS - 1})
    INSERT INTO history (${columns}, tx_to)
    SELECT ${valuesOf("n")}, ${txOf(last, "(n + 1)")} FROM v CROSS JOIN g
    WHERE ${txOf(last, "n")} < ${txOf(last, "(n + 1)")}`).run();
  await env.DB.prepare(`WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < ${last}),
    w AS (SELECT tx_from AS tx, rid, version FROM resources UNION ALL SELECT tx_from, rid, version FROM history)
    INSERT INTO transactions SELECT i, i * 10, 'p', 's', 'o', 'r', (SELECT count(*) FROM w WHERE w.tx = i),
      i * 10 - 9, max(0, min(10, ${images} - i * 10 + 10)),
      (SELECT json_group_array(w.rid) FROM w WHERE w.tx = i), '', NULL FROM g`).run();
  const image = AGED_IMAGE;
  const members = new Set(["modality", "patient_age_years", "view_position"]);
  await run(projectRows(image, members, sql`FROM resources r WHERE true`));
  return Number(
    await env.DB.prepare("SELECT max(id) AS last FROM transactions").first<number>("last"),
  );
};

const field = (name: string) => ({ segments: [{ kind: "key" as const, name }] });
const CREATION = { column: "created_at", segments: [] } as const;
const isMr: Condition = { kind: "compare", op: "eq", path: field("modality"), value: "MR" };
const isPa: Condition & { kind: "compare" } = {
  kind: "compare",
  op: "eq",
  path: field("view_position"),
  value: "PA",
};
const isRare: Condition = { ...isPa, value: "RL" };
const ofTwo: Condition = { kind: "in", path: field("modality"), values: ["CT", "US"] };
const aged: Condition = { kind: "between", path: field("patient_age_years"), low: 30, high: 60 };

interface Case {
  readonly title: string;
  readonly condition: Condition;
  readonly key: SortKey;
  readonly values: number;
  readonly types?: readonly string[];
}

const { modality, age, position } = VALUES;

const CASES: readonly Case[] = (["asc", "desc"] as const).flatMap((direction): readonly Case[] => {
  const created = { path: CREATION, direction };
  const byModality = { path: field("modality"), direction };
  const byAge = { path: field("patient_age_years"), direction };
  return [
    { title: "of a modality", condition: isMr, key: created, values: modality },
    { title: "of two modalities", condition: ofTwo, key: created, values: modality },
    { title: "of a view position", condition: isPa, key: created, values: position },
    // So few that candidates are not enough: what has changed since is read.
    { title: "of a rare position", condition: isRare, key: created, values: Infinity },
    {
      title: "of two types",
      condition: ALWAYS,
      key: created,
      values: 1,
      types: ["image", "study"],
    },
    { title: "by modality", condition: ALWAYS, key: byModality, values: modality },
    { title: "by age", condition: ALWAYS, key: byAge, values: age },
    { title: "of an age, by it", condition: aged, key: byAge, values: age },
  ].map((one) => ({ ...one, title: `${one.title}, ${direction}` }));
});

const readingOf = ({ condition, key, types = ["image"] }: Case, snapshot: number) => {
  const query: Query = {
    payloadTypes: types,
    condition,
    sort: [key],
    page: { limit: PAGE },
    asOf: NOW,
  };
  const view = { visibility: { kind: "everything" }, snapshot: raw(String(snapshot)) } as const;
  return { query, view, type: types.length > 1 ? null : AGED_IMAGE };
};

/** Three pages of a query, and what is wrong with their costs. */
const pagesOf = async (one: Case, snapshot: number) => {
  const reading = readingOf(one, snapshot);
  const seen: string[] = [];
  const costs: { readonly rows: number; readonly read: number }[] = [];
  let after: Position | undefined;
  for (let at = 0; at < 3; at += 1) {
    const page = { limit: PAGE, ...(after === undefined ? {} : { after }) };
    const { results, meta } = await run(pageStatement(reading, page, { children: false }));
    costs.push({ rows: results.length, read: meta.rows_read });
    for (const row of results) seen.push(`${toRow(row).identifier} ${toRow(row).version}`);
    const row = results.at(-1);
    if (row === undefined || results.length < PAGE) break;
    after = { values: [row["s0"] ?? null], identifier: toRow(row).identifier };
  }
  return { seen, costs };
};

describe.each(IMAGES)("of %i images with five versions each", (images) => {
  let last = 0;
  beforeAll(async () => {
    last = await fill(images);
  });

  const snapshots = (): readonly number[] =>
    [0.01, 0.5, 0.99].map((back) => Math.max(1, Math.round(last * (1 - back))));

  test("pages are the same with the values that resources have had and without them, and cost little", async () => {
    const before = new Map<string, readonly string[]>();
    for (const one of CASES) {
      for (const at of snapshots()) before.set(`${one.title} ${at}`, (await pagesOf(one, at)).seen);
    }
    const session = openSession(env.DB, "first-primary");
    const progress = await advancePast(session, AGED, {
      callsMax: 1_000,
      millisMax: 60_000,
    });
    expect(progress).toEqual({ transaction: last, isComplete: true });
    const faults: string[] = [];
    for (const one of CASES) {
      for (const at of snapshots()) {
        const { seen, costs } = await pagesOf(one, at);
        expect(seen, `${one.title} as of ${at}`).toEqual(before.get(`${one.title} ${at}`));
        for (const { rows, read } of costs) {
          if (read > EACH * one.values * rows + CONSTANT)
            faults.push(`${one.title} as of ${at}: ${read} for ${rows}`);
        }
      }
    }
    expect(faults).toEqual([]);
  });
});
