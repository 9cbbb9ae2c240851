// After random writes the references equal those of the versions, at every transaction and for every key.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { adminClient, callerOf, registerType, setting } from "../../support/fixtures/callers.ts";
import { uniquePrefix, type Client } from "../../support/clients/http.ts";
import { seedOf, sequence } from "../../support/run/clock.ts";
import { succeed } from "../../support/fixtures/restricted-tree.ts";
import { download, statusOf, upload } from "../../support/fixtures/uploads.ts";
import { figure } from "../../support/run/figures.ts";

const HISTORIES = Math.max(1, Math.round(figure("OBJECT_HISTORIES") / 20));
const STEPS = 25;

let owner: Client;
let reader: Client;
let keys: readonly string[] = [];

beforeAll(async () => {
  const admin = await adminClient();
  owner = (await callerOf("histories-owner@example.org", "editor")).client;
  reader = (await callerOf("histories-reader@example.org", "user")).client;
  await registerType(admin, "stack_of_scans", {
    type: "object",
    properties: {
      cover: { type: "string", "x-object-reference": true },
      scans: { type: "array", items: { type: "string" }, "x-object-reference": true },
      note: { type: "string" },
    },
  });
  keys = [await upload(owner, "1"), await upload(owner, "2"), await upload(owner, "3")];
});

/** A reference: resource, field and key. */
const nameOf = (identifier: string, field: string, key: string): string =>
  `${identifier} ${field} ${key}`;

interface Version {
  readonly identifier: string;
  readonly is_deleted: number;
  readonly access_level: string;
  readonly payload: string;
}

const FIELDS = ["s3_path", "cover", "scans"];

const keyOf = (path: Json): string => String(path).replace("s3://vxdata/", "");

/** The references of versions, computed from their payloads. */
const expected = (versions: readonly Version[]): readonly string[] =>
  versions
    .filter((version) => version.is_deleted === 0)
    .flatMap(({ identifier, payload }) => {
      const members = JSON.parse(payload) as JsonObject;
      return FIELDS.flatMap((field) => {
        const value = members[field] ?? [];
        const paths = (Array.isArray(value) ? value : [value]) as readonly Json[];
        const own = new Set(paths.map(keyOf).filter((key) => keys.includes(key)));
        return [...own].map((key) => nameOf(identifier, field, key));
      });
    })
    .toSorted();

const rowsOf = async (statement: string, ...values: readonly (string | number)[]) =>
  (
    await env.DB.prepare(statement)
      .bind(...values)
      .all()
  ).results;

/** The versions of a transaction. */
const versionsAt = (prefix: string, transaction: number) =>
  rowsOf(
    `SELECT identifier, is_deleted, access_level, payload FROM resources
       WHERE identifier >= ?1 AND identifier < ?1 || '~' AND tx_from <= ?2
     UNION ALL
     SELECT identifier, is_deleted, access_level, payload FROM history
       WHERE identifier >= ?1 AND identifier < ?1 || '~' AND tx_from <= ?2 AND tx_to > ?2`,
    prefix,
    transaction,
  ) as unknown as Promise<readonly Version[]>;

const recordedAt = async (prefix: string, transaction: number): Promise<readonly string[]> => {
  const rows = await rowsOf(
    `SELECT r.identifier, o.field, o.path FROM object_references o
     JOIN resources r ON r.rid = o.rid
     WHERE r.identifier >= ?1 AND r.identifier < ?1 || '~' AND o.tx_from <= ?2
       AND (o.tx_to IS NULL OR o.tx_to > ?2)`,
    prefix,
    transaction,
  );
  return rows
    .map((row) => nameOf(String(row["identifier"]), String(row["field"]), String(row["path"])))
    .toSorted();
};

/** Runs one random history of a few resources. A refused write changes nothing. */
const live = async (prefix: string, random: () => number): Promise<void> => {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const path = (): Json => {
    const key = pick(keys);
    return pick<Json>([key, `s3://vxdata/${key}`, "s3://elsewhere/x", "not//a key"]);
  };
  const members = (type: string): JsonObject => {
    if (type === "table") return random() < 0.7 ? { s3_path: path() } : { name: "n" };
    const scans = Array.from({ length: Math.floor(random() * 4) }, path);
    return pick<JsonObject>([{ cover: path() }, { scans }, { cover: null }, { note: "n" }]);
  };
  const typeOf = (name: string): string => (name.endsWith("t") ? "table" : "stack_of_scans");
  const names = ["at", "bt", "as", "bs"].map((name) => `${prefix}${name}`);
  const created = names.map((identifier) => ({
    identifier,
    payload_type: typeOf(identifier),
    s3_path: "s3://elsewhere/x",
    ...members(typeOf(identifier)),
  }));
  const fitting = created.map(({ s3_path, ...rest }) =>
    rest.payload_type === "table" ? { s3_path, ...rest } : rest,
  );
  await succeed(owner.post("/resources/create", { resources: fitting as unknown as Json }));
  for (let step = 0; step < STEPS; step += 1) {
    const some = names.filter(() => random() < 0.5);
    const change = (name: string): JsonObject => ({
      ...members(typeOf(name)),
      ...pick<JsonObject>([
        {},
        {},
        { is_deleted: false },
        { is_deleted: true },
        { access_level: pick(["restricted", "internal", "public"]) },
      ]),
    });
    const updates = Object.fromEntries(some.map((name) => [name, change(name)]));
    await (random() < 0.2
      ? owner.post("/resources/delete", { identifiers: some })
      : owner.post("/resources/update", { updates }));
  }
};

test("references equal what versions name, and open what they should, at every transaction", async () => {
  const seed = seedOf(setting("FC_SEED"));
  const random = sequence(seed);
  for (let history = 0; history < HISTORIES; history += 1) {
    const prefix = uniquePrefix("lives");
    await live(prefix, random);
    const transactions = await rowsOf("SELECT id, recorded_at FROM transactions ORDER BY id DESC");
    const current = await versionsAt(prefix, Number.MAX_SAFE_INTEGER);
    const shut = new Set(
      current.filter((each) => each.access_level === "restricted").map((each) => each.identifier),
    );
    for (const { id, recorded_at: instant } of transactions.slice(0, STEPS)) {
      const wanted = expected(await versionsAt(prefix, Number(id)));
      const place = `seed ${seed}, history ${history}, transaction ${String(id)}`;
      expect(await recordedAt(prefix, Number(id)), place).toEqual(wanted);
      if (random() < 0.7) continue;
      const as_of = new Date(Number(instant) / 1_000)
        .toISOString()
        .replace(/\.\d+Z$/, `.${String(Number(instant) % 1_000_000).padStart(6, "0")}Z`);
      for (const key of keys) {
        // Earlier histories name the same objects, so their references count too.
        const others = await rowsOf(
          `SELECT 1 FROM object_references o JOIN resources r ON r.rid = o.rid
           WHERE o.path = ?1 AND o.tx_from <= ?2 AND (o.tx_to IS NULL OR o.tx_to > ?2)
             AND r.access_level <> 'restricted' AND NOT (r.identifier >= ?3
             AND r.identifier < ?3 || '~') LIMIT 1`,
          key,
          Number(id),
          prefix,
        );
        const isOpen =
          others.length > 0 ||
          wanted.some((name) => name.endsWith(key) && !shut.has(name.split(" ")[0] ?? ""));
        expect(await statusOf(download(reader, key, { as_of })), place).toBe(isOpen ? 200 : 404);
      }
    }
  }
});
