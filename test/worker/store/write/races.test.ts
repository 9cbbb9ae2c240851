import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import {
  adminClient,
  adminToken,
  callerOf,
  registerType,
} from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { interleavedDatabase } from "../../../support/databases/interleaved.ts";

const ROUNDS = 12;

let token: string;
let admin: Client;
let editor: Client;
let reader: Client;

beforeAll(async () => {
  token = await adminToken();
  admin = await adminClient();
  editor = (await callerOf("race-editor@example.org", "editor")).client;
  reader = (await callerOf("race-reader@example.org", "user")).client;
  await registerType(admin, "runner", { type: "object", properties: { lap: { type: "integer" } } });
});

const runner = (identifier: string, members: JsonObject = {}): JsonObject => ({
  identifier,
  payload_type: "runner",
  ...members,
});

const create = (by: Client, ...resources: readonly JsonObject[]): Promise<Answer> =>
  by.post("/resources/create", { resources });

const update = (by: Client, updates: JsonObject): Promise<Answer> =>
  by.post("/resources/update", { updates });

const read = async (
  by: Client,
  ...identifiers: readonly string[]
): Promise<readonly JsonObject[]> =>
  (await by.post("/resources/read", { identifiers })).body as readonly JsonObject[];

const codeOf = (answer: Answer): Json =>
  answer.status === 200 ? 200 : ((answer.body as JsonObject)["code"] ?? null);

const expectOnly = (answers: readonly Answer[], ...allowed: readonly Json[]): void => {
  const others = answers.map(codeOf).filter((code) => !allowed.includes(code));
  expect(others).toEqual([]);
};

const rounds = async (play: (prefix: string) => Promise<void>): Promise<void> => {
  for (let round = 0; round < ROUNDS; round += 1) await play(uniquePrefix("race"));
};

/** An admin whose next write is overtaken: `happen` runs between its plan and its batch. */
const overtaken = (happen: () => Promise<Answer>): Client => {
  const database = interleavedDatabase(env.DB, async () => {
    const answer = await happen();
    expect(answer.status, answer.text).toBe(200);
  });
  return clientOf(appOver(database), token);
};

const threeNames = (prefix: string): readonly [string, string, string] => [
  `${prefix}a`,
  `${prefix}b`,
  `${prefix}c`,
];

test.each(["internal", "restricted", "public"])(
  "an %s child that is created while its parent's subtree is deleted is deleted too",
  async (level) => {
    const [parent, old, child] = threeNames(uniquePrefix("race"));
    await create(admin, runner(parent), runner(old, { parent_identifier: parent }));
    const place = { parent_identifier: old, access_level: level };
    const slow = overtaken(() => create(admin, runner(child, place)));
    const answer = await slow.post("/resources/delete", { identifiers: [parent] });
    expect(answer.body, answer.text).toEqual({ deleted: 3 });
    expect(await read(admin, parent, old, child)).toEqual([]);
  },
);

test("a child is not created below a parent that was deleted meanwhile", async () => {
  const [parent, child] = threeNames(uniquePrefix("race"));
  await create(admin, runner(parent));
  const slow = overtaken(() => admin.post("/resources/delete", { identifiers: [parent] }));
  const answer = await create(slow, runner(child, { parent_identifier: parent }));
  expect(codeOf(answer)).toBe("missing_reference");
});

test("a resource is not restored below a parent that was deleted meanwhile", async () => {
  const [parent, child] = threeNames(uniquePrefix("race"));
  await create(admin, runner(parent), runner(child, { parent_identifier: parent }));
  await admin.post("/resources/delete", { identifiers: [child] });
  const slow = overtaken(() => admin.post("/resources/delete", { identifiers: [parent] }));
  const answer = await update(slow, { [child]: { is_deleted: false } });
  expect(codeOf(answer)).toBe("missing_reference");
});

test("moves that are valid each never make a cycle together", async () => {
  const [a, b, c] = threeNames(uniquePrefix("race"));
  await create(admin, runner(a), runner(b), runner(c, { parent_identifier: b }));
  const slow = overtaken(() => update(admin, { [b]: { parent_identifier: a } }));
  const answer = await update(slow, { [a]: { parent_identifier: c } });
  expect(codeOf(answer)).toBe("cycle");
});

test("derivations that are valid each never make a cycle together", async () => {
  const [a, b, c] = threeNames(uniquePrefix("race"));
  await create(admin, runner(a), runner(b), runner(c, { derived_from: [b] }));
  const slow = overtaken(() => update(admin, { [b]: { derived_from: [a] } }));
  const answer = await update(slow, { [a]: { derived_from: [c] } });
  expect(codeOf(answer)).toBe("cycle");
});

