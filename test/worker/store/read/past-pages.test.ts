// The cost of a page of a past state in the order of creation depends on its rows, not on the history.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { ALWAYS } from "../../../../src/query/condition.ts";
import { NOW, type Position, type Query } from "../../../../src/query/query.ts";
import { BUILTIN_TYPES } from "../../../../src/schema/registry.ts";
import { projectRows } from "../../../../src/store/projection/table.ts";
import { pageStatement } from "../../../../src/store/read/page.ts";
import type { Reading } from "../../../../src/store/read/reading.ts";
import { toRow } from "../../../../src/store/read/row.ts";
import { raw, sql, statementText, type Sql } from "../../../../src/store/sql/template.ts";

const IMAGES = [1_000, 4_000] as const;
const VERSIONS = 5;
const EACH_TRANSACTION = 50;
const PAGE = 50;
/** The maximum of rows read for each row of a page, and for the page. */
const EACH = 30;
const CONSTANT = 20;
/** Up to four times the rows of a page are read of the later changes, even for an empty page. */
const PAGE_MIN = 10;

const run = async (statement: Sql) =>
  env.DB.prepare(statementText(statement))
    .bind(...statement.params)
    .all<Record<string, string | number | null>>();

/** The transaction of a version: the first ones are made first, then each gets its second, and so on. */
const txOf = (images: number, version: string): string =>
  `(1 + (i + ${images} * (${version} - 1)) / ${EACH_TRANSACTION})`;

/** Creates images with their histories, several per transaction. */
const fill = async (images: number): Promise<number> => {
  for (const table of ["resources", "history", "transactions"]) {
    for (const trigger of [
      "resources_kept",
      "history_closed_delete",
      "transactions_closed_delete",
    ]) {
      await env.DB.prepare(`DROP TRIGGER IF EXISTS ${trigger}`).run();
    }
    await env.DB.prepare(`DELETE FROM ${table}`).run();
  }
  await env.DB.prepare("DELETE FROM x_image").run();
  const last = (images * VERSIONS) / EACH_TRANSACTION;
  await env.DB.prepare(`WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < ${last})
    INSERT INTO transactions SELECT i, i * 10, 'p', 's', 'o', 'r', 1, 1, 1, '[]', '', NULL FROM g`).run();
  const columns =
    "rid, identifier, payload_type, schema_version, version, access_level, owner, created_at, updated_at, tx_from, is_deleted, payload";
  const valuesOf = (version: string): string =>
    `i + 1, printf('image/%06d', (i * 7919) % 1000003), 'image', '1.0.0', ${version}, 'public', 'user:x',
      ${txOf(images, "1")} * 10, ${txOf(images, version)} * 10, ${txOf(images, version)}, 0, '{"modality":"CT"}'`;
  const rows = `WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g WHERE i < ${images - 1})`;
  await env.DB.prepare(`${rows} INSERT INTO resources (${columns}, visibility)
    SELECT ${valuesOf(String(VERSIONS))}, i % 2 FROM g`).run();
  await env.DB.prepare(`${rows}, v(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM v WHERE n < ${VERSIONS - 1})
    INSERT INTO history (${columns}, tx_to)
    SELECT ${valuesOf("n")}, ${txOf(images, "(n + 1)")} FROM v CROSS JOIN g`).run();
  const image = BUILTIN_TYPES.get("image");
  if (image === undefined) throw new Error("There is no payload type image.");
  await run(projectRows(image, new Set(["modality"]), sql`FROM resources r WHERE true`));
  return last;
};

const readingOf = (isTyped: boolean, direction: "asc" | "desc", snapshot: number): Reading => {
  const query: Query = {
    payloadTypes: isTyped ? ["image"] : [],
    condition: ALWAYS,
    sort: [{ path: { column: "created_at", segments: [] }, direction }],
    page: { limit: PAGE },
    asOf: NOW,
  };
  const view = { visibility: { kind: "everything" }, snapshot: raw(String(snapshot)) } as const;
  return { query, view, type: isTyped ? (BUILTIN_TYPES.get("image") ?? null) : null };
};

describe.each(IMAGES)("of %i images with five versions each", (images) => {
  let last = 0;
  beforeAll(async () => {
    last = await fill(images);
  });

  const cases = [true, false].flatMap((isTyped) =>
    (["asc", "desc"] as const).flatMap((direction) =>
      [0.01, 0.5, 0.99].map((back) => [isTyped ? "image" : "any type", direction, back] as const),
    ),
  );

  test.each(cases)(
    "a page of %s, %s, as of %d back reads few rows",
    async (type, direction, back) => {
      const reading = readingOf(
        type === "image",
        direction,
        Math.max(1, Math.round(last * (1 - back))),
      );
      const faults: string[] = [];
      let after: Position | undefined;
      for (let at = 0; at < 3; at += 1) {
        const page = { limit: PAGE, ...(after === undefined ? {} : { after }) };
        const { results, meta } = await run(pageStatement(reading, page, { children: false }));
        const most = EACH * Math.max(PAGE_MIN, results.length) + CONSTANT;
        if (meta.rows_read > most)
          faults.push(`page ${at}: ${meta.rows_read} for ${results.length}`);
        const row = results.at(-1);
        if (row === undefined || results.length < PAGE) break;
        const { identifier } = toRow(row as never);
        after = { values: [Number(row["s0"])], identifier };
      }
      expect(after !== undefined || back === 0.99).toBe(true);
      expect(faults).toEqual([]);
    },
  );
});
