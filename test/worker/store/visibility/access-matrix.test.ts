// Writes never give a caller access to contents that it could not read before: every way to write, then
// every way to read, by every party.
import { afterAll, beforeAll, expect, test } from "vitest";
import { adminToken, setting, workerFetch } from "../../../support/fixtures/callers.ts";
import { BASE } from "../../../support/clients/http.ts";
import { seedOf, sequence } from "../../../support/run/clock.ts";
import { operationsOf, type OpenApiDocument } from "../../../support/checks/openapi-document.ts";
import { interceptFetch, type Intercepted } from "../../../support/servers/intercepted-fetch.ts";
import { BROAD_WAYS, READ_WAYS } from "../../../support/access/reading.ts";
import { wordsIn } from "../../../support/access/canaries.ts";
import { auditReader } from "../../../support/access/recorder.ts";
import { newTally } from "../../../support/access/tally.ts";
import {
  OFTEN_WRITTEN,
  runBlock,
  WRITE_WAYS,
  type Company,
} from "../../../support/access/sequences.ts";
import { makeActors } from "../../../support/access/actors.ts";
import { assembleParties } from "../../../support/access/parties.ts";
import { UNRELATED } from "../../../support/access/unrelated.ts";
import { figure } from "../../../support/run/figures.ts";

const SEED = seedOf(setting("FC_SEED"));
const SEQUENCES = figure("SEQUENCES");

/** The number of findings in a failure message, of different kinds if possible. */
const SHOWN = 5;
/** With this many sequences, each frequent way has succeeded at least once. */
const MANY = 1_000;

let company: Company;
let outside: Intercepted;
/** Planted words that other servers received. */
const disclosed: string[] = [];

beforeAll(async () => {
  outside = interceptFetch(async (request) => {
    disclosed.push(...wordsIn(await request.text()));
    return Response.json({});
  });
  const parties = await assembleParties();
  const actors = await makeActors(workerFetch, await adminToken(), parties, sequence(~SEED));
  company = { parties, actors, takeAudited: auditReader() };
}, 60_000);
afterAll(() => outside.end());

test("every operation of the OpenAPI document is a write, a read, or exempt with a reason", async () => {
  const response = await workerFetch(new Request(`${BASE}/openapi.json`));
  const names = operationsOf(await response.json<OpenApiDocument>()).map(({ name }) => name);
  const known = new Set([
    ...Object.keys(WRITE_WAYS),
    ...Object.keys(READ_WAYS),
    ...UNRELATED.keys(),
  ]);
  expect([...known].toSorted()).toEqual(names.toSorted());
});

test(
  `${SEQUENCES} sequences of own writes let nobody read what was hidden before`,
  { timeout: Math.max(300_000, SEQUENCES * 200) },
  async () => {
    const tally = newTally();
    for (let block = 0; tally.sequences < SEQUENCES; block += 1) {
      await runBlock(company, SEED + block, SEQUENCES - tally.sequences, tally);
    }
    const kinds = new Map(tally.leaks.map((leak) => [`${leak.place} by ${leak.writer}`, leak]));
    expect([...kinds].slice(0, SHOWN), `seed ${SEED}`).toEqual([]);
    expect(tally.unaudited.slice(0, SHOWN), `seed ${SEED}`).toEqual([]);
    expect(disclosed.slice(0, SHOWN), `seed ${SEED}`).toEqual([]);
    if (SEQUENCES < MANY) return;
    // A way that never succeeded would prove nothing.
    const idle = (used: ReadonlyMap<string, readonly [number, number]>, names: readonly string[]) =>
      names.filter((name) => (used.get(name)?.[1] ?? 0) === 0);
    expect(idle(tally.writes, OFTEN_WRITTEN), `seed ${SEED}`).toEqual([]);
    expect(idle(tally.reads, BROAD_WAYS), `seed ${SEED}`).toEqual([]);
  },
);
