// Every call respects the depth limit of trees, and no resource becomes its own ancestor.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken, callerOf } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { interleavedDatabase } from "../../../support/databases/interleaved.ts";
import { dataset, readOne, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { chain, move, errorsIn } from "../../../support/fixtures/chains.ts";

const DEEPEST = LIMITS.treeDepthMax;

let admin: Client;
let token: string;

beforeAll(async () => {
  admin = await adminClient();
  token = await adminToken();
});

const create = (resources: readonly JsonObject[]): Promise<Answer> =>
  admin.post("/resources/create", { resources: [...resources] });

const expectTooDeep = (answer: Answer, ...identifiers: readonly string[]): void => {
  expect(answer.status, answer.text).toBe(400);
  const errors = errorsIn(answer);
  expect(errors.map(({ identifier }) => identifier)).toEqual(identifiers);
  for (const { path, code, detail } of errors) {
    expect([path.split(".").at(-1), code]).toEqual(["parent_identifier", "invalid_value"]);
    expect(detail).toContain(`at most ${DEEPEST} levels below its root`);
  }
};

/** A tree that exceeds the depth limit, as earlier releases could create it. */
const makeOldTree = async (prefix: string, length: number): Promise<void> => {
  await succeed(create(chain(prefix, DEEPEST + 1)));
  const rest = chain(prefix, length).slice(DEEPEST + 1);
  await succeed(create(rest.map((each) => ({ ...each, parent_identifier: null }))));
  await env.DB.batch(
    rest.map((each) =>
      env.DB.prepare("UPDATE resources SET parent_identifier = ? WHERE identifier = ?").bind(
        each["parent_identifier"],
        each["identifier"],
      ),
    ),
  );
};

describe("a tree has a bounded number of levels", () => {
  test("a chain created by one call may reach the bound, and each resource beyond it is named", async () => {
    const prefix = uniquePrefix("level");
    await succeed(create(chain(`${prefix}a`, DEEPEST + 1)));
    const answer = await create(chain(`${prefix}b`, DEEPEST + 3));
    expectTooDeep(answer, `${prefix}b${DEEPEST + 1}`, `${prefix}b${DEEPEST + 2}`);
    expect(await readOne(admin, `${prefix}b0`)).toEqual({});
  });

  test("nothing is created or registered below the lowest level", async () => {
    const prefix = uniquePrefix("level");
    await succeed(create(chain(prefix, DEEPEST)));
    const below = { parent_identifier: `${prefix}${DEEPEST - 1}` };
    const source = { identifier: `${prefix}source`, payload_type: "datasource", name: "s" };
    await succeed(create([{ ...source, ...below }]));
    const item = { datasource_id: `${prefix}source`, external_uid: "uid" };
    const registered = await admin.post("/patients/register", item);
    expect([registered.status, errorsIn(registered)[0]?.code]).toEqual([400, "invalid_value"]);
    const child = dataset(`${prefix}child`, { parent_identifier: `${prefix}source` });
    expectTooDeep(await create([child]), `${prefix}child`);
  });

  test("a subtree moves where it fits, and is refused by name where it does not", async () => {
    const prefix = uniquePrefix("level");
    await succeed(create([...chain(`${prefix}a`, 20), ...chain(`${prefix}b`, 20)]));
    // 20 levels below level 12 reach level 32.
    await succeed(move(admin, { [`${prefix}b0`]: `${prefix}a12` }));
    await succeed(move(admin, { [`${prefix}b0`]: `${prefix}a11` }));
    const answer = await move(admin, { [`${prefix}b0`]: `${prefix}a13` });
    expectTooDeep(answer, `${prefix}b0`);
    expect(errorsIn(answer)[0]?.detail).toContain("at most 18 levels below what is moved");
    expect(await readOne(admin, `${prefix}b0`)).toMatchObject({
      parent_identifier: `${prefix}a11`,
    });
  });

  test("of several moves those that go too deep are named", async () => {
    const prefix = uniquePrefix("level");
    const names = ["a", "b", "c"].flatMap((word) => chain(`${prefix}${word}`, 15));
    await succeed(create(names));
    const stacked = {
      [`${prefix}b0`]: `${prefix}a14`,
      [`${prefix}c0`]: `${prefix}b14`,
    };
    expectTooDeep(await move(admin, stacked), `${prefix}c0`);
    // c0 to c2 are at levels 30 to 32, the rest elsewhere.
    await succeed(move(admin, { ...stacked, [`${prefix}c3`]: `${prefix}a0` }));
    const above = await succeed(admin.get(`/parents/${encodeURIComponent(`${prefix}c2`)}`));
    expect(above).toHaveLength(DEEPEST);
  });

  test("tombstones count: a restored resource keeps its place", async () => {
    const prefix = uniquePrefix("level");
    await succeed(create([...chain(`${prefix}a`, DEEPEST + 1), dataset(`${prefix}top`)]));
    await succeed(admin.post("/resources/delete", { identifiers: [`${prefix}a1`] }));
    expectTooDeep(await move(admin, { [`${prefix}a0`]: `${prefix}top` }), `${prefix}a0`);
    const restored = { [`${prefix}a1`]: { is_deleted: false } };
    await succeed(admin.post("/resources/update", { updates: restored }));
  });

  test("a tree from before the bound is readable and may get flatter, and nothing is added to it", async () => {
    const prefix = uniquePrefix("level");
    const length = DEEPEST + 9;
    await makeOldTree(prefix, length);
    const last = `${prefix}${length - 1}`;
    const above = await succeed(admin.get(`/parents/${encodeURIComponent(last)}`));
    expect(above).toHaveLength(length - 1);
    const under = { parent_identifier: `${prefix}0`, include_indirect_parents: true };
    expect(await succeed(admin.post("/query/count", under))).toEqual({ count: length - 1 });
    await succeed(admin.post("/resources/update", { updates: { [last]: { license: "x" } } }));
    expectTooDeep(
      await create([dataset(`${prefix}more`, { parent_identifier: last })]),
      `${prefix}more`,
    );
    expectTooDeep(await move(admin, { [last]: `${prefix}${length - 3}` }), last);
    await succeed(move(admin, { [last]: `${prefix}3` }));
    // A subtree below the limit may be moved up, but not down.
    await succeed(create([dataset(`${prefix}top`)]));
    expectTooDeep(await move(admin, { [`${prefix}0`]: `${prefix}top` }), `${prefix}0`);
    await succeed(move(admin, { [`${prefix}1`]: null }));
  });
});

describe("places that change while a write is planned", () => {
  /** An admin whose next write is overtaken: `happen` runs between its plan and its batch. */
  const overtaken = (happen: () => Promise<Answer>): Client => {
    const database = interleavedDatabase(env.DB, async () => succeed(happen()));
    return clientOf(appOver(database), token);
  };

  test("creating below a resource that moves down meanwhile is refused", async () => {
    const prefix = uniquePrefix("level");
    await succeed(create([...chain(`${prefix}a`, DEEPEST), dataset(`${prefix}b`)]));
    const slow = overtaken(() => move(admin, { [`${prefix}b`]: `${prefix}a${DEEPEST - 1}` }));
    const child = dataset(`${prefix}c`, { parent_identifier: `${prefix}b` });
    expectTooDeep(await slow.post("/resources/create", { resources: [child] }), `${prefix}c`);
  });

  test("moving a resource down while something is created below it is refused", async () => {
    const prefix = uniquePrefix("level");
    await succeed(create([...chain(`${prefix}a`, DEEPEST), dataset(`${prefix}b`)]));
    const child = dataset(`${prefix}c`, { parent_identifier: `${prefix}b` });
    const slow = overtaken(() => create([child]));
    const answer = await move(slow, { [`${prefix}b`]: `${prefix}a${DEEPEST - 1}` });
    expectTooDeep(answer, `${prefix}b`);
  });

  test("a move within its level is checked again when it was moved up meanwhile", async () => {
    const prefix = uniquePrefix("level");
    await succeed(create([...chain(`${prefix}a`, 20), ...chain(`${prefix}b`, 20)]));
    await succeed(create(chain(`${prefix}c`, 13, `${prefix}a19`)));
    // c0 is at level 20 with 12 levels below it: b19 is as deep as a19.
    const slow = overtaken(async () => {
      await succeed(move(admin, { [`${prefix}a19`]: null }));
      return create(chain(`${prefix}d`, 10, `${prefix}c12`));
    });
    expectTooDeep(await move(slow, { [`${prefix}c0`]: `${prefix}b19` }), `${prefix}c0`);
  });

  test("a change of an ancestor's members does not cause a conflict", async () => {
    const prefix = uniquePrefix("level");
    await succeed(create(chain(prefix, 4)));
    let calls = 0;
    const slow = overtaken(() => {
      calls += 1;
      return admin.post("/resources/update", { updates: { [`${prefix}1`]: { license: "x" } } });
    });
    const child = dataset(`${prefix}c`, { parent_identifier: `${prefix}3` });
    await succeed(slow.post("/resources/create", { resources: [child] }));
    expect(calls).toBe(1);
  });
});

test("an editor who does not see the ancestors has the same bound", async () => {
  const prefix = uniquePrefix("level");
  const { client, actor } = await callerOf("level-editor@example.org", "editor");
  await succeed(create(chain(prefix, DEEPEST + 1)));
  const grantee_id = actor.id.slice("user:".length);
  const grants = [{ identifier: `${prefix}${DEEPEST}`, grantee_type: "user", grantee_id }];
  await succeed(admin.post("/resources/grants/create", { grants }));
  const closed = { [`${prefix}0`]: { access_level: "restricted" } };
  await succeed(admin.post("/resources/update", { updates: closed }));
  const child = dataset(`${prefix}c`, { parent_identifier: `${prefix}${DEEPEST}` });
  const answer = await client.post("/resources/create", { resources: [child] });
  expectTooDeep(answer, `${prefix}c`);
  expect(answer.text).not.toContain(`${prefix}${DEEPEST}`);
});
