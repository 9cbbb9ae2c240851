import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import type { Principal } from "../../../../src/identity/principal.ts";
import { NOW } from "../../../../src/query/query.ts";
import { openSession } from "../../../../src/store/sql/session.ts";
import { countsOf } from "../../../../src/store/closure/counts.ts";
import { sql, type Statement } from "../../../../src/store/sql/template.ts";
import { viewOf } from "../../../../src/store/visibility/visible.ts";
import type { Caller } from "../../../model/run.ts";
import { assemble, setting } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { runJob } from "../../../support/run/job.ts";
import { rowsOf, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { histories, POOL, type Act, type Edit } from "../../../unit/closure/edits.ts";
import { recount, recountTree, type Resource } from "../../../unit/closure/recount.ts";
import { forget } from "../../../unit/closure/rollup.ts";
import { figure } from "../../../support/run/figures.ts";

type Cast = Awaited<ReturnType<typeof assemble>>;

let cast: Cast;

const seen = async (
  { client }: Caller,
  prefix: string,
  asOf?: string,
): Promise<readonly Resource[]> =>
  rowsOf(client, {
    filters: { identifier: { starts_with: prefix } },
    limit: 1_000,
    ...(asOf === undefined ? {} : { as_of: asOf }),
  });

const within = async (client: Client, path: string, prefix: string): Promise<readonly Json[]> => {
  const all = (await succeed(client.get(path))) as readonly JsonObject[];
  return all.filter(({ datasource_id: id }) => String(id).startsWith(prefix));
};

/** Compares statistics with a recount of the resources that the caller can read. */
const compareStatistics = async (by: Caller, prefix: string, asOf?: string): Promise<void> => {
  const { short, long } = recount(await seen(by, prefix, asOf));
  const query = asOf === undefined ? "" : `?as_of=${encodeURIComponent(asOf)}`;
  expect(await within(by.client, `/datasources/stats${query}`, prefix)).toEqual(short);
  expect(await within(by.client, `/datasources/detailed-stats${query}`, prefix)).toEqual(long);
  const identifier = `${prefix}0`;
  const wanted = `datasource_id=${encodeURIComponent(identifier)}`;
  const one = await by.client.get(`/datasources/detailed-stats${query || "?"}&${wanted}`);
  const expected = long.find(({ datasource_id: id }) => id === identifier);
  expect([one.status, one.status === 200 ? one.body : undefined]).toEqual([
    expected === undefined ? 404 : 200,
    expected,
  ]);
};

const principalOf = ({ actor }: Caller): Principal => ({
  kind: actor.role === "anonymous" ? "anonymous" : "user",
  id: actor.id,
  role: actor.role === "anonymous" ? null : actor.role,
});

/**
 * Compares children and descendants of every node with a recount of the resources that the caller can
 * read, both when the nodes are enumerated and when rollups are used.
 */
const compareCounts = async (by: Caller, prefix: string): Promise<void> => {
  const expected = recountTree(await seen(by, prefix));
  const identifiers = JSON.stringify(Object.keys(expected));
  const nodes = sql`SELECT r.rid, r.identifier FROM json_each(${identifiers}) j
    CROSS JOIN resources r ON r.identifier = j.value`;
  const view = viewOf(principalOf(by), NOW);
  const named: Statement<{ rid: number; identifier: string }> = sql`SELECT * FROM (${nodes})`;
  const results = await openSession(env.DB, "first-primary").batch([
    named,
    ...[0, POOL, 1_000].map((most) => countsOf(view, nodes, most)),
  ]);
  const [names, ...counts] = results;
  for (const rows of counts) {
    const byRid = new Map(rows.map((row) => [row.rid, [row.children, row.descendants]]));
    const counted = names.map((row) => [row.identifier, byRid.get(row.rid)]);
    expect(Object.fromEntries(counted)).toEqual(expected);
  }
};

const bodyOf = (edit: Exclude<Edit, { kind: "grant" }>, prefix: string): [string, JsonObject] => {
  const name = (at: number | null): string | null => (at === null ? null : `${prefix}${at}`);
  const update = (at: readonly number[], members: JsonObject): [string, JsonObject] => [
    "/resources/update",
    { updates: Object.fromEntries(at.map((each) => [`${prefix}${each}`, members])) },
  ];
  switch (edit.kind) {
    case "create":
      return [
        "/resources/create",
        {
          resources: edit.rows.map(({ at, parent, members }) => ({
            identifier: name(at),
            parent_identifier: name(parent),
            ...members,
          })),
        },
      ];
    case "update":
      return update([edit.at], edit.members);
    case "move":
      return update([edit.at], { parent_identifier: name(edit.to) });
    case "restore":
      return update(edit.at, { is_deleted: false });
    case "delete":
      return ["/resources/delete", { identifiers: [`${prefix}${edit.at}`], cascade: edit.cascade }];
  }
};

let grants = 1_000_000_000;

/** Grants the reader access to a resource. */
const grant = async (identifier: string): Promise<void> => {
  const subject = cast.reader.actor.id.slice("user:".length);
  await env.DB.prepare(`INSERT INTO x_grant (rid, identifier, created_at, tx_from, visibility, f_resource_identifier,
        f_grantee_type, f_grantee_id) VALUES (?, ?, 1, 1, 2, ?, 'user', ?)`)
    .bind((grants += 1), `grant-${grants}`, identifier, subject)
    .run();
};

const instantOf = async ({ headers }: Answer): Promise<string | undefined> => {
  const transaction = headers.get("x-transaction");
  if (transaction === null) return undefined;
  const body = (await succeed(cast.admin.client.get(`/transactions/${transaction}`))) as JsonObject;
  return String(body["instant"]);
};

const perform = async (edit: Edit, by: Caller, prefix: string): Promise<string | undefined> => {
  if (edit.kind === "grant") {
    await grant(`${prefix}${edit.at}`);
    return undefined;
  }
  const answer = await by.client.post(...bodyOf(edit, prefix));
  expect([200, 400, 404], answer.text).toContain(answer.status);
  return instantOf(answer);
};

const everybody = (): readonly Caller[] => [cast.admin, cast.editor, cast.reader, cast.nobody];

const compareAll = async (prefix: string, callers: readonly Caller[]): Promise<void> => {
  for (const by of callers) {
    await compareStatistics(by, prefix);
    await compareCounts(by, prefix);
  }
};

const play = async (acts: readonly Act[], prefix: string): Promise<void> => {
  const instants: string[] = [];
  for (const act of acts) {
    if (act.kind === "edit") {
      const instant = await perform(act.edit, cast[act.by], prefix);
      if (instant !== undefined) instants.push(instant);
    }
    if (act.kind === "run") await runJob(env.DB, act.run);
    if (act.kind === "forget") await forget(env.DB);
    if (act.kind === "compare" || act.kind === "run")
      await compareAll(prefix, [cast.admin, cast.reader]);
  }
  await compareAll(prefix, everybody());
  const middle = instants[Math.floor(instants.length / 2)];
  for (const by of everybody()) await compareStatistics(by, prefix, middle);
};

const RUNS = figure("STATISTICS");
const SECONDS_PER_RUN = 3;

beforeAll(async () => {
  cast = await assemble();
});

test(
  `${RUNS} random histories: statistics and counts are never stale, however far the job has come`,
  { timeout: Math.max(60, RUNS * SECONDS_PER_RUN) * 1_000 },
  async () => {
    const seed = seedOf(setting("FC_SEED"));
    const path = setting("FC_PATH");
    let played = 0;
    const property = fc.asyncProperty(histories, async (acts) => {
      await play(acts, uniquePrefix("statistics"));
      played += 1;
    });
    await fc.assert(property, { numRuns: RUNS, seed, ...(path === undefined ? {} : { path }) });
    console.log(`${played} histories of at most ${POOL} resources, seed ${seed}`);
    expect(played).toBeGreaterThanOrEqual(path === undefined ? RUNS : 1);
  },
);
