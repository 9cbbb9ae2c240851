// Every response with contents of restricted resources or their objects has an audit record.
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adminToken, setting, workerFetch } from "../../../support/fixtures/callers.ts";
import { seedOf, sequence } from "../../../support/run/clock.ts";
import { interceptFetch, type Intercepted } from "../../../support/servers/intercepted-fetch.ts";
import { byId, pathOf } from "../../../support/clients/datasets.ts";
import { PARTIES, type Canary } from "../../../support/access/canaries.ts";
import { READ_WAYS, type Reading } from "../../../support/access/reading.ts";
import { auditReader, type Recorded, type Request } from "../../../support/access/recorder.ts";
import { WRITE_WAYS } from "../../../support/access/sequences.ts";
import { makeActors, type Actors } from "../../../support/access/actors.ts";
import { assembleParties, type Parties } from "../../../support/access/parties.ts";
import { makeVault, type Cell, type Vault } from "../../../support/access/vault.ts";
import type { Writing } from "../../../support/access/writing.ts";

const SEED = seedOf(setting("FC_SEED"));
/** How often each way to read runs for each caller. */
const RUNS_EACH = 2;
const EVERYBODY = [...PARTIES, "admin"] as const;

let parties: Parties;
let actors: Actors;
let outside: Intercepted;
let takeAudited: () => Promise<ReadonlySet<string>>;

beforeAll(async () => {
  outside = interceptFetch(() => null);
  parties = await assembleParties();
  actors = await makeActors(workerFetch, await adminToken(), parties, sequence(~SEED));
  takeAudited = auditReader();
}, 60_000);
afterAll(() => outside.end());

/** Canaries of restricted resources, by word. */
const restrictedIn = (vault: Vault): ReadonlyMap<string, Canary> =>
  new Map(
    [...vault.canaries.values(), ...actors.canaries]
      .filter(({ kind }) => kind === "restricted")
      .map((canary) => [canary.text, canary]),
  );

/** The canaries that are still restricted: an owner or an administrator may have opened the others. */
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

/** The ways that have disclosed contents, and the errors of responses. */
interface Findings {
  readonly shown: Set<string>;
  readonly faults: string[];
}

const newFindings = (): Findings => ({ shown: new Set(), faults: [] });

const placesOf = (canaries: readonly Canary[]): string =>
  canaries.map(({ place }) => place).join(", ");

/** Records the responses of one way with restricted contents, and those without an audit record. */
const judge = async (
  name: string,
  answers: readonly Recorded[],
  restricted: ReadonlyMap<string, Canary>,
  { shown, faults }: Findings,
): Promise<void> => {
  const telling = answers.flatMap((recorded) => {
    const canaries = recorded.words.flatMap((word) => restricted.get(word) ?? []);
    return canaries.length === 0 ? [] : [{ recorded, canaries }];
  });
  if (telling.length === 0) return;
  shown.add(name);
  const audited = await takeAudited();
  for (const { recorded, canaries } of telling) {
    if (audited.has(recorded.requestId)) continue;
    const left = await stillRestricted(canaries);
    if (left.length === 0) continue;
    const { party, request, status } = recorded;
    faults.push(`${party}: ${name}: ${JSON.stringify(request)} ${status}: ${placesOf(left)}`);
  }
};

/** Words in responses to callers that may not read them, before any change. */
const misread = (answers: readonly Recorded[], vault: Vault): readonly string[] =>
  answers.flatMap(({ party, request, words }) => {
    const known = [...vault.canaries.values(), ...actors.canaries];
    const foreign = known.filter(
      ({ text, readers }) => words.includes(text) && !readers.has(party),
    );
    return foreign.length === 0
      ? []
      : [`${party} reads ${placesOf(foreign)}: ${JSON.stringify(request)}`];
  });

const begin = async (prefix: string, seed: number): Promise<Vault> => {
  const vault = await makeVault(parties, prefix, 2, sequence(seed));
  parties.recorder.take();
  await takeAudited();
  return vault;
};

const cellOf = ({ cells }: Vault, at: number): Cell => {
  const cell = cells[at % cells.length];
  if (cell === undefined) throw new Error("The vault is empty.");
  return cell;
};

