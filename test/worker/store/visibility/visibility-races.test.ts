// Visibility is computed in the batch: with any concurrent writes it equals the result of walking up the tree.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken, callerOf } from "../../../support/fixtures/callers.ts";
import { sequence } from "../../../support/run/clock.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { interleavedDatabase } from "../../../support/databases/interleaved.ts";
import { distantDatabase } from "../../../support/databases/distant.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { compareText } from "../../../../src/query/text.ts";
import { visibilityErrors } from "../../../support/checks/visibility.ts";

let admin: Client;
let reader: Client;
let token: string;

beforeAll(async () => {
  token = await adminToken();
  admin = await adminClient();
  reader = (await callerOf("reader@example.org", "user")).client;
});

const update = (client: Client, identifier: string, members: JsonObject): Promise<Answer> =>
  client.post("/resources/update", { updates: { [identifier]: members } });

/** Two trees of three levels each; one of them has derived and registered resources. */
const plant = async (prefix: string): Promise<void> => {
  const at = (name: string): string => `${prefix}${name}`;
  const resources = ["a", "b"].flatMap((root) => [
    dataset(at(root)),
    { identifier: at(`${root}/1`), payload_type: "study", parent_identifier: at(root) },
    {
      identifier: at(`${root}/1/1`),
      payload_type: "image",
      parent_identifier: at(`${root}/1`),
      modality: "CT",
    },
    dataset(at(`${root}/made`), { derived_from: [at(`${root}/1/1`)], parent_identifier: at(root) }),
  ]);
  await succeed(admin.post("/resources/create", { resources }));
};

/** Writes that change visibility, or what decides it. */
const WRITES: Readonly<Record<string, (client: Client, prefix: string) => Promise<Answer>>> = {
  "a root is restricted": (client, prefix) =>
    update(client, `${prefix}a`, { access_level: "restricted" }),
  "another root is restricted": (client, prefix) =>
    update(client, `${prefix}b`, { access_level: "restricted" }),
  "a child is restricted": (client, prefix) =>
    update(client, `${prefix}a/1`, { access_level: "restricted" }),
  "a child is made public": (client, prefix) =>
    update(client, `${prefix}a/1/1`, { access_level: "public" }),
  "a grandchild moves away": (client, prefix) =>
    update(client, `${prefix}a/1/1`, { parent_identifier: `${prefix}b/1` }),
  "a child moves away": (client, prefix) =>
    update(client, `${prefix}a/1`, { parent_identifier: `${prefix}b` }),
  "another child comes in": (client, prefix) =>
    update(client, `${prefix}b/1`, { parent_identifier: `${prefix}a/1` }),
  "a child becomes a root": (client, prefix) =>
    update(client, `${prefix}a/1`, { parent_identifier: null }),
  "something is made below a grandchild": (client, prefix) =>
    client.post("/resources/create", {
      resources: [
        dataset(`${prefix}n`, {
          parent_identifier: `${prefix}a/1/1`,
          derived_from: [`${prefix}b`],
        }),
        dataset(`${prefix}n/1`, { parent_identifier: `${prefix}n` }),
      ],
    }),
  "something restricted is made below a child": (client, prefix) =>
    client.post("/resources/create", {
      resources: [
        dataset(`${prefix}r`, { parent_identifier: `${prefix}a/1`, access_level: "restricted" }),
        dataset(`${prefix}r/1`, { parent_identifier: `${prefix}r` }),
      ],
    }),
  "something is made below what changes": (client, prefix) =>
    client.post("/resources/update", {
      updates: { [`${prefix}a/1`]: { license: "MIT" }, [`${prefix}b/1`]: { license: "MIT" } },
    }),
  "a child is deleted with what is below it": (client, prefix) =>
    client.post("/resources/delete", { identifiers: [`${prefix}a/1`], cascade: true }),
};

const NAMES = Object.keys(WRITES);

