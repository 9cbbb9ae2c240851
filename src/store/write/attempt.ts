/** What one attempt at a write leaves for the next one to look at. */
import type { Receipt } from "../../model/transaction.ts";
import type { Registry } from "../../schema/type.ts";
import { heightStatements } from "./ancestry.ts";
import type { WantedKey } from "./keys.ts";
import { closingStatements } from "./link-statements.ts";
import type { Doubts } from "./load.ts";
import type { Plan } from "./plan.ts";
import { candidatesOf } from "./register.ts";

/** What is remembered of the attempts of one write. */
export interface Attempt {
  /** Last transaction seen, when the outcome of a batch is unknown. */
  since: number | null;
  planned: Plan | null;
  /** The registry by which it was planned. */
  registry: Registry | null;
  /** What it would have answered. */
  receipt: Receipt | null;
  /** Values of unique keys that it wanted, when an index refused it. */
  wanted: readonly WantedKey[];
  /** How many batches were tried before. */
  batches: number;
}

/** How many names beyond a failed attempt's own are looked up in all; four times more each time. */
const SUSPECTS_BASE = 64;

/** Names that may have been given to others since. */
export function suspectsOf({ planned, batches }: Attempt): readonly string[] {
  const last = new Map(planned?.allocations.map((each) => [each.scope, each]));
  const beyond = Math.ceil((SUSPECTS_BASE * 4 ** batches) / Math.max(1, last.size));
  return [
    ...(planned?.allocations.map((each) => each.identifier) ?? []),
    ...[...last.values()].flatMap(({ payloadType, scope, number }) =>
      candidatesOf(payloadType, scope, number + 1, beyond),
    ),
  ];
}

/** What might have been too much in the batch that was refused. */
export function doubtsOf({ planned, registry }: Attempt): Doubts {
  return planned === null || registry === null
    ? { isPlacing: false, heights: [], closing: [] }
    : {
        isPlacing: planned.levels.rooms.length + planned.levels.links.length > 0,
        heights: heightStatements(planned.levels.deepened, planned.levels.moved),
        closing: closingStatements(planned, registry),
      };
}

/** Nothing was tried yet. */
export function firstAttempt(): Attempt {
  return {
    since: null,
    planned: null,
    registry: null,
    receipt: null,
    wanted: [],
    batches: 0,
  };
}
