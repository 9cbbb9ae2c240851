// What a caller could not read before its own writes, it cannot read after them: every way to write, then
// every way to read, by everybody.
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adminToken, setting, workerFetch } from "../support/cast.ts";
import { BASE } from "../support/client.ts";
import { seedOf, sequence } from "../support/clock.ts";
import { operationsOf, type OpenApiDocument } from "../support/document.ts";
import { interceptFetch, type Intercepted } from "../support/outside.ts";
import { READ_WAYS } from "../support/access/reading.ts";
import { auditReader } from "../support/access/recorder.ts";
import {
  BLOCK_SIZE,
  newTally,
  runBlock,
  WRITE_WAYS,
  type Company,
} from "../support/access/sequences.ts";
import { makeStanding } from "../support/access/standing.ts";
import { assembleTroupe } from "../support/access/troupe.ts";
import { UNRELATED } from "../support/access/unrelated.ts";

const SEED = seedOf(setting("FC_SEED"));
const SEQUENCES = Number(setting("SEQUENCES") ?? 2_000);

let company: Company;
let outside: Intercepted;

beforeAll(async () => {
  outside = interceptFetch(() => null);
  const troupe = await assembleTroupe();
  const standing = await makeStanding(workerFetch, await adminToken(), sequence(~SEED));
  company = { troupe, standing, takeAudited: auditReader() };
}, 60_000);
afterAll(() => outside.end());

test("every operation of the OpenAPI document is a way to write, to read, or neither for a reason", async () => {
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
  `nobody reads after ${SEQUENCES} sequences of own writes what could not be read before`,
  { timeout: Math.max(300_000, SEQUENCES * 200) },
  async () => {
    const tally = newTally();
    const started = performance.now();
    for (let block = 0; tally.sequences < SEQUENCES; block += 1) {
      await runBlock(company, SEED + block, SEQUENCES - tally.sequences, tally);
    }
    console.log("took", performance.now() - started, BLOCK_SIZE, env.DB !== undefined);
    console.log(
      JSON.stringify(
        [...tally.writes].map(([n, [u, d]]) => `${n} ${u} ${d}`),
        null,
        1,
      ),
    );
    console.log(
      JSON.stringify(
        [...tally.reads].map(([n, [u, d]]) => `${n} ${u} ${d}`),
        null,
        1,
      ),
    );
    const short = new Map<string, [number, string]>();
    for (const leak of tally.leaks) {
      const k = `${leak.place} <- ${leak.writer}`;
      const t = `${leak.seed} ${leak.reader}\n     ${leak.answer.slice(0, 300)}\n       ${leak.writes.join("\n       ")}`;
      short.set(k, [(short.get(k)?.[0] ?? 0) + 1, short.get(k)?.[1] ?? t]);
    }
    console.log("LEAKS", [...short].map(([k, [n, t]]) => `${k} ${n}: ${t}`).join("\n"), "LEAKSEND");
    console.log(
      "UNAUDITED",
      tally.unaudited.length,
      JSON.stringify(
        [
          ...new Set(
            tally.unaudited.map((t) =>
              t.replaceAll(/[0-9a-f-]{36}|v\d+-\d-|cn[0-9a-f]{20}/g, "#").slice(0, 400),
            ),
          ),
        ].slice(0, 40),
        null,
        1,
      ),
    );
    expect(tally.leaks.length, `seed ${SEED}`).toBe(0);
  },
);
