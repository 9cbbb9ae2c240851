// Concurrent callers link, unlink, change and delete the same records; the invariants hold.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient, setting } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { byId, define, pathOf, tableOf } from "../../../support/clients/datasets.ts";
import { named, parts } from "../../../support/fixtures/relations.ts";
import { idsOf } from "../../../support/fixtures/scan-datasets.ts";

const SEED = seedOf(setting("FC_SEED"));
const ROUNDS = 12;
const AT_ONCE = 6;

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
  await define(admin, "leaf", named(["name"]));
  await define(admin, "twig", named(["name"], [{ dataset: "leaf", cardinality: "many-to-many" }]));
  await define(admin, "bough", named(["name"], [{ dataset: "twig", cardinality: "one-to-many" }]));
});

const count = async (sql: string): Promise<number> =>
  (await env.DB.prepare(sql).first<number>("n")) ?? 0;

const LINKS = "e.kind IN ('bough.twig', 'twig.leaf')";

/** Rows that must never exist. */
const INVARIANTS: Readonly<Record<string, string>> = {
  "an open link has two live ends": `SELECT count(*) AS n FROM edges e
    JOIN resources r ON r.identifier IN (e.source, e.target)
    WHERE ${LINKS} AND e.tx_to IS NULL AND r.is_deleted = 1`,
  "a twig has one bough": `SELECT count(*) AS n FROM (SELECT 1 FROM edges e
    WHERE e.kind = 'bough.twig' AND e.tx_to IS NULL GROUP BY e.target HAVING count(*) > 1)`,
  "a pair is linked once": `SELECT count(*) AS n FROM (SELECT 1 FROM edges e
    WHERE ${LINKS} AND e.tx_to IS NULL GROUP BY e.kind, e.source, e.target HAVING count(*) > 1)`,
  "links of a pair do not overlap": `SELECT count(*) AS n FROM edges e JOIN edges o
    ON o.kind = e.kind AND o.source = e.source AND o.target = e.target AND o.tx_from > e.tx_from
    WHERE ${LINKS} AND (e.tx_to IS NULL OR e.tx_to > o.tx_from)`,
  "a link ends after it began": `SELECT count(*) AS n FROM edges e WHERE ${LINKS} AND e.tx_to <= e.tx_from`,
  "a link is of one relation": `SELECT count(*) AS n FROM edges e
    JOIN resources s ON s.identifier = e.source JOIN resources t ON t.identifier = e.target
    WHERE ${LINKS} AND e.kind <> s.payload_type || '.' || t.payload_type`,
};

type Act = (ids: Readonly<Record<"bough" | "twig" | "leaf", readonly Json[]>>) => Promise<number>;

const send = async (method: string, dataset: string, parameters: JsonObject, body?: Json) =>
  (await admin.send(method, pathOf(dataset, parameters), body)).status;

const act: fc.Arbitrary<Act> = fc
  .tuple(
    fc.constantFrom("attach", "detach", "rename", "delete", "insert"),
    fc.boolean(),
    fc.nat(3),
    fc.nat(3),
  )
  .map(([word, high, one, other]): Act => async (ids) => {
    const [parent, child] = high ? (["bough", "twig"] as const) : (["twig", "leaf"] as const);
    const cond = byId(ids[parent][one] ?? "");
    if (word === "insert") {
      return send(
        "POST",
        "bough",
        {},
        { name: "new", twig: [{ name: "t", leaf: parts(["l"]) as Json }] },
      );
    }
    if (word === "rename") return send("PATCH", parent, { cond }, { name: `n${other}` });
    if (word === "delete") return send("DELETE", parent, { cond });
    const action_cond = byId(ids[child][other] ?? "");
    return send("PUT", parent, { cond, action: word, action_resource: child, action_cond }, {});
  });

test("links stay consistent under concurrent writes", { timeout: 60_000 }, async () => {
  const statuses = new Set<number>();
  const rounds = fc.sample(fc.array(act, { minLength: AT_ONCE, maxLength: AT_ONCE }), {
    numRuns: ROUNDS,
    seed: SEED,
  });
  for (const acts of rounds) {
    const four = parts(["a", "b", "c", "d"]) as Json;
    const ids = {
      bough: idsOf(await tableOf(admin, "bough").post(four)),
      twig: idsOf(await tableOf(admin, "twig").post(four)),
      leaf: idsOf(await tableOf(admin, "leaf").post(four)),
    };
    for (const status of await Promise.all(acts.map((each) => each(ids)))) statuses.add(status);
    for (const [rule, sql] of Object.entries(INVARIANTS)) {
      expect(await count(sql), `${rule}, seed ${SEED}`).toBe(0);
    }
  }
  expect([...statuses].filter((status) => ![200, 201, 400, 409].includes(status))).toEqual([]);
});

test("a write that only links is a transaction of its own, and the feed continues", async () => {
  const [bough] = idsOf(await tableOf(admin, "bough").post({ name: "x" }));
  const [twig] = idsOf(await tableOf(admin, "twig").post({ name: "y" }));
  const link = {
    cond: byId(bough ?? ""),
    action: "attach",
    action_resource: "twig",
    action_cond: byId(twig ?? ""),
  };
  const answer = await admin.send("PUT", pathOf("bough", link), {});
  const transaction = answer.headers.get("x-transaction");
  expect(Number(transaction)).toBeGreaterThan(0);
  const audit = (await admin.get("/admin/transactions?limit=1")).body as {
    readonly transactions: readonly JsonObject[];
  };
  expect(audit.transactions[0]).toMatchObject({
    surface: "datasets",
    operation: "attach",
    resources: 0,
  });
  const feed = await admin.get(`/changes?after=${Number(transaction) - 1}&limit=5`);
  expect(feed.status).toBe(200);
  const again = await admin.send("PUT", pathOf("bough", link), {});
  expect(again.headers.get("x-transaction")).toBeNull();
});
