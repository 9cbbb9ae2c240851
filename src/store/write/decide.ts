/** Plans of decisions: writes whose changes follow from what was loaded. Pure. */
import { authorizeOn } from "../../identity/policy.ts";
import { AppError, type ErrorDetail } from "../../model/error.ts";
import type { Json } from "../../model/json.ts";
import type { Disclosed } from "../../model/transaction.ts";
import type { Registry } from "../../schema/type.ts";
import { requireReading } from "../visibility/entity-access.ts";
import { rowsOfLinked } from "../read/related.ts";
import type { Decision, Subject } from "./decision.ts";
import { NO_LINKS, planCascade, planLinks } from "./links.ts";
import type { Loaded, Moment } from "./load.ts";
import {
  applyChanges,
  finish,
  HEAVY,
  throwErrors,
  fully,
  type Plan,
  type SequenceStep,
} from "./plan.ts";

/** Numbers of sequences, from those that were loaded on. */
const sequencesFrom = (loaded: Loaded) => {
  const given = new Map<string, number>();
  return {
    next: (name: string, initialValue: number): number => {
      const last = given.get(name) ?? loaded.sequences.get(name);
      const number = last === undefined ? initialValue : last + 1;
      given.set(name, number);
      return number;
    },
    steps: (): readonly SequenceStep[] =>
      [...given].map(([name, last]) => ({
        name,
        last,
        before: loaded.sequences.get(name) ?? null,
      })),
  };
};

/** A plan and what its decision answers. */
export interface PlannedDecision {
  /** How many restricted resources the answer may show. */
  readonly restricted: number;
  /** What it may show; null where it shows nobody anything. */
  readonly shown: Disclosed | null;
  readonly planned: Plan;
  readonly answer: Json;
}

interface Read {
  readonly identifier: string;
  readonly is_restricted: number;
}

/**
 * The resources that were read for the answer of a decision. What it changes its transaction tells;
 * that it shows others, or shows them without a change, is to be told as well.
 */
const readFor = (loaded: Loaded, { identifiers }: Subject): readonly Read[] => {
  const named = identifiers.flatMap((identifier) => loaded.rows.get(identifier) ?? []);
  const own = new Map([...loaded.matched, ...named].map((row) => [row.identifier, row]));
  const rows = [...own.values()].filter((row) => row.is_visible === 1 && row.is_deleted === 0);
  return [...rows, ...rowsOfLinked(loaded.linked)];
};

/** Each round finds everything that is wrong; what is left over can only be wrong by the others. */
const ROUNDS_MAX = 100;

/**
 * Plans the changes of a decision. Each stands alone: what cannot be done goes back to the decision,
 * which then decides without it.
 */
export function planDecision(
  loaded: Loaded,
  registry: Registry,
  decision: Decision,
  { now, compare }: Pick<Moment, "now" | "compare">,
): PlannedDecision {
  const { caller } = loaded;
  const subject = decision.subject(registry, caller);
  const { payloadType, needs = [], cascade } = subject;
  for (const action of new Set(decision.actions)) {
    // Of its own, if of no other: what belongs to others is judged one by one.
    authorizeOn(caller, action, { payloadType, isOwn: decision.elevated !== true });
  }
  for (const name of needs) authorizeOn(caller, "read", { payloadType: name, isOwn: true });
  if (decision.whole === true) {
    for (const name of [payloadType, ...needs]) requireReading(registry, caller, name);
  }
  const refused = new Map<string, readonly ErrorDetail[]>();
  if (loaded.isHeavy) throw new AppError("too_large", HEAVY.detail, { details: [HEAVY] });
  for (let round = 1; ; round += 1) {
    const { next, steps } = sequencesFrom(loaded);
    const source = { now, uuid: () => crypto.randomUUID(), next };
    const known = { ...loaded, principal: caller, registry, source, refused, compare };
    const decided = decision.decide(known);
    const applied = applyChanges(loaded, registry, { changes: decided.changes });
    const { planning } = applied;
    const links =
      cascade === undefined
        ? decided.links === undefined
          ? NO_LINKS
          : planLinks(planning, decided.links)
        : planCascade(planning, loaded);
    const { notFound, forbidden, conflict, bad } = planning.faults;
    const faults = [...forbidden, ...notFound, ...conflict, ...bad];
    if (faults.length === 0) {
      const { secrets = [], claims = {}, checks = [], lease = null, answer } = decided;
      const planned = { ...finish(applied, steps(), links), secrets, claims, checks, lease };
      if (decision.whole === true) fully(planned, registry, caller);
      // Whether the product's own work shows anything, it says itself.
      const read = decision.elevated === true ? null : readFor(loaded, subject);
      const told = (decided.shows ?? []).flatMap((name) => loaded.rows.get(name) ?? []);
      return {
        planned,
        answer,
        restricted: (read ?? told).filter((row) => row.is_restricted === 1).length,
        shown: read && {
          actions: decision.actions,
          payloadType,
          identifiers: [
            ...new Set([...read, ...loaded.others].map(({ identifier }) => identifier)),
          ],
          ...(decision.whole === true ? { whole: true } : {}),
        },
      };
    }
    const isKnown = faults.every(({ identifier = "" }) => refused.has(identifier));
    for (const [identifier, own] of Map.groupBy(faults, (each) => each.identifier ?? "")) {
      refused.set(identifier, own);
    }
    // A decision that repeats what was refused, or names things anew, would go on for ever.
    if (isKnown || round === ROUNDS_MAX) throwErrors(planning.faults);
  }
}
