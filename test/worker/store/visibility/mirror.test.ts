import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf, setting } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { seedOf, sequence } from "../../../support/run/clock.ts";
import { keyClient } from "../../../support/clients/keys.ts";
import { pick, type Random } from "../../../support/generators/mutations.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { figure } from "../../../support/run/figures.ts";

const SEED = seedOf(setting("FC_SEED"));
const READS = figure("READS");
const SIZE = 40;

let admin: Client;
let owner: Caller;
let reader: Caller;
/** An API key for patients and datasources only: images are hidden from it too. */
let key: Client;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("owner@example.org", "editor");
  reader = await callerOf("reader@example.org", "user");
  const policies = [{ payload_types: ["patient", "datasource"], actions: ["read"] }];
  key = (await keyClient(admin, policies)).client;
});

const nameOf = (prefix: string, number: number, suffix = ""): string =>
  `${prefix}${String(number).padStart(3, "0")}${suffix}`;

const resource = (identifier: string, random: Random, members: JsonObject): JsonObject => ({
  identifier,
  payload_type: pick(random, ["patient", "image"]),
  ...(random() < 0.7 ? { patient_sex: pick(random, ["F", "M"]) } : {}),
  license: pick(random, ["CC0-1.0", null]),
  ...members,
});

const createEach = async (resources: readonly JsonObject[]): Promise<void> => {
  const half = Math.floor(resources.length / 2);
  for (const part of [resources.slice(0, half), resources.slice(half)]) {
    await succeed(owner.client.post("/resources/create", { resources: part }));
  }
};

const edit = async (identifiers: readonly string[], random: Random): Promise<void> => {
  for (const identifier of identifiers) {
    const updates = { [identifier]: { patient_sex: pick(random, ["O", null]), license: "MIT" } };
    await succeed(owner.client.post("/resources/update", { updates }));
  }
};

/** Visible resources: two datasources with trees below them, corrections, tombstones, registrations. */
const writeVisible = async (prefix: string, random: Random): Promise<void> => {
  const source = { identifier: `${prefix}source`, payload_type: "datasource", name: "seen" };
  await createEach([
    source,
    ...Array.from({ length: SIZE }, (_, number) =>
      resource(nameOf(prefix, number), random, {
        parent_identifier: number < 4 ? null : nameOf(prefix, Math.floor(random() * number)),
        derived_from: number > 9 && random() < 0.3 ? [nameOf(prefix, number - 5)] : [],
      }),
    ),
  ]);
  const registration = { datasource_id: source.identifier, external_uid: "seen" };
  await succeed(owner.client.post("/patients/register", registration));
  await edit(
    [3, 7, 11, 7].map((number) => nameOf(prefix, number)),
    random,
  );
  const identifiers = [nameOf(prefix, 5), nameOf(prefix, SIZE - 1)];
  await succeed(owner.client.post("/resources/delete", { identifiers, cascade: false }));
};

/** Hidden resources of another group between, below and after the visible ones, written later. */
const writeHidden = async (prefix: string, random: Random): Promise<void> => {
  const restricted = { access_level: "restricted" };
  const source = { identifier: `${prefix}hidden`, payload_type: "datasource", name: "hidden" };
  await createEach([
    { ...source, ...restricted },
    ...Array.from({ length: SIZE }, (_, number) => {
      const isTop = random() < 0.5;
      const parent = isTop
        ? nameOf(prefix, number % 4)
        : nameOf(prefix, Math.max(0, number - 1), "h");
      return resource(nameOf(prefix, number, "h"), random, {
        ...(number === 0 || isTop ? restricted : {}),
        parent_identifier: number === 0 ? null : parent,
        derived_from: [nameOf(prefix, number % 4)],
      });
    }),
  ]);
  const registration = { datasource_id: source.identifier, external_uid: "hidden" };
  await succeed(owner.client.post("/patients/register", registration));
  await edit(
    [2, 8].map((number) => nameOf(prefix, number, "h")),
    random,
  );
  const identifiers = [nameOf(prefix, SIZE - 1, "h")];
  await succeed(owner.client.post("/resources/delete", { identifiers }));
};

type Ask = (client: Client) => Promise<Answer>;

interface ReadContext {
  readonly prefix: string;
  readonly random: Random;
  readonly instants: readonly string[];
  readonly transactions: number;
}

const anyName = ({ prefix, random }: ReadContext): string => {
  const number = Math.floor(random() * (SIZE + 3));
  return nameOf(prefix, number, pick(random, ["", "", "h"]));
};

const anyFilter = (context: ReadContext): JsonObject =>
  pick<JsonObject>(context.random, [
    {},
    { patient_sex: "F" },
    { patient_sex: null },
    { license: { ne: "MIT" } },
    { version: { gte: 2 } },
    { identifier: { gt: anyName(context) } },
    { not: { patient_sex: { in: ["F", "M"] } } },
    { or: [{ license: null }, { identifier: { regex: "[0-4]h?$" } }] },
  ]);

