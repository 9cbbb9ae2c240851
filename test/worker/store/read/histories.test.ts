import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TYPES } from "../../../model/fields.ts";
import { playHistory } from "../../../model/run.ts";
import { scripts } from "../../../model/scripts.ts";
import { assemble, registerTypes, setting } from "../../../support/fixtures/callers.ts";
import { uniquePrefix } from "../../../support/clients/http.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { visibilityErrors } from "../../../support/checks/visibility.ts";
import { figure } from "../../../support/run/figures.ts";

const RUNS = figure("HISTORIES");
const MINUTES_PER_RUN = 1 / 10;

test(
  `${RUNS} random histories: the API and the reference model agree, and the past never changes`,
  { timeout: Math.max(2, RUNS * MINUTES_PER_RUN) * 60_000 },
  async () => {
    const cast = await assemble();
    await registerTypes(cast.admin.client, TYPES);
    const seed = seedOf(setting("FC_SEED"));
    let played = 0;
    const property = fc.asyncProperty(scripts, async (script) => {
      await playHistory(cast, script, uniquePrefix("h"));
      played += 1;
    });
    await fc.assert(property, { numRuns: RUNS, seed, ...replayPath() });
    console.log(`${played} histories, seed ${seed}`);
    expect(await visibilityErrors(env.DB)).toEqual([]);
    expect(played).toBeGreaterThanOrEqual(replayPath().path === undefined ? RUNS : 1);
  },
);

/** The path of a counterexample within its seed, as fast-check prints it. */
function replayPath(): { path?: string } {
  const path = setting("FC_PATH");
  return path === undefined ? {} : { path };
}
