// No resource becomes derived from itself, even with many derivations around the changed ones.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken, setting } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { interleavedDatabase } from "../../../support/databases/interleaved.ts";
import { errorsIn } from "../../../support/fixtures/chains.ts";
import { dataset, readOne, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { figure } from "../../../support/run/figures.ts";

const MOST = LIMITS.derivationsReadMax;

let admin: Client;
let token: string;

beforeAll(async () => {
  admin = await adminClient();
  token = await adminToken();
});

type Sources = Readonly<Record<string, readonly string[]>>;

const derive = (by: Client, sources: Sources): Promise<Answer> => {
  const updates = Object.entries(sources).map(([name, from]) => [
    name,
    { derived_from: [...from] },
  ]);
  return by.post("/resources/update", { updates: Object.fromEntries(updates) as JsonObject });
};

const create = async (resources: readonly JsonObject[]): Promise<void> => {
  for (let at = 0; at < resources.length; at += LIMITS.batchItemsMax) {
    const part = resources.slice(at, at + LIMITS.batchItemsMax);
    await succeed(admin.post("/resources/create", { resources: part }));
  }
};

const codes = (answer: Answer): readonly string[] =>
  errorsIn(answer).map(
    ({ identifier, path, code }) => `${identifier} ${path.split(".").at(-1)} ${code}`,
  );

const overtaken = (happen: () => Promise<Answer>): Client =>
  clientOf(appOver(interleavedDatabase(env.DB, async () => succeed(happen()))), token);

describe("cycles through stored and new derivations are found", () => {
  test("several changes of one call that close a cycle through a stored part are named", async () => {
    const prefix = uniquePrefix("derive");
    const [a, b, c, d] = ["a", "b", "c", "d"].map((word) => `${prefix}${word}`) as [
      string,
      string,
      string,
      string,
    ];
    await create([dataset(a), dataset(b, { derived_from: [a] }), dataset(c), dataset(d)]);
    const answer = await derive(admin, { [a]: [c], [c]: [b], [d]: [a] });
    expect(codes(answer)).toEqual([`${a} derived_from cycle`, `${c} derived_from cycle`]);
    await succeed(derive(admin, { [a]: [c], [c]: [d] }));
    // The same call removes the derivation of b from a.
    await succeed(derive(admin, { [c]: [b], [b]: [] }));
    expect(codes(await derive(admin, { [b]: [a] }))).toEqual([`${b} derived_from cycle`]);
  });

  test("layers in which everything is derived from everything above are searched completely", async () => {
    const prefix = uniquePrefix("derive");
    const name = (layer: number, at: number): string => `${prefix}${layer}/${at}`;
    const wide = Array.from({ length: 30 }, (_, at) => at);
    const layers = Array.from({ length: 12 }, (_, layer) =>
      wide.map((at) =>
        dataset(name(layer, at), {
          derived_from: layer === 0 ? [] : wide.map((each) => name(layer - 1, each)),
        }),
      ),
    );
    await create(layers.flat());
    const top = name(0, 7);
    expect(codes(await derive(admin, { [top]: [name(11, 3)] }))).toEqual([
      `${top} derived_from cycle`,
    ]);
    await succeed(derive(admin, { [name(11, 3)]: [top] }));
    await succeed(derive(admin, { [top]: [name(11, 3)], [name(11, 3)]: [] }));
  });
});

describe("more derivations than one write may read", () => {
  const prefix = uniquePrefix("derive");
  const [hub, fan, other] = [`${prefix}hub`, `${prefix}fan`, `${prefix}other`];
  const leaf = (at: number): string => `${prefix}leaf/${at}`;
  const dependent = (at: number): string => `${prefix}dep/${at}`;
  const many = Array.from({ length: MOST + 1 }, (_, at) => at);

  beforeAll(async () => {
    const half = Math.ceil(many.length / 3);
    const parts = [0, 1, 2].map((at) => `${prefix}part/${at}`);
    await create([dataset(hub), dataset(other), ...many.map((at) => dataset(leaf(at)))]);
    await create(many.map((at) => dataset(dependent(at), { derived_from: [hub] })));
    await create([
      ...parts.map((part, at) =>
        dataset(part, { derived_from: many.slice(at * half, (at + 1) * half).map(leaf) }),
      ),
      dataset(fan, { derived_from: parts }),
    ]);
  }, 120_000);

  test("on one side: the search from the other side decides", async () => {
    await succeed(derive(admin, { [hub]: [leaf(3), leaf(4)] }));
    await succeed(derive(admin, { [other]: [fan] }));
    expect(codes(await derive(admin, { [hub]: [dependent(7)] }))).toEqual([
      `${hub} derived_from cycle`,
    ]);
    expect(codes(await derive(admin, { [leaf(5)]: [fan] }))).toEqual([
      `${leaf(5)} derived_from cycle`,
    ]);
  });

  test("on both sides: refused with the bound and the cure; a new resource may have them", async () => {
    const answer = await derive(admin, { [hub]: [fan] });
    expect([answer.status, codes(answer)]).toEqual([413, [`${hub} derived_from too_large`]]);
    expect(errorsIn(answer)[0]?.detail).toContain(`at most ${MOST} derivations`);
    expect(errorsIn(answer)[0]?.detail).toContain("create a new resource");
    await create([dataset(`${prefix}new`, { derived_from: [fan, dependent(1)] })]);
  });

  test("a derivation added meanwhile on the side that decided is found", async () => {
    const late = `${prefix}late`;
    await create([dataset(late)]);
    const slow = overtaken(() => derive(admin, { [late]: [dependent(2)] }));
    expect(codes(await derive(slow, { [hub]: [late] }))).toEqual([`${hub} derived_from cycle`]);
  });
});

test("a derivation added meanwhile from what changes is found", async () => {
  const prefix = uniquePrefix("derive");
  const [a, b, c] = [`${prefix}a`, `${prefix}b`, `${prefix}c`];
  await create([dataset(a), dataset(b, { derived_from: [a] }), dataset(c)]);
  const slow = overtaken(() => derive(admin, { [c]: [b] }));
  expect(codes(await derive(slow, { [a]: [c] }))).toEqual([`${a} derived_from cycle`]);
  expect(await readOne(admin, a)).toMatchObject({ derived_from: [] });
});

describe("the sources that one write may name and replace", () => {
  test("are refused above the bound before anything is read", async () => {
    const prefix = uniquePrefix("derive");
    const each = 10_000;
    const sources = Array.from({ length: each }, (_, at) => `${prefix}none/${at}`);
    const resources = Array.from({ length: LIMITS.sourcesTouchedMax / each + 1 }, (_, at) =>
      dataset(`${prefix}${at}`, { derived_from: sources }),
    );
    const answer = await admin.post("/resources/create", { resources });
    expect([answer.status, errorsIn(answer)[0]?.path]).toEqual([413, "derived_from"]);
  });

  test("that would not fit into one value are refused by name", async () => {
    const prefix = uniquePrefix("derive");
    const sources = Array.from({ length: 9_000 }, (_, at) => `${prefix}${"x".repeat(230)}/${at}`);
    const resources = [dataset(`${prefix}long`, { derived_from: sources })];
    const answer = await admin.post("/resources/create", { resources });
    expect([answer.status, codes(answer)]).toEqual([
      400,
      [`${prefix}long derived_from invalid_value`],
    ]);
  });
});

// Random changes of derivations; each change is overtaken by another one.

const ROUNDS = figure("LEVELS");
const POOL = 9;

const picks = fc.array(
  fc.record({
    target: fc.nat({ max: POOL - 1 }),
    sources: fc.uniqueArray(fc.nat({ max: POOL - 1 }), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 3 },
);
const rounds = fc.array(fc.record({ ours: picks, theirs: picks }), {
  minLength: ROUNDS,
  maxLength: ROUNDS,
});

/** The derivations after changes; null when a resource would derive from itself. */
const after = (graph: Sources, changes: Sources): Sources | null => {
  const next = { ...graph, ...changes };
  const leads = (from: string, to: string, seen: Set<string>): boolean =>
    (next[from] ?? []).some((source) => {
      if (source === to) return true;
      if (seen.has(source)) return false;
      seen.add(source);
      return leads(source, to, seen);
    });
  return Object.keys(next).some((name) => leads(name, name, new Set())) ? null : next;
};

test(
  `${ROUNDS} random changes of sources, each racing another, never create a cycle`,
  { timeout: 60_000 + ROUNDS * 2_000 },
  async () => {
    const seed = seedOf(setting("FC_SEED"));
    console.log(`seed ${seed}`);
    const property = fc.asyncProperty(rounds, async (played) => {
      const prefix = uniquePrefix("derive");
      const name = (at: number): string => `${prefix}${at}`;
      const names = Array.from({ length: POOL }, (_, at) => name(at));
      await create(names.map((each) => dataset(each)));
      let graph: Sources = Object.fromEntries(names.map((each) => [each, []]));
      const changesOf = (picked: (typeof played)[number]["ours"]): Sources =>
        Object.fromEntries(
          picked.map(({ target, sources }) => [name(target), sources.map((each) => name(each))]),
        );
      const statuses: number[] = [];
      for (const { ours, theirs } of played) {
        const [mine, other] = [changesOf(ours), changesOf(theirs)];
        const database = interleavedDatabase(env.DB, async () => {
          const next = after(graph, other);
          const answer = await derive(admin, other);
          expect(answer.status, answer.text).toBe(next === null ? 400 : 200);
          graph = next ?? graph;
        });
        const answer = await derive(clientOf(appOver(database), token), mine);
        const next = after(graph, mine);
        expect(answer.status, `${JSON.stringify(mine)} ${answer.text}`).toBe(
          next === null ? 400 : 200,
        );
        statuses.push(answer.status);
        graph = next ?? graph;
      }
      for (const each of names) {
        expect(await readOne(admin, each)).toMatchObject({ derived_from: graph[each] });
      }
      expect(new Set(statuses)).toEqual(new Set([200, 400]));
    });
    await fc.assert(property, { numRuns: 1, seed });
  },
);