const anyQuery = (context: ReadContext): JsonObject => {
  const { random, prefix } = context;
  return {
    filters: { and: [{ identifier: { starts_with: prefix } }, anyFilter(context)] },
    ...(random() < 0.7 ? { payload_type: "patient" } : { payload_type: ["patient", "image"] }),
    sort_by: pick(random, ["created_at", "identifier", "patient_sex", "version"]),
    sort_order: pick(random, ["asc", "desc"]),
    ...(random() < 0.4 ? { parent_identifier: anyName(context) } : {}),
    ...(random() < 0.5 ? { include_indirect_parents: true } : {}),
    ...(random() < 0.2 ? { identifiers: [anyName(context), anyName(context)] } : {}),
    ...(random() < 0.5 ? { limit: pick(random, [1, 3, 10]) } : {}),
    ...(random() < 0.3 ? { select_columns: ["children", "derived_from"] } : {}),
  };
};

const queryText = (members: Readonly<Record<string, string>>): string =>
  `?${new URLSearchParams(members).toString()}`;

const makeRead = (context: ReadContext): Ask => {
  const { random } = context;
  const as_of = random() < 0.5 ? { as_of: pick(random, context.instants) } : {};
  const identifier = anyName(context);
  const identifiers = Array.from({ length: 6 }, () => anyName(context));
  const query = { ...anyQuery(context), ...as_of };
  const uid = pick(random, ["seen", "hidden"]);
  const registration = { datasource_id: `${context.prefix}${pick(random, ["source", "hidden"])}` };
  return pick<Ask>(random, [
    (client) => client.post("/resources/read", { identifiers, ...as_of }),
    (client) => client.post("/query", query),
    (client) => client.post("/query", query),
    (client) => client.post("/query", query),
    (client) => client.post("/query/count", query),
    (client) => client.post("/query/count", query),
    (client) => client.post("/resources/history", { identifier, ...as_of }),
    (client) => client.post("/resources/diff", { identifier, from: 1, to: 2, ...as_of }),
    (client) => client.post("/patients/resolve", { ...registration, external_uid: uid }),
    (client) =>
      client.get(`/transactions/${1 + Math.floor(context.transactions * (1 + uid.length / 9))}`),
    (client) => client.get(`/changes?limit=10000&after=${context.transactions - 5}`),
    (client) => {
      const after = context.transactions - Math.floor(uid.length * 2);
      return client.get(`/changes?limit=${identifier.length % 4 || 1}&after=${after}`);
    },
    (client) => client.get("/schemas"),
    (client) => client.get(`/parents/${encodeURIComponent(identifier)}${queryText(as_of)}`),
    (client) => client.get(`/lineage/${encodeURIComponent(identifier)}${queryText(as_of)}`),
    (client) => {
      const page = { parent_identifier: identifier, with_payloads: "true", limit: "3", ...as_of };
      return client.get(`/children${queryText(page)}`);
    },
    (client) => client.post("/resources/grants/read", { identifiers, ...as_of }),
    (client) => client.get(`/datasources/stats${queryText(as_of)}`),
    (client) => {
      const { datasource_id } = registration;
      return client.get(`/datasources/detailed-stats${queryText({ ...as_of, datasource_id })}`);
    },
  ]);
};

const lastTransaction = async (identifier: string): Promise<{ id: number; instant: string }> => {
  const versions = (await succeed(
    admin.post("/resources/history", { identifier }),
  )) as unknown as readonly { transaction: { id: number; instant: string } }[];
  return versions.at(-1)?.transaction ?? { id: 0, instant: "" };
};

/** A response without its request id, with opaque strings replaced by their length. */
const textOf = ({ status, text }: Answer): string =>
  `${status} ${text}`
    .replace(/"request_id":"[^"]*"/, '"request_id":""')
    .replace(/"(next|next_cursor)":"([^"]*)"/, (_, name: string, opaque: string) => {
      return `"${name}":${opaque.length}`;
    });

test(
  `${READS} random reads get the same bytes with and without another group's restricted data`,
  { timeout: Math.max(120_000, READS * 200) },
  async () => {
    const random = sequence(SEED);
    const prefix = uniquePrefix("mirror");
    await writeVisible(prefix, random);
    const ends = await Promise.all(
      [0, 3, 7, SIZE - 1].map((number) => lastTransaction(nameOf(prefix, number))),
    );
    const context: ReadContext = {
      prefix,
      random,
      instants: ends.map(({ instant }) => instant),
      transactions: Math.max(...ends.map(({ id }) => id)),
    };
    const reads = Array.from({ length: READS }, () => makeRead(context));
    const answers = async (): Promise<readonly string[]> => {
      const texts: string[] = [];
      for (const read of reads) texts.push(textOf(await read(reader.client)));
      for (const read of reads.slice(0, READS / 3)) texts.push(textOf(await read(key)));
      return texts;
    };
    const alone = await answers();
    await writeHidden(prefix, random);
    const beside = await answers();
    expect(beside, `seed ${SEED}`).toEqual(alone);
    const whole: Json = await succeed(
      admin.post("/query/count", { filters: { identifier: { starts_with: prefix } } }),
    );
    expect((whole as JsonObject)["count"]).toBe(2 * SIZE + 1);
    const good = alone.filter((text) => text.startsWith("200 ")).length;
    expect(good).toBeGreaterThan(READS / 2);
  },
);
