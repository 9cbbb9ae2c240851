// Sequences of writes by one party, and reads of all parties after them: a word that appears where
// it could not be read before is a leak.
import type { JsonObject } from "../../../src/model/json.ts";
import { sequence } from "../run/clock.ts";
import { pick, type Random } from "../generators/mutations.ts";
import { PARTIES, type Canary, type Party } from "./canaries.ts";
import { CATALOGUE_WRITES } from "./catalogue-writes.ts";
import { keepAnswers } from "./former.ts";
import { OTHER_WRITES, WORKER_WRITES } from "./other-writes.ts";
import { BROAD_WAYS, READ_WAYS, type ReadWay } from "./reading.ts";
import { RECORD_WRITES } from "./record-writes.ts";
import type { Recorded, Request } from "./recorder.ts";
import type { Actors } from "./actors.ts";
import type { Parties } from "./parties.ts";
import { count, shortOf, type Tally } from "./tally.ts";
import { makeVault, type Vault } from "./vault.ts";
import type { Way, Writing } from "./writing.ts";

/** Every way to write, by operation. */
export const WRITE_WAYS: Readonly<Record<string, Way>> = {
  ...CATALOGUE_WRITES,
  ...RECORD_WRITES,
  ...OTHER_WRITES,
};

/** The parties whose sequences alternate. */
const WRITERS: readonly Party[] = [
  "grantee",
  "editor",
  "owner",
  "former",
  "grantee",
  "key",
  "user",
  "granted",
  "owner",
  "own",
  "worker",
  "nobody",
];

/** Sequences of a block: they share a vault. */
const BLOCK = 40;
const CELLS = 4;
const WRITES_MAX = 4;
const REPLAYS = 0.06;
const KEYED = 0.15;
/** Each party reads in so many random ways when a block has ended. */
const READS_AT_END = 2;

const weighted = (names: Readonly<Record<string, number>>): readonly string[] =>
  Object.entries(names).flatMap(([name, weight]) => Array<string>(weight).fill(name));

const WEIGHTS = {
  "POST /resources/update": 16,
  "POST /resources/create": 12,
  "POST /resources/delete": 2,
  "POST /resources/grants/create": 3,
  "POST /patients/register": 2,
  "POST /data/update/{entity}": 5,
  "POST /data/save/{entity}": 3,
  "PATCH /ds/{dataset}": 3,
  "PUT /ds/{dataset}": 3,
  "POST /source/upload": 1,
};

/** The ways that are chosen most often. */
export const OFTEN_WRITTEN: readonly string[] = Object.keys(WEIGHTS);

const OFTEN = weighted(WEIGHTS);

const RARELY = Object.keys({ ...CATALOGUE_WRITES, ...RECORD_WRITES });
const SELDOM = Object.keys(OTHER_WRITES);

/** How often a worker does what workers do. */
const AT_WORK = 0.7;

const drawWrite = (random: Random, writer: Party): string => {
  if (writer === "worker" && random() < AT_WORK) return pick(random, WORKER_WRITES);
  const lot = random();
  return pick(random, lot < 0.6 ? OFTEN : lot < 0.88 ? RARELY : SELDOM);
};

/** What blocks have in common. */
export interface Company {
  readonly parties: Parties;
  readonly actors: Actors;
  readonly takeAudited: () => Promise<ReadonlySet<string>>;
}

interface Block extends Company {
  readonly seed: number;
  readonly random: Random;
  readonly writer: Party;
  readonly vault: Vault;
  readonly canaries: ReadonlyMap<string, Canary>;
  readonly instant: string;
  readonly keyed: Request[];
  readonly transactions: string[];
  readonly answers: Recorded[];
  /** Created by sequences, by cell. */
  readonly made: string[][];
  /** Successful writes, by cell. */
  readonly taken: string[][];
  names: number;
}

/** What must not be read: what its owner opened may have been opened by the owner's sequences. */
const isLeak = ({ writer }: Block, canary: Canary | undefined, reader: Recorded["party"]) =>
  canary !== undefined &&
  reader !== "admin" &&
  !canary.readers.has(reader) &&
  canary.owner !== writer;

const judge = (block: Block, tally: Tally, cell?: number): void => {
  const recorded = block.parties.recorder.take();
  block.answers.push(...recorded);
  for (const { party, request, status, words } of recorded) {
    for (const word of words) {
      const canary = block.canaries.get(word);
      if (!isLeak(block, canary, party)) continue;
      tally.leaks.push({
        seed: block.seed,
        writer: block.writer,
        place: canary?.place ?? "",
        reader: party,
        answer: shortOf(request, status),
        writes: cell === undefined ? block.taken.flat() : (block.taken[cell] ?? []),
      });
    }
  }
};

const read = async (
  block: Block,
  tally: Tally,
  party: Party | "admin",
  name: string,
  cell: number,
): Promise<void> => {
  let isShown = false;
  await (READ_WAYS[name] as ReadWay)({
    random: block.random,
    cell: block.vault.cells[cell] ?? (block.vault.cells[0] as never),
    actors: block.actors,
    made: (block.made[cell] ?? []).slice(-12),
    ids: block.parties.ids,
    transactions: block.transactions,
    instant: block.instant,
    ask: async (request) => {
      const recorded = await block.parties.recorder.ask(party, request);
      isShown ||= recorded.words.length > 0;
      return recorded;
    },
  });
  count(tally.reads, name, isShown);
};

