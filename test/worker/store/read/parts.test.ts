// Responses in several parts (pages, ranges, streams, files, the feed) compared with the reference model,
// with other writes within a part, concurrent with it and between two parts.
import fc from "fast-check";
import { expect, test } from "vitest";
import { play, scripts, type Tally } from "../../../model/parts/play.ts";
import { setting } from "../../../support/fixtures/callers.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { setStage } from "../../../support/fixtures/parts-callers.ts";
import { figure } from "../../../support/run/figures.ts";

const RUNS = figure("PART_HISTORIES");
const SECONDS = Math.max(900, RUNS * 4);
/** Seconds reserved for reporting a failure, even if its history is not minimal. */
const LAST_WORDS = 20;

/** With this many histories, everything is reached often. */
const ENOUGH = 100;
/** Reads that take several requests. */
const PAGED = ["pages", "records", "documents", "nodes", "versions", "feed"];
/** All reads. */
const ASKED = [...PAGED, "count", "grants", "files"];

test(
  `${RUNS} random histories: each part of a response is of the same state, for every reader and whatever is written meanwhile`,
  { timeout: SECONDS * 1_000 },
  async () => {
    const seed = seedOf(setting("FC_SEED"));
    const path = setting("FC_PATH");
    const stage = await setStage(seed);
    const tally: Tally = new Map();
    let [begun, played, moments] = [0, 0, 0];
    const property = fc.asyncProperty(scripts, async (script) => {
      begun += 1;
      const world = await play(stage, script, begun, tally);
      moments += world.store.moments.length;
      played += 1;
    });
    await fc.assert(property, {
      numRuns: RUNS,
      seed,
      interruptAfterTimeLimit: (SECONDS - LAST_WORDS) * 1_000,
      ...(path === undefined ? {} : { path }),
    });
    console.log(`${played} histories, ${moments} transactions, seed ${seed}`);
    console.log([...tally].map(([name, counts]) => `${name} ${JSON.stringify(counts)}`).join("\n"));
    expect(played).toBeGreaterThanOrEqual(path === undefined ? RUNS : 1);
    if (played < ENOUGH) return;
    for (const name of ASKED) expect(tally.get(name)?.answers, name).toBeGreaterThan(played / 20);
    for (const name of PAGED) expect(tally.get(name)?.several, name).toBeGreaterThan(played / 50);
  },
);
