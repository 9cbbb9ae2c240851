// Reads below a resource with many descendants: the closure gives the same result as walking the tree.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { openSession } from "../../../../src/store/sql/session.ts";
import { refreshRollups } from "../../../../src/store/closure/refresh.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminToken, assemble } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { aroundDatabase, type SentStatement } from "../../../support/databases/database.ts";
import { planErrors } from "../../../support/checks/query-plan.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { forget } from "../../../unit/closure/rollup.ts";

const PATIENTS = 150;
const IMAGES = 10;

let cast: Awaited<ReturnType<typeof assemble>>;

const refresh = async (): Promise<void> => {
  await refreshRollups(openSession(env.DB, "first-primary"), {
    callsMax: 1_000,
    millisMax: 600_000,
  });
};

beforeAll(async () => {
  cast = await assemble();
  const patients = Array.from({ length: PATIENTS }, (_, at) => `all/${at}`);
  const images = patients.flatMap((parent) =>
    Array.from({ length: IMAGES }, (_, at) => ({
      identifier: `${parent}/${at}`,
      payload_type: "image",
      parent_identifier: parent,
      modality: ["CT", "MR", "DX"][at % 3] ?? "",
      access_level: at === 9 ? "public" : "internal",
    })),
  );
  await succeed(
    cast.admin.client.post("/resources/create", {
      resources: [
        { identifier: "all", payload_type: "datasource", name: "all", access_level: "public" },
        { identifier: "other", payload_type: "datasource", name: "other" },
        ...patients.map((identifier) => ({
          identifier,
          payload_type: "patient",
          parent_identifier: "all",
        })),
        ...images,
      ],
    }),
  );
}, 60_000);

const READS: readonly (readonly [string, JsonObject])[] = [
  ["/query/count", {}],
  ["/query/count", { payload_type: "image" }],
  ["/query/count", { filters: { modality: "CT" } }],
  ["/query", { sort_by: "version", limit: 1_000 }],
  ["/query", { payload_type: "image", sort_by: "version", sort_order: "desc", limit: 100 }],
];

/** All reads of a caller below the datasource, now and at an instant. */
const readAll = async (client: Client, asOf: string): Promise<readonly Json[]> => {
  const found: Json[] = [];
  for (const [path, body] of READS) {
    for (const when of [{}, { as_of: asOf }]) {
      const place = { parent_identifier: "all", include_indirect_parents: true };
      const answer = await client.post(path, { ...body, ...place, ...when });
      expect([200, 401, 404], answer.text).toContain(answer.status);
      const { next_cursor: _, ...members } = (answer.body ?? {}) as JsonObject;
      found.push(answer.status === 200 ? members : answer.status);
    }
  }
  return found;
};

const readByEach = async (asOf: string): Promise<readonly (readonly Json[])[]> => {
  const all: (readonly Json[])[] = [];
  for (const { client } of [cast.admin, cast.editor, cast.reader, cast.nobody]) {
    all.push(await readAll(client, asOf));
  }
  return all;
};

const update = async (updates: JsonObject): Promise<void> => {
  await succeed(cast.admin.client.post("/resources/update", { updates }));
};

const now = async (): Promise<string> => {
  const at = await env.DB.prepare("SELECT max(recorded_at) AS at FROM transactions").first("at");
  return new Date(Math.floor(Number(at) / 1_000)).toISOString();
};

const CHANGES: readonly (readonly [string, () => Promise<void>])[] = [
  ["nothing changed", async () => undefined],
  ["a patient moved away", () => update({ "all/3": { parent_identifier: "other" } })],
  ["a patient moved below another", () => update({ "all/4": { parent_identifier: "all/5" } })],
  ["the patient came back", () => update({ "all/3": { parent_identifier: "all" } })],
  [
    "a patient was deleted",
    async () => {
      const body = { identifiers: ["all/6"], cascade: true };
      await succeed(cast.admin.client.post("/resources/delete", body));
    },
  ],
  ["the patient was restored", () => update({ "all/6": { is_deleted: false } })],
  ["an image changed", () => update({ "all/7/0": { modality: "US" } })],
  ["the datasource moved", () => update({ all: { parent_identifier: "other" } })],
  ["a patient was restricted", () => update({ "all/8": { access_level: "restricted" } })],
  ["the patient was opened", () => update({ "all/8": { access_level: "internal" } })],
];

test("every caller finds below a resource what walking gives, after each change, refreshed or not", async () => {
  await refresh();
  for (const [what, change] of CHANGES) {
    const before = await now();
    await change();
    const stale = await readByEach(before);
    await refresh();
    const fresh = await readByEach(before);
    await forget(env.DB);
    const walked = await readByEach(before);
    expect(stale, `${what}, stale`).toEqual(walked);
    expect(fresh, `${what}, fresh`).toEqual(walked);
    await refresh();
  }
}, 600_000);

test("the closure is read where much lies below, by its index", async () => {
  let sent: SentStatement[] = [];
  const database = aroundDatabase(env.DB, async (call, run) => {
    sent.push(...call.statements);
    return run();
  });
  const client = clientOf(appOver(database), await adminToken());
  await succeed(client.post("/query/count", { parent_identifier: "all" }));
  sent = [];
  const body = { parent_identifier: "all", include_indirect_parents: true };
  const { count } = (await succeed(client.post("/query/count", body))) as JsonObject;
  expect(count).toBeGreaterThan(1_000);
  expect(sent.some(({ text }) => text.includes("stretch"))).toBe(true);
  expect(await planErrors(env.DB, sent, "table")).toEqual([]);
});