test("a resource created below one that becomes restricted meanwhile is hidden with it", async () => {
  const [top, middle, leaf] = threeNames(uniquePrefix("race"));
  const moved = `${leaf}-moved`;
  await create(admin, runner(top), runner(middle, { parent_identifier: top }), runner(moved));
  const restrict = (): Promise<Answer> => update(admin, { [top]: { access_level: "restricted" } });
  const open = (): Promise<Answer> => update(admin, { [top]: { access_level: "internal" } });
  const place = { parent_identifier: middle };
  expect(codeOf(await create(overtaken(restrict), runner(leaf, place)))).toBe(200);
  expect(await read(reader, top, middle, leaf)).toEqual([]);
  expect(codeOf(await update(overtaken(open), { [moved]: place }))).toBe(200);
  expect(await read(reader, top, middle, leaf, moved)).toHaveLength(4);
  const slow = overtaken(() => create(admin, runner(`${leaf}-2`, { parent_identifier: leaf })));
  expect(codeOf(await update(slow, { [top]: { access_level: "restricted" } }))).toBe(200);
  expect(await read(reader, top, middle, leaf, moved, `${leaf}-2`)).toEqual([]);
});

test("an update that lost a race is planned again on the new state", async () => {
  const [a] = threeNames(uniquePrefix("race"));
  await create(admin, runner(a, { lap: 1 }));
  const slow = overtaken(() => update(admin, { [a]: { lap: 2, license: "CC0-1.0" } }));
  expect(codeOf(await update(slow, { [a]: { lap: 3 } }))).toBe(200);
  expect(await read(admin, a)).toMatchObject([{ lap: 3, license: "CC0-1.0", version: 3 }]);
  const late = overtaken(() => admin.post("/resources/delete", { identifiers: [a] }));
  expect(codeOf(await update(late, { [a]: { lap: 4 } }))).toBe("not_found");
});

test("a payload that a newer schema refuses is not written after the schema has changed", async () => {
  const [a] = threeNames(uniquePrefix("race"));
  const type = "racing_rules";
  await registerType(admin, type, { type: "object", properties: { lap: { type: "integer" } } });
  const slow = overtaken(() =>
    admin.put(`/schemas/${type}`, {
      version: "1.1.0",
      json_schema: { type: "object", properties: { lap: { type: "integer", maximum: 5 } } },
    }),
  );
  const answer = await create(slow, { identifier: a, payload_type: type, lap: 9 });
  expect(codeOf(answer)).toBe("invalid_value");
});

test("a registration below a datasource that was deleted meanwhile allocates no identifier", async () => {
  const source = uniquePrefix("race").slice(0, -1);
  await create(admin, { identifier: source, payload_type: "datasource", name: "A test source" });
  const [first, gone] = await Promise.all([
    admin.post("/patients/register", { datasource_id: source, external_uid: "one" }),
    admin.post("/resources/delete", { identifiers: [source] }),
  ]);
  expectOnly([first, gone], 200, "not_found", "conflict");
  const patient = await read(admin, `${source}.P000001`);
  expect(gone.status === 200 ? patient : []).toEqual([]);
});

test("one of two creations of one identifier succeeds, the other gets already_exists", async () => {
  await rounds(async (prefix) => {
    const identifier = `${prefix}a`;
    const answers = await Promise.all(
      [1, 2, 3, 4].map((lap) =>
        create(lap % 2 === 0 ? editor : admin, runner(identifier, { lap })),
      ),
    );
    expect(answers.map(codeOf).filter((code) => code === 200)).toHaveLength(1);
    expectOnly(answers, 200, "already_exists");
    const history = await admin.post("/resources/history", { identifier });
    expect(history.body).toHaveLength(1);
  });
});

const keyed = (by: Client, prefix: string, lap: number): Promise<Answer> =>
  by.send(
    "POST",
    "/resources/create",
    { resources: [runner(`${prefix}${lap}`, { lap })] },
    { "idempotency-key": `key-${prefix}` },
  );

test("parallel repeats under one Idempotency-Key have one effect and one response", async () => {
  await rounds(async (prefix) => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => keyed(admin, prefix, 1)));
    expectOnly(answers, 200, "in_progress");
    const made = answers.filter((answer) => answer.status === 200);
    expect(new Set(made.map((answer) => answer.text))).toEqual(new Set(['{"created":1}']));
    const fresh = made.filter((answer) => answer.headers.get("idempotency-replayed") === null);
    expect(fresh).toHaveLength(1);
    expect((await keyed(admin, prefix, 2)).status).toBe(422);
    expect((await keyed(editor, prefix, 3)).status).toBe(200);
    expect(await read(admin, `${prefix}1`, `${prefix}2`, `${prefix}3`)).toHaveLength(2);
  });
});
