// A read as of an instant always gives the same response, with concurrent writes and skewed clocks.
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { formatInstant, parseInstant } from "../../../../src/model/time.ts";
import { appOver } from "../../../support/servers/app.ts";
import {
  adminClient,
  adminToken,
  callerOf,
  setting,
  workerFetch,
} from "../../../support/fixtures/callers.ts";
import {
  clientOf,
  login,
  uniquePrefix,
  type Answer,
  type Client,
} from "../../../support/clients/http.ts";
import { seedOf, sequence, turnClock, type TurnedClock } from "../../../support/run/clock.ts";
import { interleavedDatabase } from "../../../support/databases/interleaved.ts";
import { distantDatabase } from "../../../support/databases/distant.ts";
import { dataset, readOne, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { turnedDatabase } from "../../../support/databases/shifted-clock.ts";

const SEED = seedOf(setting("FC_SEED"));
const WRITERS = 6;
const WRITES = 15;
const READERS = 4;

let admin: Client;
let clock: TurnedClock | undefined;

beforeAll(async () => {
  admin = await adminClient();
});

afterEach(() => {
  clock?.restore();
  clock = undefined;
});

const overDatabase = async (database: D1Database): Promise<Client> =>
  clientOf(appOver(database), await adminToken());

const nowText = (): string => formatInstant(Date.now() * 1_000);

const create = async (identifiers: readonly string[], members: JsonObject = {}): Promise<Json> =>
  succeed(
    admin.post("/resources/create", {
      resources: identifiers.map((identifier) => dataset(identifier, members)),
    }),
  );

const rename = (client: Client, identifier: string, name: string): Promise<Answer> =>
  client.post("/resources/update", { updates: { [identifier]: { name } } });

/** The requests as of an instant. */
const requestsOf = (
  prefix: string,
): readonly ((client: Client, as_of: string) => Promise<Answer>)[] => {
  const filters = { identifier: { starts_with: prefix } };
  return [
    (client, as_of) => client.post("/query", { filters, as_of }),
    (client, as_of) => client.post("/query", { filters: { name: { regex: "7" } }, as_of }),
    (client, as_of) => client.post("/query/count", { filters: { ...filters, version: 2 }, as_of }),
    (client, as_of) => client.post("/resources/history", { identifier: `${prefix}0`, as_of }),
    (client, as_of) => client.get(`/children?parent_identifier=${prefix}0&as_of=${as_of}`),
    (client, as_of) => client.get(`/changes?limit=10000&as_of=${as_of}`),
  ];
};

/** A response without cursors: they are encrypted with a new nonce in each response. */
const withoutPositions = (text = ""): string => text.replace(/"next(?:_cursor)?":"[^"]*"/, "");

test(
  `reads as of now, made during ${WRITERS * WRITES} writes and again after them, are the same`,
  { timeout: 180_000 },
  async () => {
    const random = sequence(SEED);
    const prefix = uniquePrefix("past");
    const names = Array.from({ length: WRITERS }, (_, at) => `${prefix}${at}`);
    await create(names);
    const distant = await overDatabase(distantDatabase(env.DB, { seed: SEED }));
    const questions = requestsOf(prefix);
    const answered: { readonly as_of: string; readonly at: number; readonly text: string }[] = [];
    let writing = WRITERS;
    const writers = names.map(async (name) => {
      for (let count = 0; count < WRITES; count += 1) {
        await rename(distant, name, `${count}`);
        const identifier = `${prefix}${name.slice(prefix.length)}-${count}`;
        const below = { ...dataset(identifier), parent_identifier: `${prefix}0` };
        await distant.post("/resources/create", { resources: [below] });
      }
      writing -= 1;
    });
    const readers = Array.from({ length: READERS }, async () => {
      while (writing > 0) {
        const at = Math.floor(random() * questions.length);
        const as_of = nowText();
        const answer = await questions[at]?.(distant, as_of);
        expect(answer?.status, answer?.text).toBe(200);
        answered.push({ as_of, at, text: withoutPositions(answer?.text) });
      }
    });
    await Promise.all([...writers, ...readers]);
    expect(answered.length).toBeGreaterThan(50);
    const fresh = await overDatabase(env.DB);
    const differing: string[] = [];
    for (const { as_of, at, text } of answered) {
      const again = withoutPositions((await questions[at]?.(fresh, as_of))?.text);
      if (again !== text) differing.push(`${at} ${as_of}`);
    }
    expect(differing, `of ${answered.length}, seed ${SEED}`).toEqual([]);
  },
);

describe("between the plan of a write and its commit", () => {
  /** Reads as of now between the two, and again after the commit. */
  const askAround = async (
    ask: (as_of: string) => Promise<Answer>,
    write: (client: Client) => Promise<Answer>,
  ): Promise<readonly [string, string]> => {
    let as_of = "";
    let before = "";
    const database = interleavedDatabase(env.DB, async () => {
      as_of = nowText();
      const first = await ask(as_of);
      expect(first.status, first.text).toBe(200);
      before = first.text;
    });
    const answer = await write(await overDatabase(database));
    expect(answer.status, answer.text).toBeLessThan(300);
    expect(before).not.toBe("");
    return [before, (await ask(as_of)).text];
  };

  test("a read as of an instant returns the same resources for ever", async () => {
    const name = `${uniquePrefix("between")}a`;
    await create([name]);
    const [before, after] = await askAround(
      (as_of) => admin.post("/resources/read", { identifiers: [name], as_of }),
      (client) => rename(client, name, "changed"),
    );
    expect(after).toBe(before);
  });

  test("a read as of an instant returns the same payload types for ever", async () => {
    const body = { version: "1.0.0", json_schema: { type: "object", properties: {} } };
    const [before, after] = await askAround(
      (as_of) => admin.get(`/schemas?as_of=${as_of}`),
      (client) => client.put("/schemas/between", body),
    );
    expect(after).toBe(before);
  });

  test("a read as of an instant returns the same audit for ever", async () => {
    const name = `${uniquePrefix("between")}a`;
    await create([name], { access_level: "restricted" });
    const [before, after] = await askAround(
      (as_of) => admin.get(`/admin/transactions?limit=1000&as_of=${as_of}`),
      (client) => client.post("/resources/read", { identifiers: [name] }),
    );
    expect(after).toBe(before);
  });
});

describe("an instant that has not passed yet", () => {
  const inMillis = (millis: number): string => formatInstant((Date.now() + millis) * 1_000);

  test("is waited for while it is near, and includes what is written until then", async () => {
    const name = `${uniquePrefix("near")}a`;
    await create([name]);
    const as_of = inMillis(1_500);
    const first = readOne(admin, name, as_of);
    await succeed(rename(admin, name, "meanwhile"));
    const { updated_at } = await readOne(admin, name);
    const shown = await first;
    // Instants as strings sort like instants.
    expect(shown["name"]).toBe(String(updated_at) <= as_of ? "meanwhile" : name);
    await succeed(rename(admin, name, "later"));
    expect(await readOne(admin, name, as_of)).toEqual(shown);
  });

  test("is refused further ahead", async () => {
    for (const body of [{ identifiers: [] }, { identifiers: ["a"] }]) {
      const answer = await admin.post("/resources/read", { ...body, as_of: inMillis(10_000) });
      expect([answer.status, (answer.body as JsonObject)["code"]]).toEqual([400, "invalid_as_of"]);
    }
  });
});

const HOUR_MILLIS = 3_600_000;

test("the clock of an isolate has no influence on the instants of writes", async () => {
  const name = `${uniquePrefix("isolate")}a`;
  await create([name]);
  const start = Date.now();
  clock = turnClock(start);
  for (const offset of [HOUR_MILLIS, -HOUR_MILLIS]) {
    clock.turn(offset);
    // Tokens contain times: each clock needs its own.
    const client = await adminClient();
    await succeed(rename(client, name, `${offset}`));
    const shown = await readOne(client, name);
    const recorded = (parseInstant(String(shown["updated_at"])) ?? 0) / 1_000;
    expect(Math.abs(recorded - start)).toBeLessThan(HOUR_MILLIS / 2);
    expect(await readOne(client, name, String(shown["updated_at"]))).toEqual(shown);
  }
});

test("a database clock that is set back neither stops writes nor makes instants decrease", async () => {
  const { database, turn } = turnedDatabase(env.DB);
  const client = await overDatabase(database);
  const name = `${uniquePrefix("back")}a`;
  await create([name]);
  const versions: JsonObject[] = [];
  for (const seconds of [0, 5, 1, 0]) {
    turn(seconds);
    await succeed(rename(client, name, `${seconds} ${versions.length}`));
    versions.push(await readOne(client, name));
  }
  const instants = versions.map((version) => String(version["updated_at"]));
  expect(instants).toEqual([...new Set(instants)].toSorted());
  for (const version of versions) {
    expect(await readOne(client, name, String(version["updated_at"]))).toEqual(version);
  }
});

test("responses cached for a former admin are not returned to an admin", async () => {
  const name = `${uniquePrefix("demoted")}a`;
  await create([name], { access_level: "restricted" });
  const shown = await readOne(admin, name);
  const email = "demoted@example.org";
  const { actor } = await callerOf(email, "editor");
  const setRole = (role: string): Promise<unknown> =>
    env.DB.prepare("UPDATE users SET role = ? WHERE id = ?")
      .bind(role, actor.id.slice("user:".length))
      .run();
  await setRole("admin");
  const token = await login(workerFetch, email, "correct horse battery");
  await setRole("user");
  const app = appOver(env.DB);
  const as_of = String(shown["updated_at"]);
  expect(await readOne(clientOf(app, token), name, as_of)).toEqual({});
  expect(await readOne(clientOf(app, await adminToken()), name, as_of)).toEqual(shown);
});

test("a long poll returns what is written while it waits", async () => {
  let position = "0";
  for (;;) {
    const page = (await succeed(admin.get(`/changes?limit=10000&after=${position}`))) as JsonObject;
    if ((page["changes"] as Json[]).length === 0) break;
    position = String(page["next"]);
  }
  const polled = admin.get(`/changes?after=${position}&wait=20`);
  const name = `${uniquePrefix("poll")}a`;
  // The poll has read once before this write, or finds it at once.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await succeed(admin.post("/resources/create", { resources: [dataset(name)] }));
  const { changes } = (await succeed(polled)) as JsonObject;
  expect((changes as JsonObject[]).map((change) => change["identifier"])).toEqual([name]);
});
