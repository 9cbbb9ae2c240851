// The cost of each write: rows read and written are proportional to its changes, for every shape.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { appOver } from "../../../support/servers/app.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { adminClient, adminToken, workerFetch } from "../../../support/fixtures/callers.ts";
import { BASE, clientOf, uniquePrefix, type Client } from "../../../support/clients/http.ts";
import { aroundDatabase, type SentStatement } from "../../../support/databases/database.ts";
import { operationsOf, type OpenApiDocument } from "../../../support/checks/openapi-document.ts";
import { planErrors } from "../../../support/checks/query-plan.ts";
import { SHAPES } from "../../../support/shapes/all.ts";
import { define, tableOf } from "../../../support/clients/datasets.ts";
import { interleavedDatabase } from "../../../support/databases/interleaved.ts";
import { named } from "../../../support/fixtures/relations.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { EXEMPT } from "../../../support/shapes/exempt.ts";
import {
  createAll,
  datasets,
  deleting,
  inTree,
  send,
  updating,
  type Shape,
  type Stage,
} from "../../../support/shapes/shape.ts";

const SMALL = 300;
/**
 * The maximum of rows read and written for each element of a call. Most reads are for chains of maximal
 * depth and for links, whose visibility is computed from their roots.
 */
const EACH = { read: 128, written: 40 } as const;
/** Rows that every call reads and writes: auth state, state row, guards. */
const CONSTANT = 120;

let sent: SentStatement[] = [];
const budgeted = budgetedDatabase(
  aroundDatabase(env.DB, (call, run) => {
    sent.push(...call.statements);
    return run();
  }),
);
let admin: Client;
let token = "";

beforeAll(async () => {
  admin = await adminClient();
  token = await adminToken();
});

const stageOf = (): Stage => {
  const prefix = uniquePrefix("cost");
  const word = prefix.replaceAll(/\W/g, "_").replaceAll(/_$/g, "");
  return { admin, prefix, word, as: (other) => clientOf(appOver(env.DB), other) };
};

interface Cost {
  readonly read: number;
  readonly written: number;
  readonly statements: number;
}

/** Runs a shape in a size, in an isolate with cached payload types, and returns the cost. */
const costOf = async (shape: Shape, size: number): Promise<Cost> => {
  const call = await shape.stage(stageOf(), size);
  const fetch = appOver(budgeted.database);
  await clientOf(fetch, token).get("/schemas");
  sent = [];
  budgeted.start();
  const answer = await send({ admin: clientOf(fetch, call.token ?? token) }, call);
  expect(answer.status, answer.text.slice(0, 1_000)).toBe(shape.status ?? 200);
  const { rowsRead, rowsWritten, statements } = budgeted.spent();
  return { read: rowsRead, written: rowsWritten, statements };
};

const sizesOf = ({ most }: Shape): readonly [number, number] =>
  most >= 2 * SMALL ? [SMALL, 2 * SMALL] : [Math.floor(most / 2), most];

const titled = SHAPES.map((shape) => [`${shape.operation}: ${shape.name}`, shape] as const);

describe.each(["without statistics", "with statistics of ANALYZE"])("%s", (statistics) => {
  beforeAll(async () => {
    if (statistics.startsWith("with ")) await env.DB.prepare("ANALYZE").run();
  });

  test.each(titled)("%s: by an index, in rows that are linear in its size", async (_, shape) => {
    const [size, twice] = sizesOf(shape);
    const one = await costOf(shape, size);
    const two = await costOf(shape, twice);
    expect(await planErrors(env.DB, sent, shape.walk ?? "none")).toEqual([]);
    for (const what of ["read", "written"] as const) {
      const most = EACH[what];
      expect(one[what], what).toBeLessThan(CONSTANT + most * size);
      expect(two[what] - one[what], what).toBeLessThan(CONSTANT + most * (twice - size));
    }
    expect(two.statements).toBe(one.statements);
  });
});

test("checks of a refused plan use an index", async () => {
  const stage = stageOf();
  const [child, parent] = [`${stage.word}_child`, `${stage.word}_parent`];
  await define(admin, child, named(["name"]));
  const relation = { dataset: child, cardinality: "many-to-many", cascade: false };
  await define(admin, parent, named(["name"], [relation]));
  const [made] = await tableOf(admin, parent).post({ name: "p", [child]: [{ name: "c" }] });
  const record = String(made?.["id"]);
  const tree = datasets(stage.prefix, 100, inTree(stage.prefix, 5));
  await createAll(stage, [...tree, dataset(`${stage.prefix}other`)]);
  const root = `${stage.prefix}0`;
  const calls = [
    [root, updating([[root, { parent_identifier: `${stage.prefix}other` }]])],
    [record, deleting([record])],
  ] as const;
  sent = [];
  for (const [identifier, call] of calls) {
    // Another write of the same row comes first: the batch fails and the write is planned again.
    const overtaken = interleavedDatabase(budgeted.database, () =>
      succeed(send({ admin }, updating([[identifier, { license: "CC0-1.0" }]]))),
    );
    budgeted.start();
    await succeed(send({ admin: clientOf(appOver(overtaken), token) }, call));
  }
  const texts = sent.map(({ text }) => text.replaceAll(/\s+/g, " "));
  expect(texts.some((text) => text.includes("AS levels"))).toBe(true);
  expect(texts.some((text) => text.includes("AS links"))).toBe(true);
  expect(await planErrors(env.DB, sent, "none")).toEqual([]);
});

test("every write operation has a shape, or is exempt with a reason", async () => {
  const response = await workerFetch(new Request(`${BASE}/openapi.json`));
  const operations = operationsOf(await response.json<OpenApiDocument>())
    .filter(({ method }) => method !== "GET")
    .map(({ name }) => name);
  const shaped = new Set(SHAPES.map(({ operation }) => operation));
  expect(operations.filter((name) => !shaped.has(name) && !EXEMPT.has(name))).toEqual([]);
  const known = [...shaped, ...EXEMPT.keys()];
  expect(known.filter((name) => !operations.includes(name))).toEqual([]);
  expect([...shaped].filter((name) => EXEMPT.has(name))).toEqual([]);
});
