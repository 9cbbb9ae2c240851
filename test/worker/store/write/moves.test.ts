// Random moves compared with a small model; each move is overtaken by another one.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken, setting } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix } from "../../../support/clients/http.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { interleavedDatabase } from "../../../support/databases/interleaved.ts";
import { chain, move, errorsIn, type Moves } from "../../../support/fixtures/chains.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { figure } from "../../../support/run/figures.ts";

const DEEPEST = LIMITS.treeDepthMax;
type Places = ReadonlyMap<string, string | null>;

const CHAINS = 4;
const LENGTH = 14;
const ROUNDS = figure("LEVELS");

const levelIn = (places: Places, identifier: string): number => {
  let level = -1;
  for (let name: string | null = identifier; name !== null; name = places.get(name) ?? null) {
    level += 1;
    if (level > places.size) return Infinity;
  }
  return level;
};

/** The state after moves; null for an invalid one: a cycle, or too deep. */
const after = (places: Places, moves: Moves): Places | null => {
  const next = new Map([...places, ...Object.entries(moves)]);
  const isGood = [...next.keys()].every((name) => levelIn(next, name) <= DEEPEST);
  return isGood ? next : null;
};

const picks = fc.record({ which: fc.nat(), where: fc.option(fc.nat(), { freq: 12 }) });
const rounds = fc.array(
  fc.record({
    ours: fc.array(picks, { minLength: 1, maxLength: 4 }),
    theirs: fc.array(picks, { minLength: 1, maxLength: 2 }),
  }),
  { minLength: ROUNDS, maxLength: ROUNDS },
);

test(
  `${ROUNDS} random moves, each racing another: the tree is the result of the moves in their order`,
  { timeout: 60_000 + ROUNDS * 2_000 },
  async () => {
    const [admin, token] = [await adminClient(), await adminToken()];
    const seed = seedOf(setting("FC_SEED"));
    console.log(`seed ${seed}`);
    const property = fc.asyncProperty(rounds, async (played) => {
      const prefix = uniquePrefix("level");
      const resources = Array.from({ length: CHAINS }, (_, at) => chain(`${prefix}${at}/`, LENGTH));
      await succeed(admin.post("/resources/create", { resources: resources.flat() }));
      const names = resources.flat().map((each) => String(each["identifier"]));
      const nameAt = (at: number): string => names[at % names.length] as string;
      let places: Places = new Map(
        resources
          .flat()
          .map((each) => [
            String(each["identifier"]),
            (each["parent_identifier"] ?? null) as string | null,
          ]),
      );
      const movesOf = (from: (typeof played)[number]["ours"]): Moves =>
        Object.fromEntries(
          from.map(({ which, where }) => [nameAt(which), where === null ? null : nameAt(where)]),
        );
      let refused = 0;
      for (const { ours, theirs } of played) {
        const [mine, other] = [movesOf(ours), movesOf(theirs)];
        const database = interleavedDatabase(env.DB, async () => {
          const next = after(places, other);
          const answer = await move(admin, other);
          expect(answer.status, answer.text).toBe(next === null ? 400 : 200);
          places = next ?? places;
        });
        const answer = await move(clientOf(appOver(database), token), mine);
        const next = after(places, mine);
        expect(answer.status, `${JSON.stringify(mine)} ${answer.text}`).toBe(
          next === null ? 400 : 200,
        );
        const named = errorsIn(answer).map(({ identifier }) => identifier);
        expect(named.filter((name) => !Object.hasOwn(mine, name ?? ""))).toEqual([]);
        if (next === null) refused += 1;
        places = next ?? places;
      }
      const stored = await env.DB.prepare(
        "SELECT identifier, parent_identifier AS parent FROM resources WHERE identifier LIKE ? || '%'",
      )
        .bind(prefix)
        .all<{ identifier: string; parent: string | null }>();
      const found = stored.results.map(({ identifier, parent }): Json => [identifier, parent]);
      expect(new Set(found.map((each) => JSON.stringify(each)))).toEqual(
        new Set([...places].map((each) => JSON.stringify(each))),
      );
      expect(refused).toBeGreaterThan(0);
    });
    await fc.assert(property, { numRuns: 1, seed });
  },
);
