// Two worlds, one of them with additional restricted data of another group: the same calls of other
// users, including writes and replays, get the same responses in both.
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { callerOf, setting, workerFetch } from "../../../support/fixtures/callers.ts";
import type { Answer, Client } from "../../../support/clients/http.ts";
import { seedOf, sequence } from "../../../support/run/clock.ts";
import { pick, type Random } from "../../../support/generators/mutations.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { figure } from "../../../support/run/figures.ts";

const SEED = seedOf(setting("FC_SEED"));
const DEEDS = figure("DEEDS");
/** With this many calls, every kind of response occurs. */
const ENOUGH = 400;
const SIZE = 12;

let owner: Caller;
let editor: Caller;

beforeAll(async () => {
  owner = await callerOf("owner@twins.test", "editor");
  editor = await callerOf("editor@twins.test", "editor");
});

/** A world, identified by the prefix of its names. Both prefixes have the same length. */
interface World {
  readonly prefix: string;
  readonly random: Random;
  /** An unused number of this world. */
  readonly fresh: number;
  /** The transaction before the changes of this world. */
  readonly since: string;
}

const SOURCE = "source";

const seen = (number: number): string => `seen-${number}`;
const hidden = (number: number): string => `hidden-${number}`;

/** The visible resources, the same in both worlds. Their owner is not compared: it sees hidden rows below. */
const build = async (prefix: string): Promise<string> => {
  const source = { identifier: `${prefix}${SOURCE}`, payload_type: "datasource", name: "seen" };
  const { client } = owner;
  const answer = await client.post("/resources/create", { resources: [source] });
  expect(answer.status, answer.text).toBe(200);
  const resources = Array.from({ length: 2 * SIZE }, (_, number) =>
    dataset(`${prefix}${seen(number)}`, {
      parent_identifier: number < 2 ? null : `${prefix}${seen(number - 2)}`,
    }),
  );
  await succeed(client.post("/resources/create", { resources }));
  const registration = { datasource_id: source.identifier, external_uid: "seen" };
  await succeed(client.post("/patients/register", registration));
  return String(Number(answer.headers.get("x-transaction")) - 1);
};

/** Hidden data of another group: roots, and resources beside and below visible ones, some changed or deleted. */
const hide = async ({ prefix, random, fresh }: World): Promise<void> => {
  const named = (part: number): string => `${prefix}${hidden(10 * fresh + part)}`;
  const restricted = { access_level: "restricted" };
  const resourcesBelow = (below: string): readonly JsonObject[] => [
    { ...dataset(named(0)), ...restricted },
    { ...dataset(named(1)), parent_identifier: named(0), derived_from: [below] },
    { ...dataset(named(2)), ...restricted, parent_identifier: below },
    { ...dataset(named(3)), ...restricted, derived_from: [named(1)] },
  ];
  const create = (below: string): Promise<Answer> =>
    owner.client.post("/resources/create", { resources: resourcesBelow(below) });
  // The visible parent may have been deleted.
  const made = await create(`${prefix}${seen(Math.floor(random() * 2 * SIZE))}`);
  if (made.status !== 200) await succeed(create(`${prefix}${SOURCE}`));
  const updates = { [named(1)]: { name: "changed" } };
  await succeed(owner.client.post("/resources/update", { updates }));
  await succeed(owner.client.post("/resources/delete", { identifiers: [named(3)] }));
};

type Deed = (client: Client, world: World) => Promise<readonly Answer[]>;

const anySeen = ({ prefix, random }: World): string =>
  `${prefix}${seen(Math.floor(random() * 2 * SIZE))}`;

/** A name of a visible resource, of one that is hidden in one of the worlds, or of none. */
const anyName = (world: World): string => {
  const { prefix, random } = world;
  const number = Math.floor(random() * 50);
  return pick(random, [anySeen(world), `${prefix}${hidden(number)}`, `${prefix}nobody-${number}`]);
};

