import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { TYPES } from "../../../model/fields.ts";
import { openScene, writeOne, type Caller, type Cast, type Scene } from "../../../model/run.ts";
import { histories, type Step } from "../../../model/steps.ts";
import {
  children,
  lineage,
  viewOn,
  parents,
  roots,
  type LineageSpec,
} from "../../../model/tree.ts";
import { assemble, registerTypes, setting } from "../../../support/fixtures/callers.ts";
import { uniquePrefix } from "../../../support/clients/http.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { runJob } from "../../../support/run/job.ts";
import { visibilityErrors } from "../../../support/checks/visibility.ts";
import { runs, type Run } from "../../../unit/closure/edits.ts";
import { forget } from "../../../unit/closure/rollup.ts";
import { figure } from "../../../support/run/figures.ts";

const HISTORIES = figure("LINEAGE");
const SECONDS_PER_HISTORY = 6;
/** Histories that also read the roots, whose number grows with each history. */
const ROOTED = 10;

const WRITERS = ["admin", "admin", "editor"] as const;
const READERS = ["admin", "editor", "reader", "nobody"] as const;

interface Turn {
  readonly step: Step;
  readonly by: (typeof WRITERS)[number];
  /** After this step: a run of the job, a removal of its results, or neither. */
  readonly job: Run | "forget" | undefined;
}

interface Question {
  readonly by: (typeof READERS)[number];
  /** Position in the pool. */
  readonly at: number;
  readonly spec: LineageSpec;
}

const turnsOf = (steps: readonly Step[]): fc.Arbitrary<readonly Turn[]> =>
  fc.tuple(
    ...steps.map((step) =>
      fc.record<Turn>({
        step: fc.constant(step),
        by: fc.constantFrom(...WRITERS),
        job: fc.oneof(
          { arbitrary: fc.constant(undefined), weight: 4 },
          { arbitrary: runs, weight: 3 },
          { arbitrary: fc.constant("forget" as const), weight: 1 },
        ),
      }),
    ),
  );

const question: fc.Arbitrary<Question> = fc.record({
  by: fc.constantFrom(...READERS),
  at: fc.nat({ max: 12 }),
  spec: fc.record({
    direction: fc.constantFrom("up", "down", "both"),
    depth: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 2 }),
  }),
});

const scripts = fc.record({
  turns: histories(8).chain(turnsOf),
  questions: fc.array(question, { minLength: 3, maxLength: 6 }),
});

let cast: Cast;

const ask = async (by: Caller, path: string, query: JsonObject): Promise<Json | undefined> => {
  const given = Object.entries(query).map(([name, value]) => [name, String(value)]);
  const answer = await by.client.get(`${path}?${new URLSearchParams(given).toString()}`);
  expect([200, 404], answer.text).toContain(answer.status);
  return answer.status === 404 ? undefined : answer.body;
};

const compare = async (scene: Scene, { by, at, spec }: Question, asOf?: string): Promise<void> => {
  const caller = scene.cast[by];
  const identifier = scene.pool[at % scene.pool.length] as string;
  const path = encodeURIComponent(identifier);
  const then: JsonObject = asOf === undefined ? {} : { as_of: asOf };
  const view = viewOn(scene.store, caller.actor, asOf);
  const { direction, depth } = spec;
  const wanted = { ...then, direction, ...(depth === undefined ? {} : { depth }) };
  const [above, below, graph] = await Promise.all([
    ask(caller, `/parents/${path}`, then),
    ask(caller, "/children", { ...then, parent_identifier: identifier }),
    ask(caller, `/lineage/${path}`, wanted),
  ]);
  expect(above).toEqual(parents(view, identifier));
  expect(below).toEqual(children(view, identifier));
  expect(graph).toEqual(lineage(view, identifier, spec));
};

const compareRoots = async (scene: Scene, by: Caller, asOf?: string): Promise<void> => {
  const answered = (await ask(
    by,
    "/children",
    asOf === undefined ? {} : { as_of: asOf },
  )) as readonly JsonObject[];
  const own = answered.filter((node) => String(node["identifier"]).startsWith(scene.prefix));
  expect(own).toEqual(roots(viewOn(scene.store, by.actor, asOf)));
};

beforeAll(async () => {
  cast = await assemble();
  await registerTypes(cast.admin.client, TYPES);
});

test(
  `${HISTORIES} random histories of trees and derivations: every caller finds what the model says, in the present and at every earlier instant, however far the job has come`,
  { timeout: Math.max(60, HISTORIES * SECONDS_PER_HISTORY) * 1_000 },
  async () => {
    const seed = seedOf(setting("FC_SEED"));
    const path = setting("FC_PATH");
    let played = 0;
    const property = fc.asyncProperty(scripts, async ({ turns, questions }) => {
      const scene = await openScene(cast, uniquePrefix("tree"));
      for (const { step, by, job } of turns) {
        await writeOne(scene, cast[by], step);
        if (job === "forget") await forget(env.DB);
        else if (job !== undefined) await runJob(env.DB, job);
        await Promise.all(questions.map((each) => compare(scene, each)));
      }
      for (const { instant } of scene.store.moments) {
        await Promise.all(questions.map((each) => compare(scene, each, instant)));
      }
      if (played < ROOTED) {
        for (const role of READERS) {
          await compareRoots(scene, cast[role]);
          await compareRoots(scene, cast[role], scene.store.moments.at(-2)?.instant);
        }
      }
      played += 1;
    });
    await fc.assert(property, {
      numRuns: HISTORIES,
      seed,
      ...(path === undefined ? {} : { path }),
    });
    console.log(`${played} histories, seed ${seed}`);
    expect(await visibilityErrors(env.DB)).toEqual([]);
    expect(played).toBeGreaterThanOrEqual(path === undefined ? HISTORIES : 1);
  },
);
