// No answer holds contents of restricted resources, or of their objects, without a line in the audit.
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adminToken, setting, workerFetch } from "../support/cast.ts";
import { seedOf, sequence } from "../support/clock.ts";
import { interceptFetch, type Intercepted } from "../support/outside.ts";
import { PARTIES, type Canary } from "../support/access/canaries.ts";
import { READ_WAYS, type Reading } from "../support/access/reading.ts";
import { auditReader, type Recorded } from "../support/access/recorder.ts";
import { WRITE_WAYS } from "../support/access/sequences.ts";
import { makeStanding, type Standing } from "../support/access/standing.ts";
import { assembleTroupe, type Troupe } from "../support/access/troupe.ts";
import { makeVault, type Vault } from "../support/access/vault.ts";
import type { Writing } from "../support/access/writing.ts";

const SEED = seedOf(setting("FC_SEED"));
/** How often each way is drawn for each caller. */
const DRAWS = 2;
const EVERYBODY = [...PARTIES, "admin"] as const;

let troupe: Troupe;
let standing: Standing;
let outside: Intercepted;
let takeAudited: () => Promise<ReadonlySet<string>>;

beforeAll(async () => {
  outside = interceptFetch(() => null);
  troupe = await assembleTroupe();
  standing = await makeStanding(workerFetch, await adminToken(), sequence(~SEED));
  takeAudited = auditReader();
}, 60_000);
afterAll(() => outside.end());

/** Words of restricted resources, by word. */
const restrictedIn = (vault: Vault): ReadonlyMap<string, Canary> =>
  new Map(
    [...vault.canaries.values(), ...standing.canaries]
      .filter(({ kind }) => kind === "restricted")
      .map((canary) => [canary.text, canary]),
  );

/** What is still restricted: an owner or an administrator may have opened the rest. */
const stillRestricted = async (canaries: readonly Canary[]): Promise<readonly Canary[]> => {
  const names = JSON.stringify(canaries.map(({ resource }) => resource));
  const { results } = await env.DB.prepare(
    `SELECT r.identifier FROM json_each(?) j CROSS JOIN resources r ON r.identifier = j.value
      WHERE r.visibility <> 2`,
  )
    .bind(names)
    .all<{ identifier: string }>();
  const open = new Set(results.map(({ identifier }) => identifier));
  return canaries.filter(({ resource }) => !open.has(resource));
};

/** Answers with contents, by way, and those of them without a line. */
interface Findings {
  readonly shown: Set<string>;
  readonly faults: string[];
}

const judge = async (
  name: string,
  restricted: ReadonlyMap<string, Canary>,
  { shown, faults }: Findings,
): Promise<void> => {
  const telling = troupe.recorder.take().flatMap((recorded: Recorded) => {
    const canaries = recorded.words.flatMap((word) => restricted.get(word) ?? []);
    return canaries.length === 0 ? [] : [{ recorded, canaries }];
  });
  if (telling.length === 0) return;
  const audited = await takeAudited();
  for (const { recorded, canaries } of telling) {
    shown.add(name);
    if (audited.has(recorded.requestId)) continue;
    const left = await stillRestricted(canaries);
    if (left.length === 0) continue;
    const places = left.map(({ place }) => place).join(", ");
    const { method, path } = recorded.request;
    faults.push(
      `${recorded.party}: ${name}: ${method} ${path} ${JSON.stringify(recorded.request.body)} (${recorded.status}): ${places} ${JSON.stringify(recorded.body)}`,
    );
  }
};

const begin = async (word: string): Promise<Vault> => {
  const vault = await makeVault(troupe, `${word}-`, 2, sequence(SEED + word.length));
  troupe.recorder.take();
  await takeAudited();
  return vault;
};

test(
  `every way to read leaves a line for every caller (seed ${SEED})`,
  { timeout: 120_000 },
  async () => {
    const random = sequence(SEED);
    const vault = await begin("read");
    const [cell] = vault.cells;
    if (cell === undefined) throw new Error("The vault is empty.");
    const found: Findings = { shown: new Set(), faults: [] };
    for (const [name, way] of Object.entries(READ_WAYS)) {
      for (const party of EVERYBODY) {
        const reading: Reading = {
          random,
          cell,
          standing,
          made: [],
          ids: troupe.ids,
          transactions: ["1"],
          instant: new Date().toISOString(),
          ask: (request) => troupe.recorder.ask(party, request),
        };
        for (let draw = 0; draw < DRAWS; draw += 1) await way(reading);
        await judge(name, restrictedIn(vault), found);
      }
    }
    console.log("SHOWN", [...found.shown].toSorted().join("\n"));
    expect(found.faults).toEqual([]);
  },
);

test(
  `every way to write leaves a line for every caller (seed ${SEED})`,
  { timeout: 120_000 },
  async () => {
    const random = sequence(SEED + 1);
    const vault = await begin("write");
    const found: Findings = { shown: new Set(), faults: [] };
    let names = 0;
    for (const [at, party] of EVERYBODY.entries()) {
      const cell = vault.cells[at % vault.cells.length];
      if (cell === undefined) throw new Error("The vault is empty.");
      for (const [name, way] of Object.entries(WRITE_WAYS)) {
        const ask: Writing["ask"] = (request) => troupe.recorder.ask(party, request);
        const writing: Writing = {
          party: party === "admin" ? "user" : party,
          random,
          cell,
          made: [],
          standing,
          ids: troupe.ids,
          permissions: troupe.permissions,
          keyed: [],
          fresh: () => `${SEED}-${(names += 1)}`,
          ask,
        };
        for (let draw = 0; draw < DRAWS; draw += 1) await ask(await way(writing));
        await judge(name, restrictedIn(vault), found);
      }
    }
    console.log("SHOWN", [...found.shown].toSorted().join("\n"));
    expect(found.faults).toEqual([]);
  },
);
