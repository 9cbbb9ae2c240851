// Runs one history: writes, then reads with concurrent writes of others.
import fc from "fast-check";
import { emptyStore } from "../store.ts";
import { documents } from "./documents.ts";
import { feed } from "./feed.ts";
import { files } from "./files.ts";
import { count, pages } from "./queries.ts";
import { readingOf, type ModelRead, type Reading, type Unrest, type When } from "./reading.ts";
import { records } from "./records.ts";
import { anySteps, openings, plainSteps, type WorldStep } from "./steps.ts";
import { grants, nodes, versions } from "./trees.ts";
import { take } from "./write.ts";
import {
  PARTIES,
  PART_TYPES,
  poolOf,
  prefixOf,
  type Stage,
  type Who,
  type World,
} from "./world.ts";

/** Reads of several parts, with the weight of each. */
const reads: fc.Arbitrary<ModelRead> = fc.oneof(
  { arbitrary: pages, weight: 6 },
  { arbitrary: count, weight: 2 },
  { arbitrary: records, weight: 4 },
  { arbitrary: documents, weight: 4 },
  { arbitrary: nodes, weight: 3 },
  { arbitrary: versions, weight: 4 },
  { arbitrary: grants, weight: 2 },
  { arbitrary: feed, weight: 3 },
  { arbitrary: files, weight: 4 },
);

/** Callers that see little read less often. */
const WEIGHTS: Readonly<Record<Who, number>> = {
  admin: 3,
  owner: 3,
  grantee: 3,
  reader: 2,
  key: 2,
  nobody: 1,
};

/** One read of a history. */
export interface Walk {
  readonly question: ModelRead;
  readonly by: Who;
  readonly when: When;
  readonly unrest: Unrest;
}

/** One history. */
export interface Script {
  readonly opening: readonly WorldStep[];
  readonly walks: readonly Walk[];
}

const when: fc.Arbitrary<When> = fc.oneof(
  { arbitrary: fc.constant<When>({ kind: "now" }), weight: 3 },
  { arbitrary: fc.constant<When>({ kind: "clock" }), weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constant("moment" as const),
      nth: fc.nat({ max: 20 }),
      micros: fc.constantFrom(-1 as const, 0 as const, 0 as const, 1 as const),
    }),
    weight: 4,
  },
);

const some = fc.array(fc.option(plainSteps, { nil: null, freq: 2 }), {
  maxLength: 4,
  size: "max",
});

const unrest: fc.Arbitrary<Unrest> = fc.record({
  within: some,
  beside: some,
  between: fc.array(fc.array(anySteps, { minLength: 1, maxLength: 2 }), {
    maxLength: 4,
    size: "max",
  }),
});

const callers: fc.Arbitrary<Who> = fc.oneof(
  ...PARTIES.map((who) => ({ arbitrary: fc.constant(who), weight: WEIGHTS[who] })),
);

const walks: fc.Arbitrary<Walk> = fc.record({
  question: reads,
  by: callers,
  when,
  unrest,
});

/** Random histories. */
export const scripts: fc.Arbitrary<Script> = fc.record({
  opening: openings,
  walks: fc.array(walks, { minLength: 1, maxLength: 6, size: "max" }),
});

/** Per surface: the number of reads, and of those with more than one part. */
export type Tally = Map<string, { answers: number; several: number; disturbed: number }>;

/** Runs one read, and counts its parts. */
const read = async (tally: Tally, question: ModelRead, reading: Reading): Promise<void> => {
  const { counts } = reading;
  const before = { ...counts };
  await question.read(reading);
  const known = tally.get(question.surface) ?? { answers: 0, several: 0, disturbed: 0 };
  tally.set(question.surface, {
    answers: known.answers + 1,
    several: known.several + (counts.parts > before.parts + 1 ? 1 : 0),
    disturbed: known.disturbed + (counts.disturbed > before.disturbed ? 1 : 0),
  });
};

/**
 * Runs a script on a stage: every part of every read equals the model.
 *
 * @param history an unused number of the stage.
 */
export const play = async (
  stage: Stage,
  script: Script,
  history: number,
  tally: Tally,
): Promise<World> => {
  const prefix = prefixOf(history);
  const world: World = { stage, prefix, pool: poolOf(prefix), store: emptyStore(PART_TYPES) };
  for (const step of script.opening) await take(world, step);
  for (const [at, { question, by, when: instant, unrest: others }] of script.walks.entries()) {
    // Every other one finds states of the past that the values do not reach.
    if (at % 2 === 0) await stage.addPastValues();
    const reading = readingOf(world, by, instant, others);
    // A read is repeated while there are writes of others left.
    do await read(tally, question, reading);
    while (await reading.pause());
  }
  return world;
};
