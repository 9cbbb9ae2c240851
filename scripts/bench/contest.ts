/** Runs two sides alternately. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Checked } from "./check.ts";
import { type Call, runRound, send, type Target } from "./load.ts";
import { compare, type Comparison, type Round } from "./measure.ts";

/** One side of a contest. */
export interface Side {
  readonly label: string;
  readonly target: Target;
  readonly next: () => Call;
  /** Processes whose CPU time counts, as they are now. */
  readonly pids: () => readonly number[];
}

/** Two sides with the same responses. */
export interface Contest {
  readonly name: string;
  readonly title: string;
  readonly concurrency: number;
  readonly weight: number;
  readonly goal?: number;
  /** The reference of the subject. */
  readonly reference: Side;
  readonly subject: Side;
  readonly checked: Checked | null;
}

/** The cost of a product's request in the database. */
export interface Usage {
  readonly d1Calls: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

/** The outcome of a contest. */
export interface Outcome extends Comparison {
  readonly name: string;
  readonly title: string;
  readonly referenceLabel: string;
  readonly subjectLabel: string;
  readonly goal: number | null;
  readonly checked: Checked | null;
  /** Null when no request of the product was examined. */
  readonly usage: Usage | null;
}

/** Duration and number of rounds. */
export interface Schedule {
  readonly rounds: number;
  /** Length of a round of weight 1. */
  readonly seconds: number;
}

const WARM_UP_SHARE = 0.4;
const WARM_UP_SECONDS_MIN = 0.3;
const PAUSE_MILLIS = 50;

/** Runs the rounds A B A B ...; they never overlap, so that CPU time belongs to one side. */
export const runContest = async (
  contest: Contest,
  { rounds, seconds }: Schedule,
): Promise<Comparison> => {
  const { concurrency, weight, reference, subject } = contest;
  const length = seconds * weight;
  const run = async ({ target, next, pids }: Side, duration: number): Promise<Round> => {
    await sleep(PAUSE_MILLIS);
    return runRound(target, next, { concurrency, seconds: duration, pids });
  };
  const warmUp = Math.max(WARM_UP_SECONDS_MIN, length * WARM_UP_SHARE);
  await run(reference, warmUp);
  await run(subject, warmUp);
  const results: { readonly reference: Round[]; readonly subject: Round[] } = {
    reference: [],
    subject: [],
  };
  for (let round = 0; round < rounds; round += 1) {
    results.reference.push(await run(reference, length));
    results.subject.push(await run(subject, length));
  }
  return compare(results.reference, results.subject);
};

const LOG_SECONDS_MAX = 2;

const logged = async (lines: readonly string[], requestId: string): Promise<Usage | null> => {
  const deadline = Date.now() + LOG_SECONDS_MAX * 1000;
  while (Date.now() < deadline) {
    const line = lines.find((each) => each.includes(requestId));
    if (line !== undefined) {
      const entry = JSON.parse(line) as Record<string, number>;
      return {
        d1Calls: entry["d1_calls"] ?? 0,
        rowsRead: entry["rows_read"] ?? 0,
        rowsWritten: entry["rows_written"] ?? 0,
      };
    }
    await sleep(10);
  }
  return null;
};

/**
 * Sends a call to the product with its request log, and reads its cost there; the worst of several.
 */
export const examine = async (
  probe: Target,
  next: () => Call,
  lines: readonly string[],
): Promise<Usage | null> => {
  const usages: Usage[] = [];
  for (let count = 0; count < 3; count += 1) {
    const { headers } = await send(probe, next());
    const usage = await logged(lines, String(headers["x-request-id"]));
    if (usage !== null) usages.push(usage);
  }
  const most = (figure: (usage: Usage) => number): number => Math.max(...usages.map(figure));
  return usages.length === 0
    ? null
    : {
        d1Calls: most((usage) => usage.d1Calls),
        rowsRead: most((usage) => usage.rowsRead),
        rowsWritten: most((usage) => usage.rowsWritten),
      };
};