/** Checks that a reader sees exactly the resources that are not restricted, by themselves or an ancestor. */
const expectSeen = async (prefix: string): Promise<void> => {
  const query = { filters: { identifier: { starts_with: prefix } }, limit: 100 };
  const all = (await succeed(admin.post("/query", query))) as { results?: JsonObject[] };
  const rows = new Map((all.results ?? []).map((row) => [row["identifier"], row]));
  const isOpen = (row: JsonObject | undefined): boolean =>
    row === undefined ||
    (row["access_level"] !== "restricted" && isOpen(rows.get(row["parent_identifier"] ?? "")));
  const open = [...rows.values()].filter(isOpen).map((row) => row["identifier"]);
  for (const payload_type of [undefined, "dataset", "image", "study"]) {
    const typed = payload_type === undefined ? {} : { payload_type };
    const seen = (await succeed(reader.post("/query", { ...query, ...typed }))) as {
      results?: JsonObject[];
    };
    const ofType = open.filter(
      (each) =>
        payload_type === undefined || rows.get(each ?? "")?.["payload_type"] === payload_type,
    );
    expect(
      (seen.results ?? []).map((row) => String(row["identifier"])).toSorted(compareText),
    ).toEqual(ofType.map(String).toSorted(compareText));
  }
};

describe.each(NAMES)("while %s", (overtaking) => {
  test.each(NAMES)("%s: visibility equals that of a walk up the tree", async (overtaken) => {
    const prefix = uniquePrefix("race");
    await plant(prefix);
    const database = interleavedDatabase(env.DB, () => {
      const write = WRITES[overtaking];
      return write === undefined ? Promise.resolve() : write(admin, prefix);
    });
    await WRITES[overtaken]?.(clientOf(appOver(database), token), prefix);
    expect(await visibilityErrors(env.DB)).toEqual([]);
    await expectSeen(prefix);
  });
});

test("a grandchild that moves to an open tree while its root is restricted is visible, 40 times", async () => {
  const clients = [0, 1].map(() => clientOf(appOver(distantDatabase(env.DB)), token));
  const [mover = admin, closer = admin] = clients;
  for (let run = 0; run < 40; run += 1) {
    const prefix = uniquePrefix("run");
    await plant(prefix);
    const answers = await Promise.all([
      update(closer, `${prefix}a`, { access_level: "restricted" }),
      update(mover, `${prefix}a/1/1`, { parent_identifier: `${prefix}b/1` }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const identifiers = [`${prefix}a`, `${prefix}a/1`, `${prefix}a/1/1`];
    const seen = (await succeed(
      reader.post("/resources/read", { identifiers }),
    )) as readonly JsonObject[];
    expect(seen.map((row) => row["identifier"])).toEqual([`${prefix}a/1/1`]);
  }
  expect(await visibilityErrors(env.DB)).toEqual([]);
}, 240_000);

test("concurrent changes of separate trees leave the visibility of a walk up the tree", async () => {
  const seed = Math.trunc(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const random = sequence(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const clients = [0, 1, 2, 3].map(() =>
    clientOf(appOver(distantDatabase(env.DB, { millis: 8 })), token),
  );
  for (let round = 0; round < 12; round += 1) {
    const prefix = uniquePrefix("many");
    await plant(prefix);
    await Promise.all(
      clients.map(async (client) => {
        for (let step = 0; step < 5; step += 1) {
          if (random() < 0.3) {
            const level = pick(["internal", "public", "restricted"]);
            const at = pick(["a", "a/1", "a/1/1", "b", "b/1"]);
            await update(client, `${prefix}${at}`, { access_level: level });
          } else {
            await WRITES[pick(NAMES)]?.(client, prefix);
          }
        }
      }),
    );
    expect(await visibilityErrors(env.DB), `seed ${seed}, round ${round}`).toEqual([]);
    await expectSeen(prefix);
  }
}, 240_000);
