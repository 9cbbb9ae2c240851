import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { openSession } from "../../../../src/store/sql/session.ts";
import { refreshRollups } from "../../../../src/store/closure/refresh.ts";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { indexFields } from "../../../support/fixtures/indexes.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { forget } from "../../../unit/closure/rollup.ts";

const SIZES = [20, 200, 490, 520, 2_000];
const BIG = 10_000;
const PER_PATIENT = 9;

const budgeted = budgetedDatabase(env.DB);
let token: string;
let later = "";

/** A datasource with so many patients and images below it. */
const tree = (root: string, size: number): readonly JsonObject[] => {
  const patients = Math.ceil(size / (PER_PATIENT + 1));
  return [
    { identifier: root, payload_type: "datasource", name: root },
    ...Array.from({ length: patients }, (_, at) => ({
      identifier: `${root}/patient-${at}`,
      payload_type: "patient",
      parent_identifier: root,
    })),
    ...Array.from({ length: size - patients }, (_, at) => ({
      identifier: `${root}/image-${at}`,
      payload_type: "image",
      parent_identifier: `${root}/patient-${Math.floor(at / PER_PATIENT)}`,
      modality: ["CT", "MR"][at % 2] ?? "",
      patient_age_years: at % 90,
    })),
  ];
};

const create = async (client: Client, rows: readonly JsonObject[]): Promise<void> => {
  for (let at = 0; at < rows.length; at += 5_000) {
    await succeed(client.post("/resources/create", { resources: rows.slice(at, at + 5_000) }));
  }
};

// The matching rows come before all others in the order of creation, or after them.
beforeAll(async () => {
  token = await adminToken();
  const client = clientOf(appOver(env.DB), token);
  for (const size of SIZES) await create(client, tree(`old-${size}`, size));
  await create(client, tree("big", BIG));
  for (const size of SIZES) await create(client, tree(`new-${size}`, size));
  await create(client, tree("newest", BIG));
  await indexFields(client, "image", ["modality", "patient_age_years"]);
  later = new Date(Date.now() + 1).toISOString();
}, 120_000);

interface Answer {
  readonly rows: number;
  readonly count: number;
}

const ask = async (path: string, body: JsonObject): Promise<Answer> => {
  const client = clientOf(appOver(budgeted.database), token);
  await succeed(client.get("/schemas"));
  budgeted.start();
  const found = (await succeed(client.post(path, body))) as JsonObject;
  const { rowsRead } = budgeted.spent();
  const count = found["count"] ?? (found["results"] as readonly unknown[]).length;
  return { rows: rowsRead, count: Number(count) };
};

const images = (members: JsonObject): JsonObject => ({ payload_type: "image", ...members });

const COUNTS: readonly (readonly [string, JsonObject])[] = [
  ["all", {}],
  ["of a type", images({})],
  ["of a value", images({ filters: { modality: "CT" } })],
];

const PAGES: readonly (readonly [string, JsonObject])[] = [
  ["the newest", { limit: 100 }],
  ["the oldest of a type", images({ limit: 100, sort_order: "asc" })],
  ["the newest of a value", images({ limit: 100, filters: { modality: "CT" } })],
  ["by a field with an index", images({ limit: 100, sort_by: "patient_age_years" })],
  ["by what has no index", images({ limit: 100, sort_by: "version" })],
];

const ASKED = [
  ...COUNTS.map(([word, body]) => ["/query/count", word, body] as const),
  ...PAGES.map(([word, body]) => ["/query", word, body] as const),
];

const under = (parent: string): JsonObject => ({
  parent_identifier: parent,
  include_indirect_parents: true,
});

describe.each([
  ["there are no rollups", false],
  ["there are rollups", true],
])("where %s", (_state, hasRollups) => {
  beforeAll(async () => {
    await forget(env.DB);
    if (!hasRollups) return;
    await refreshRollups(openSession(env.DB, "first-primary"), {
      callsMax: 1_000,
      millisMax: 60_000,
    });
  }, 60_000);

  test.each([
    ["now", false],
    ["as of the past", true],
  ])(
    "the cost of a read below a resource depends on what is below it, %s",
    async (_when, isPast) => {
      const when = isPast ? { as_of: later } : {};
      // When the size of the subtree is unknown, a page tries twice as many rows as its limit.
      const most = (size: number): number =>
        (isPast ? 1.5 : 1) * ((hasRollups ? 600 : 3_000) + 10 * size);
      const dear: string[] = [];
      for (const [path, word, body] of ASKED) {
        for (const age of ["old", "new"]) {
          const costs: number[] = [];
          for (const size of SIZES) {
            costs.push((await ask(path, { ...body, ...under(`${age}-${size}`), ...when })).rows);
          }
          if (costs.some((rows, at) => rows > most(SIZES[at] ?? 0))) {
            dear.push(`${path} ${word} ${age}: ${costs.join(" ")}`);
          }
        }
      }
      expect(dear).toEqual([]);
    },
    120_000,
  );

  test("a page of the latest below a large root costs no more than below a small one", async () => {
    for (const when of [{}, { as_of: later }]) {
      const { rows, count } = await ask("/query", { limit: 100, ...under("newest"), ...when });
      expect(count).toBe(100);
      expect(rows, JSON.stringify(when)).toBeLessThan(2_500);
    }
  });

  test("a rare type below a large root is searched among its own rows", async () => {
    const rare = { payload_type: "datasource", ...under("big") };
    const { rows, count } = await ask("/query/count", rare);
    expect(count).toBe(0);
    expect(rows).toBeLessThan(300);
  });
});

test("the cost of a filter by the parent depends on what is below it", async () => {
  for (const body of [
    { filters: { parent_identifier: "old-200" } },
    images({ filters: { parent_identifier: "old-200/patient-0" } }),
    images({ filters: { parent_identifier: { in: ["old-200/patient-0", "new-200/patient-1"] } } }),
    images({ filters: { parent_identifier: "old-200/patient-0" }, as_of: later }),
  ]) {
    expect((await ask("/query/count", body)).rows, JSON.stringify(body)).toBeLessThan(300);
    expect((await ask("/query", body)).rows, JSON.stringify(body)).toBeLessThan(500);
  }
});