/** Files that were made from a source. */
const noteFiles = async (block: Block, made: string[], { body }: Recorded): Promise<void> => {
  const flow = ((body ?? {}) as JsonObject)["flow_id"];
  if (typeof flow !== "string") return;
  const filters = { identifier: { starts_with: `${flow}/` } };
  const found = await block.parties.ask("admin", "POST", "/query", { filters, limit: 50 });
  const rows = ((found.body ?? {}) as JsonObject)["results"] as unknown as readonly JsonObject[];
  made.push(flow, ...rows.map(({ identifier }) => String(identifier)));
};

const write = async (block: Block, tally: Tally, made: string[], cell: number): Promise<void> => {
  const { random, writer, parties, keyed } = block;
  const ask = (request: Request) => parties.recorder.ask(writer, request);
  if (keyed.length > 0 && random() < (writer === "former" ? 0.5 : REPLAYS)) {
    await ask(pick(random, keyed));
    return;
  }
  const name = drawWrite(random, writer);
  const writing: Writing = {
    party: writer,
    random,
    cell: block.vault.cells[cell] ?? (block.vault.cells[0] as never),
    made,
    actors: block.actors,
    ids: parties.ids,
    permissions: parties.permissions,
    keyed,
    fresh: () => `${block.seed}-${(block.names += 1)}`,
    ask,
  };
  let request = await (WRITE_WAYS[name] as Way)(writing);
  if (random() < KEYED && request.headers === undefined) {
    request = { ...request, headers: { "idempotency-key": writing.fresh() } };
    keyed.push(request);
  }
  const recorded = await ask(request);
  const isDone = recorded.status < 300;
  count(tally.writes, name, isDone);
  if (recorded.transaction !== null) block.transactions.push(recorded.transaction);
  if (name === "POST /source/upload" && isDone) await noteFiles(block, made, recorded);
  if (isDone) block.taken[cell]?.push(shortOf(request, recorded.status));
};

const readers: readonly Party[] = [...PARTIES, "user", "nobody", "key", "granted"];
const readNames = Object.keys(READ_WAYS);

/** One sequence, and the reads of a few parties after it. */
const runSequence = async (block: Block, tally: Tally, cell: number): Promise<void> => {
  const { random, writer } = block;
  const made: string[] = [];
  const length = 1 + Math.floor(random() * WRITES_MAX);
  for (let step = 0; step < length; step += 1) await write(block, tally, made, cell);
  block.made[cell]?.push(...made);
  const broad = pick(random, BROAD_WAYS);
  await read(block, tally, random() < 0.3 ? writer : pick(random, readers), broad, cell);
  await read(block, tally, pick(random, readers), pick(random, readNames), cell);
  judge(block, tally, cell);
  tally.sequences += 1;
};

/** All parties, and administrators, read in random ways. */
const readAtEnd = async (block: Block, tally: Tally): Promise<void> => {
  const { random } = block;
  for (const party of [...PARTIES, "admin"] as const) {
    for (let at = 0; at < READS_AT_END; at += 1) {
      const cell = Math.floor(random() * CELLS);
      await read(block, tally, party, pick(random, readNames), cell);
    }
  }
  judge(block, tally);
};

/** Restricted content in a response needs an audit record, unless its owner may have opened it. */
const judgeAudit = async (block: Block, tally: Tally): Promise<void> => {
  const audited = await block.takeAudited();
  for (const { party, request, requestId, status, words } of block.answers) {
    const places = words.flatMap((word) => {
      const canary = block.canaries.get(word);
      return canary?.kind === "restricted" && canary.owner !== block.writer ? canary.place : [];
    });
    if (places.length === 0 || audited.has(requestId)) continue;
    tally.unaudited.push(`${party}: ${shortOf(request, status)}: ${places.join(", ")}`);
  }
};

/** One block of sequences of one party, over a vault of its own. */
export const runBlock = async (
  company: Company,
  seed: number,
  sequences: number,
  tally: Tally,
): Promise<void> => {
  const { parties, actors } = company;
  const random = sequence(seed);
  const writer = WRITERS[seed % WRITERS.length] as Party;
  const vault = await makeVault(parties, `v${seed}-`, CELLS, random);
  const keyed = writer === "former" ? await keepAnswers(parties, vault) : [];
  const [mid] = vault.cells;
  const { body } = await parties.ask("admin", "POST", "/resources/read", {
    identifiers: [mid?.mid ?? ""],
  });
  const canaries = new Map(vault.canaries);
  for (const canary of actors.canaries) canaries.set(canary.text, canary);
  const block: Block = {
    ...company,
    seed,
    random,
    writer,
    vault,
    canaries,
    instant: String((body as unknown as readonly JsonObject[])[0]?.["updated_at"]),
    keyed,
    transactions: [],
    answers: [],
    made: vault.cells.map(() => []),
    taken: vault.cells.map(() => []),
    names: 0,
  };
  parties.recorder.take();
  for (let at = 0; at < Math.min(BLOCK, sequences); at += 1) {
    await runSequence(block, tally, at % CELLS);
  }
  await readAtEnd(block, tally);
  await judgeAudit(block, tally);
};