/** Every page of a read with cursors. */
const pagesOf = async (
  ask: (cursor: string | null) => Promise<Answer>,
  member: string,
): Promise<readonly Answer[]> => {
  const answers: Answer[] = [];
  for (let cursor: string | null = null; ;) {
    const answer = await ask(cursor);
    answers.push(answer);
    const body = answer.body as JsonObject | null;
    const next: Json = body?.[member] ?? null;
    if (typeof next !== "string" || body?.["more"] === false || answers.length > 60) return answers;
    cursor = next;
  }
};

const untilDone = async (ask: () => Promise<Answer>, isOpen: (answer: Answer) => boolean) => {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await ask();
    if (!isOpen(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error("the work does not end");
};

/** A write, and its repetition with the same Idempotency-Key. */
const twice = async (
  send: (key: Readonly<Record<string, string>>) => Promise<Answer>,
  key: string,
) => {
  const headers = { "idempotency-key": key };
  return [await send(headers), await send(headers)];
};

const within = ({ prefix }: World): JsonObject => ({
  filters: { identifier: { starts_with: prefix } },
  sort_by: "identifier",
  sort_order: "asc",
});

const exported: Deed = async (client, world) => {
  const format = pick(world.random, ["ndjson", "csv"]);
  const ordered = await client.post("/exports", { query: within(world), format });
  const path = `/exports/${String((ordered.body as JsonObject | null)?.["id"])}`;
  const done = await untilDone(
    () => client.get(path),
    ({ text }) => /"state":"(pending|running)"/.test(text),
  );
  const url = (done.body as JsonObject)["url"];
  const file = await workerFetch(new Request(String(url)));
  const text = await file.text();
  return [ordered, done, { status: file.status, headers: file.headers, text, body: null }];
};

const later: Deed = async (client, { prefix }) => {
  const query = { field: "_id", regex: `^${prefix}` };
  const body = { query, projection: { field: "*" }, sort: { _id: "$asc" } };
  const started = await client.post("/data/find/dataset", {
    ...body,
    execution: { asynchronous: 0 },
  });
  const handle = String((started.body as JsonObject)["taskHandle"]);
  const done = await untilDone(
    () => client.get(`/data/task/${handle}`),
    ({ status }) => status === 202,
  );
  return [started, done];
};

const DEED_KINDS: readonly Deed[] = [
  (client, { prefix, fresh }) => {
    const item = { datasource_id: `${prefix}${SOURCE}`, external_uid: `uid-${fresh}` };
    return twice((key) => client.post("/patients/register", item, key), `${prefix}${fresh}`);
  },
  async (client, { prefix, random, fresh }) => {
    const scope = { datasource_id: `${prefix}${pick(random, [SOURCE, hidden(fresh), "nowhere"])}` };
    const items = ["seen", `more-${fresh}`].map((uid) => ({ ...scope, external_uid: uid }));
    const flag = pick(random, ["", "?or_resolve=true"]);
    return [
      await client.post(`/patients/register${flag}`, { items }),
      await client.post("/patients/resolve", { items }),
    ];
  },
  (client, world) => {
    const { prefix, fresh, random } = world;
    const name = pick(random, [`${prefix}new-${fresh}`, anySeen(world)]);
    const parent = { parent_identifier: pick(random, [null, anyName(world)]) };
    const members = { ...parent, derived_from: pick(random, [[], [anyName(world)]]) };
    const resources = [dataset(name, members)];
    return twice(
      (key) => client.post("/resources/create", { resources }, key),
      `${prefix}${fresh}`,
    );
  },
  (client, world) => {
    const { prefix, fresh, random } = world;
    const changes = pick<JsonObject>(random, [
      { name: `name-${fresh}` },
      { parent_identifier: anyName(world) },
      { derived_from: [anyName(world)] },
      { rows: "many" },
      { expected_version: 1, name: "again" },
    ]);
    const updates = { [anyName(world)]: changes };
    return twice((key) => client.post("/resources/update", { updates }, key), `${prefix}${fresh}`);
  },
  async (client, world) => {
    const identifiers = [anyName(world)];
    const cascade = world.random() < 0.3;
    return [await client.post("/resources/delete", { identifiers, cascade })];
  },
  async (client, world) => {
    const grant = { identifier: anyName(world), grantee_type: "user", grantee_id: "nobody" };
    const path = `/resources/grants/${pick(world.random, ["create", "delete"])}`;
    return [await client.post(path, { grants: [grant] })];
  },
  async (client, world) => {
    const name = pick(world.random, [`${world.prefix}doc-${world.fresh}`, anySeen(world)]);
    const data = [{ _id: name, name: "document" }];
    const command = pick(world.random, ["insert", "save"]);
    const method = command === "insert" ? "PUT" : "POST";
    return [await client.send(method, `/data/${command}/dataset`, { data, upsert: true })];
  },
  (client, world) => {
    const limit = pick(world.random, [1, 3, 7]);
    const query = { ...within(world), limit };
    return pagesOf(
      (cursor) => client.post("/query", cursor === null ? query : { ...query, cursor }),
      "next_cursor",
    );
  },
  (client, world) => {
    const limit = pick(world.random, [2, 5, 100]);
    return pagesOf(
      (after) => client.get(`/changes?limit=${limit}&after=${after ?? world.since}`),
      "next",
    );
  },
  (client, world) => {
    const identifier = anyName(world);
    return pagesOf(
      (cursor) =>
        client.post("/resources/history", {
          identifier,
          limit: 1,
          ...(cursor === null ? {} : { cursor }),
        }),
      "next_cursor",
    );
  },
  async (client, world) => {
    const name = encodeURIComponent(anyName(world));
    return [
      await client.get(`/lineage/${name}`),
      await client.get(`/parents/${name}`),
      await client.get(`/children?parent_identifier=${name}&with_payloads=true&limit=2`),
    ];
  },
  exported,
  later,
];

/** A response without values that may differ between the worlds: names, instants and transaction numbers. */
const plain = ({ status, headers, text }: Answer, { prefix }: World): string => {
  const isWrite = headers.get("x-transaction") !== null;
  const replayed = headers.get("idempotency-replayed") ?? "";
  const body = text
    .replaceAll(prefix, "twin/")
    .replaceAll(encodeURIComponent(prefix), "twin/")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "uuid")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "instant")
    .replaceAll(/"(session|url|hostname)":"[^"]*"/g, '"$1":""')
    .replaceAll(/"transaction":\d+/g, '"transaction":0')
    .replaceAll(/"id":\d+/g, '"id":0')
    .replaceAll(
      /"(next|next_cursor)":"([^"]*)"/g,
      (_, name: string, opaque: string) => `"${name}":${opaque.length}`,
    );
  return `${status} ${String(isWrite)} ${replayed} ${body}`;
};

const live = async (prefix: string, isTwin: boolean): Promise<readonly string[]> => {
  const since = await build(prefix);
  const responses: string[] = [];
  for (let fresh = 0; fresh < DEEDS; fresh += 1) {
    const world = { prefix, fresh, since };
    if (isTwin && fresh % 4 === 0) await hide({ ...world, random: sequence(SEED - fresh) });
    const random = sequence(SEED + fresh);
    const answers = await pick(random, DEED_KINDS)(editor.client, { ...world, random });
    responses.push(
      [`${fresh}`, ...answers.map((answer) => plain(answer, { ...world, random }))].join("\n"),
    );
  }
  return responses;
};

test(
  `${DEEDS} random writes get the same responses with and without another group's restricted data`,
  { timeout: Math.max(120_000, DEEDS * 2_000) },
  async () => {
    const alone = await live("twin-a/", false);
    const beside = await live("twin-b/", true);
    expect(beside, `seed ${SEED}`).toEqual(alone);
    if (DEEDS < ENOUGH) return;
    const all = alone.join("\n");
    for (const status of ["200 true", "200 true true", "400 ", "403 ", "404 "]) {
      expect(all).toContain(`\n${status}`);
    }
  },
);