/** Ways that always disclose restricted contents. */
const SHOWING = [
  "POST /query",
  "POST /query/parquet",
  "POST /resources/read",
  "POST /exports",
  "GET /exports/{id}",
  "GET /ds/{dataset}",
  "GET /datasources/stats",
  "GET /datasources/detailed-stats",
  "GET /api/files",
  "GET /api/files/{id}",
  "GET /api/instruments/{id}",
  "GET /api/storage-locations/{id}/test",
];

const TIMEOUT = 240_000;

test(
  `every read returns only what its caller may see, and is recorded (seed ${SEED})`,
  { timeout: TIMEOUT },
  async () => {
    const random = sequence(SEED);
    const vault = await begin("read-", SEED + 1);
    const found = newFindings();
    for (const [name, way] of Object.entries(READ_WAYS)) {
      for (const party of EVERYBODY) {
        const reading: Reading = {
          random,
          cell: cellOf(vault, 0),
          actors,
          made: [],
          ids: parties.ids,
          transactions: ["1"],
          instant: new Date().toISOString(),
          ask: (request) => parties.recorder.ask(party, request),
        };
        for (let run = 0; run < RUNS_EACH; run += 1) await way(reading);
      }
      const answers = parties.recorder.take();
      found.faults.push(...misread(answers, vault));
      await judge(name, answers, restrictedIn(vault), found);
    }
    expect(found.faults).toEqual([]);
    expect([...found.shown]).toEqual(expect.arrayContaining(SHOWING));
  },
);

const EVERYTHING = { field: "*", recursive: true };

/** Writes whose responses contain the changed resources. */
const echoes = ({ mid, note, keys }: Cell): readonly Request[] => {
  const query = { field: "_id", op: "=", rvalue: mid };
  const update = { $set: { citation: "changed" } };
  const request = { entity: "dataset", query, update, projection: EVERYTHING };
  const missing = { ...request, update: { $set: { s3_path: keys[0] ?? "" } } };
  return [
    { method: "POST", path: "/data/update/dataset", body: request },
    { method: "POST", path: "/data/update/dataset", body: missing },
    {
      method: "POST",
      path: "/data/bulk",
      body: {
        requests: [
          { seq: 0, op: "update", request },
          { seq: 1, op: "find", request: { entity: "dataset", query, projection: EVERYTHING } },
        ],
      },
    },
    { method: "PATCH", path: pathOf("vault_notes", { cond: byId(note) }), body: {} },
    { method: "DELETE", path: pathOf("vault_notes", { cond: byId(note) }) },
  ];
};

test(
  "writes that return what they change record the disclosure",
  { timeout: TIMEOUT },
  async () => {
    const vault = await begin("echo-", SEED + 2);
    const found = newFindings();
    for (const [at, party] of (["owner", "admin"] as const).entries()) {
      const cell = cellOf(vault, at);
      for (const request of echoes(cell)) {
        await parties.recorder.ask(party, request);
        const name = `${party} ${request.method} ${request.path.split("?")[0] ?? ""}`;
        await judge(name, parties.recorder.take(), restrictedIn(vault), found);
      }
    }
    expect(found.faults).toEqual([]);
    expect([...found.shown].toSorted()).toEqual([
      "admin DELETE /ds/vault_notes",
      "admin PATCH /ds/vault_notes",
      "admin POST /data/bulk",
      "admin POST /data/update/dataset",
      "owner POST /data/bulk",
      "owner POST /data/update/dataset",
    ]);
  },
);

test(`every write records what it discloses (seed ${SEED})`, { timeout: TIMEOUT }, async () => {
  const random = sequence(SEED + 3);
  const vault = await begin("write-", SEED + 4);
  const found = newFindings();
  let names = 0;
  for (const [at, party] of EVERYBODY.entries()) {
    const ask: Writing["ask"] = (request) => parties.recorder.ask(party, request);
    for (const [name, way] of Object.entries(WRITE_WAYS)) {
      const writing: Writing = {
        party,
        random,
        cell: cellOf(vault, at),
        made: [],
        actors,
        ids: parties.ids,
        permissions: parties.permissions,
        keyed: [],
        fresh: () => `${SEED}-${(names += 1)}`,
        ask,
      };
      for (let run = 0; run < RUNS_EACH; run += 1) await ask(await way(writing));
      await judge(name, parties.recorder.take(), restrictedIn(vault), found);
    }
  }
  expect(found.faults).toEqual([]);
  const ofAdmins = ["PATCH /api/instruments/{id}", "POST /api/harvest/runs/claim"];
  expect([...found.shown]).toEqual(expect.arrayContaining(ofAdmins));
});
