// Every write on datasets with each of its database calls failing once, and the plans of its statements.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { aroundDatabase, type SentStatement } from "../../../support/databases/database.ts";
import { define, pathOf, tableOf, type Parameters } from "../../../support/clients/datasets.ts";
import { faultyDatabase, LOST, type Fault } from "../../../support/databases/faulty.ts";
import { planErrors } from "../../../support/checks/query-plan.ts";
import { named, nameIs } from "../../../support/fixtures/relations.ts";

let healthy: Client;
let token: string;

beforeAll(async () => {
  healthy = await adminClient();
  token = await adminToken();
  await define(healthy, "stalk", named(["name"]));
  await define(
    healthy,
    "root",
    named(["name"], [{ dataset: "stalk", cardinality: "one-to-many" }]),
  );
});

interface Case {
  readonly name: string;
  readonly request: (prefix: string) => readonly [method: string, Parameters, Json?];
}

const link = (prefix: string, action: string, parent: string, child: string): Parameters => ({
  cond: nameIs(`${prefix}${parent}`),
  action,
  action_resource: "stalk",
  action_cond: nameIs(`${prefix}${child}`),
});

const CASES: readonly Case[] = [
  {
    name: "an insert with children",
    request: (prefix) => ["POST", {}, [{ name: `${prefix}new`, stalk: [{ name: `${prefix}n1` }] }]],
  },
  {
    name: "a change",
    request: (prefix) => ["PATCH", { cond: nameIs(`${prefix}a`) }, { note: 1, name: `${prefix}z` }],
  },
  { name: "an attachment", request: (prefix) => ["PUT", link(prefix, "attach", "b", "loose"), {}] },
  { name: "a detachment", request: (prefix) => ["PUT", link(prefix, "detach", "a", "a1"), {}] },
  { name: "a deletion", request: (prefix) => ["DELETE", { cond: nameIs(`${prefix}a`) }] },
];

const prepare = async (prefix: string): Promise<void> => {
  await tableOf(healthy, "root").post([
    { name: `${prefix}a`, stalk: [{ name: `${prefix}a1` }, { name: `${prefix}a2` }] },
    { name: `${prefix}b` },
  ]);
  await tableOf(healthy, "stalk").post({ name: `${prefix}loose` });
};

/** A value without ids, instants and the prefix of the run. */
const comparable = (value: Json, prefix: string): Json => {
  if (typeof value === "string") return value.replaceAll(prefix, "P/");
  if (Array.isArray(value))
    return (value as readonly Json[]).map((each) => comparable(each, prefix));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !["id", "created_at", "updated_at", "request_id"].includes(name))
      .map(([name, inner]) => [name, comparable(inner, prefix)]),
  );
};

const observe = async (prefix: string): Promise<Json> => {
  const cond = [{ field: "name" }, "like", `${prefix}%`];
  const roots = await tableOf(healthy, "root").get({
    cond,
    outputs: ["name", "note", "stalk.name"],
  });
  const stalks = await tableOf(healthy, "stalk").get({ cond, outputs: ["name"] });
  return comparable([roots, stalks], prefix);
};

const run = async ({ request }: Case, fault?: Fault) => {
  const prefix = uniquePrefix("flaw");
  await prepare(prefix);
  const before = await observe(prefix);
  const faulty = faultyDatabase(env.DB, LOST);
  const client = clientOf(appOver(faulty.database), token);
  await client.get("/schemas");
  const [method, parameters, body] = request(prefix);
  const send = (sender: Client): Promise<Answer> =>
    sender.send(method, pathOf("root", parameters), body, { "idempotency-key": `key-${prefix}` });
  faulty.arm(fault);
  const answer = await send(client);
  const calls = faulty.calls();
  faulty.arm();
  const after = await observe(prefix);
  const shown = (given: Answer): Json => comparable(given.body, prefix);
  return { answer, calls, before, after, prefix, shown, send: () => send(healthy) };
};

describe.each(CASES)("$name", (one) => {
  test(
    "is done completely or not at all when any call is lost, and once when it is repeated",
    { timeout: 60_000 },
    async () => {
      const normal = await run(one);
      expect([200, 201], normal.answer.text).toContain(normal.answer.status);
      expect(normal.after).not.toEqual(normal.before);
      for (let call = 1; call <= normal.calls; call += 1) {
        for (const when of ["before", "after"] as const) {
          const failed = await run(one, { call, when });
          expect([normal.before, normal.after]).toContainEqual(failed.after);
          expect([200, 201, 503]).toContain(failed.answer.status);
          const repeated = await failed.send();
          expect(failed.shown(repeated)).toEqual(normal.shown(normal.answer));
          expect(await observe(failed.prefix)).toEqual(normal.after);
          const again = await failed.send();
          expect(again.headers.get("idempotency-replayed")).toBe("true");
          expect(again.text).toBe(repeated.text);
          expect(await observe(failed.prefix)).toEqual(normal.after);
        }
      }
    },
  );

  test("reaches every table by an index", async () => {
    const sent: SentStatement[] = [];
    const watched = aroundDatabase(env.DB, async (call, go) => {
      sent.push(...call.statements);
      return go();
    });
    const client = clientOf(appOver(watched), token);
    await client.get("/schemas");
    const prefix = uniquePrefix("flaw");
    await prepare(prefix);
    sent.length = 0;
    const [method, parameters, body] = one.request(prefix);
    // By id: names have no index here.
    const own = await tableOf(healthy, "root").get({ cond: nameIs(`${prefix}a`), outputs: ["id"] });
    const child = await tableOf(healthy, "stalk").get({
      cond: nameIs(`${prefix}a1`),
      outputs: ["id"],
    });
    const byId = (records: readonly JsonObject[]): Json => [
      { field: "id" },
      "=",
      records[0]?.["id"] ?? null,
    ];
    const addressed = {
      ...parameters,
      ...(parameters["cond"] === undefined ? {} : { cond: byId(own) }),
      ...(parameters["action_cond"] === undefined ? {} : { action_cond: byId(child) }),
    };
    await client.send(method, pathOf("root", addressed), body);
    expect(sent.length).toBeGreaterThan(1);
    expect(await planErrors(env.DB, sent, "none")).toEqual([]);
  });
});

test("reads along relations reach every table by an index, in the present and the past", async () => {
  const sent: SentStatement[] = [];
  const watched = aroundDatabase(env.DB, async (call, go) => {
    sent.push(...call.statements);
    return go();
  });
  const client = clientOf(appOver(watched), token);
  const prefix = uniquePrefix("flaw");
  await prepare(prefix);
  const [root] = await tableOf(healthy, "root").get({ cond: nameIs(`${prefix}a`) });
  const id: readonly Json[] = [{ field: "id" }, "=", root?.["id"] ?? ""];
  const cond = [...id, "and", { field: "stalk.name" }, "!=", "x"];
  for (const more of [{}, { as_of: root?.["created_at"] ?? "" }]) {
    expect(
      await tableOf(client, "root").get({ cond, outputs: ["stalk.name"], ...more }),
    ).toHaveLength(1);
    expect(
      await tableOf(client, "root").get({ cond, outputs: [{ n: "count(*)" }], ...more }),
    ).toEqual([{ n: 1 }]);
  }
  expect(await planErrors(env.DB, sent, "none")).toEqual([]);
});
