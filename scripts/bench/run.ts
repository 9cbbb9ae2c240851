/** Runs the benchmark from its workloads to its outcomes. */
import { join } from "node:path";
import { createTokens } from "../../src/identity/token.ts";
import { parseSigningKeys } from "../../src/identity/signing-key.ts";
import type { freshSecrets } from "../../src/server/secrets.ts";
import { checkAnswers, type Pair, WrongAnswer } from "./check.ts";
import type { CohortSize } from "./cohort.ts";
import { type Contest, examine, type Outcome, runContest, type Schedule } from "./contest.ts";
import { projectRoot } from "../support/project.ts";
import { USERS } from "./data.ts";
import { type Call, send, type Target } from "./load.ts";
import { startServed } from "./served.ts";
import type { Bundles, Servers } from "./servers.ts";
import { runStarts } from "./start.ts";
import type { Workload } from "./workload.ts";
import { callsOf, deepCall, servedWorkload } from "./workloads.ts";

/** What the parts of the benchmark share. */
export interface Bench {
  readonly servers: Servers;
  readonly size: CohortSize;
  readonly pair: Pair;
  readonly probe: Target;
  readonly schedule: Schedule;
  /** Settings of the started servers. */
  readonly seed: { readonly file: string; readonly secrets: ReturnType<typeof freshSecrets> };
  readonly bundles: Bundles;
  /** A folder for the files of a contest. */
  readonly folder: string;
  /** The product's log so far. */
  readonly lines: readonly string[];
}

/** A token of a user of the data. */
export const tokenFor = async (role: string, signingKeys: string): Promise<string> => {
  const user = USERS.find((each) => each.role === role);
  if (user === undefined) throw new Error(`The data hold no ${role}.`);
  const tokens = createTokens(parseSigningKeys(signingKeys));
  return tokens.issue({ userId: user.id, role: user.role, tokenVersion: 1 });
};

const outcomeOf = async (
  bench: Bench,
  contest: Contest,
  probing: (() => Call) | null,
): Promise<Outcome> => {
  const { probe, lines, schedule } = bench;
  const usage = probing === null ? null : await examine(probe, probing, lines);
  const comparison = await runContest(contest, schedule);
  return {
    ...comparison,
    name: contest.name,
    title: contest.title,
    referenceLabel: contest.reference.label,
    subjectLabel: contest.subject.label,
    goal: contest.goal ?? null,
    checked: contest.checked,
    usage,
  };
};

/** Lets the product work out its counts once, as the Cron Trigger does every five minutes. */
export const refresh = async (admin: Target): Promise<void> => {
  const path = "/admin/materialized-views/refresh";
  const { status, text } = await send(admin, { path, body: "" });
  if (status !== 200) throw new Error(`The refresh answered ${status}: ${text}`);
};

/** Checks and measures one workload of the product against the floor. */
export const runWorkload = async (bench: Bench, workload: Workload): Promise<Outcome> => {
  const { pair, size, servers } = bench;
  const [product, floor] = [callsOf(workload), callsOf(workload)];
  floor();
  const checked = await checkAnswers(pair, workload, product(), size);
  const contest: Contest = {
    ...workload,
    reference: { label: "floor", target: pair.floor, next: floor, pids: () => servers.pids },
    subject: { label: "product", target: pair.product, next: product, pids: () => servers.pids },
    checked,
  };
  return outcomeOf(bench, contest, product);
};

interface Page {
  readonly results: readonly { readonly identifier: string }[];
  readonly next_cursor: string | null;
}

const readPage = async (target: Target, limit: number, cursor?: string): Promise<Page> => {
  const { status, text } = await send(target, deepCall(limit, cursor));
  if (status !== 200) throw new WrongAnswer(`deep: a page answered ${status}: ${text}`);
  return JSON.parse(text) as Page;
};

const STRIDE = 5_000;
const CURSORS = 40;
const LIMITS = [98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108];

/** Cursors from 500 pages of 100 on, a few rows apart; every row before them was read once. */
const walk = async (target: Target, rows: number): Promise<readonly string[]> => {
  const seen = new Set<string>();
  let cursor: string | undefined;
  const cursors: string[] = [];
  while (cursors.length < CURSORS) {
    const limit = seen.size < rows ? Math.min(STRIDE, rows - seen.size) : 10;
    const { results, next_cursor: next } = await readPage(target, limit, cursor);
    for (const { identifier } of results) {
      if (seen.has(identifier)) throw new WrongAnswer(`deep: ${identifier} came twice`);
      seen.add(identifier);
    }
    if (results.length !== limit || next === null) throw new WrongAnswer("deep: a page is short");
    cursor = next;
    if (seen.size >= rows) cursors.push(next);
  }
  return cursors;
};

/**
 * Compares page 500 of a walk with its page 1. Cursors and limits alternate, since a page of a walk
 * reads a past state, which the product would otherwise serve from its cache.
 */
export const runDeepPage = async (bench: Bench): Promise<Outcome> => {
  const { pair, size, servers } = bench;
  const rows = size.images >= 100_000 ? 50_000 : Math.floor(size.images / 2);
  const cursors = await walk(pair.product, rows);
  let step = 0;
  const deep = (): Call => {
    step += 1;
    const limit = LIMITS[Math.floor(step / cursors.length) % LIMITS.length] ?? 100;
    return deepCall(limit, cursors[step % cursors.length]);
  };
  const sides = { target: pair.product, pids: () => servers.pids };
  const contest: Contest = {
    name: "deep",
    title: `page ${rows / 100} by cursor against page 1`,
    concurrency: 8,
    weight: 1,
    goal: 1 / 1.3,
    reference: { ...sides, label: "page 1", next: () => deepCall(100) },
    subject: { ...sides, label: "deep page", next: deep },
    checked: null,
  };
  return outcomeOf(bench, contest, deep);
};

/**
 * Measures a read by `vxdata serve` against the product's own socket: all processes of the server
 * count.
 *
 * @param log whether requests are logged, as they are by default.
 */
export const runServed = async (bench: Bench, log: boolean): Promise<Outcome> => {
  const { folder, pair, seed, servers, size } = bench;
  const name = log ? "serve-log" : "serve";
  const served = await startServed({
    seedFile: seed.file,
    folder: join(folder, name),
    settings: { ...seed.secrets, REQUEST_LOG: String(log) },
  });
  try {
    await refresh({ url: served.url, token: await tokenFor("admin", seed.secrets.SIGNING_KEYS) });
    const workload = servedWorkload(size, log);
    const [direct, subject] = [callsOf(workload), callsOf(workload)];
    const target = { url: served.url, token: pair.product.token };
    const checked = await checkAnswers(
      { product: target, floor: pair.product },
      workload,
      subject(),
      size,
    );
    direct();
    const contest: Contest = {
      ...workload,
      name,
      reference: { label: "socket", target: pair.product, next: direct, pids: () => servers.pids },
      subject: { label: "vxdata serve", target, next: subject, pids: () => served.pids },
      checked,
    };
    return await outcomeOf(bench, contest, null);
  } finally {
    await served.stop();
  }
};

/** Measures starts of the product against starts of the floor. */
export const runStart = async ({
  bundles,
  folder,
  pair,
  schedule,
  seed,
}: Bench): Promise<Outcome> =>
  runStarts({
    bundles,
    assets: join(projectRoot, "assets"),
    seedFile: seed.file,
    folder: join(folder, "starts"),
    secrets: seed.secrets,
    token: pair.product.token,
    rounds: schedule.rounds,
  });
