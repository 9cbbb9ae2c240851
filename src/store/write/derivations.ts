/**
 * That nothing is derived from itself. A cycle leads through a resource whose sources change, so it
 * is enough to know the stored derivations on one side of these: what is derived from them, or what
 * their new sources are derived from. The first is looked at first: mostly there is none.
 */
import { LIMITS } from "../../model/limits.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { findCycles } from "./cycles.ts";
import { fault, sourcesOf, type Draft } from "./draft.ts";
import type { DerivationRow } from "./load-rows.ts";
import { hasNewSources } from "./edges.ts";
import { listed } from "./parts.ts";
import type { Planning } from "./plan.ts";
import { hasChanged } from "./update.ts";
import { edgesOn, walkTable, type Way } from "./walk.ts";

/** The stored derivations on one side of a write. */
export interface Derivations {
  /** Stored resources of which the sources may change. */
  readonly asked: ReadonlySet<string>;
  readonly way: Way;
  readonly found: readonly DerivationRow[];
  /** False when there are more, on both sides, than one write looks at. */
  readonly isWhole: boolean;
}

/** What a plan relies on: from (above) or to (below) these, no derivations have been added. */
export interface DerivationReliance {
  readonly way: Way;
  readonly identifiers: readonly string[];
}

/** Nothing is relied on. */
const NO_DERIVATIONS: DerivationReliance = { way: "below", identifiers: [] };

const MOST = LIMITS.derivationsReadMax;

const walk = (way: Way, starts: string): string =>
  walkTable(way, {
    way,
    kinds: ["'derived_from'"],
    starts,
    ends: "SELECT value FROM changed",
    most: MOST + 1,
  });

/** The statements of both ways; the second finds nothing when the first has come to its end. */
export function derivationStatements(
  rederived: readonly string[],
  sources: readonly string[],
): (readonly [Way, Statement<DerivationRow>])[] {
  if (rederived.length === 0 || sources.length === 0) return [];
  const changed = sql`changed(value) AS MATERIALIZED (${listed(rederived)})`;
  const below = raw(walk("below", "SELECT value FROM changed"));
  const isCut = `(SELECT count(*) FROM below) > ${MOST}`;
  const above = raw(walk("above", `SELECT value FROM sources WHERE ${isCut}`));
  return [
    [
      "below",
      sql`WITH RECURSIVE ${changed}, ${below} SELECT far AS target, near AS source FROM below`,
    ],
    [
      "above",
      sql`WITH RECURSIVE ${changed}, sources(value) AS MATERIALIZED (${listed(sources)}),
        ${below}, ${above} SELECT near AS target, far AS source FROM above`,
    ],
  ];
}

/** What is known of derivations, from the rows of those statements. */
export function readDerivations(
  asked: readonly string[],
  below: readonly DerivationRow[],
  above: readonly DerivationRow[],
): Derivations {
  const way = below.length <= MOST ? "below" : "above";
  const found = way === "below" ? below : above;
  return {
    asked: new Set(asked),
    way,
    found,
    isWhole: found.length <= MOST,
  };
}

const requireAsked = ({ loaded }: Planning, changed: readonly Draft[]): void => {
  if (changed.every(({ identifier }) => loaded.derivations.asked.has(identifier))) return;
  throw new Error("A write changes the sources of a resource without what is derived from it.");
};

const refuseSize = (planning: Planning, changed: readonly Draft[]): void => {
  const detail =
    `Expected a resource from which, or sources that, at most ${MOST} derivations lead on: ` +
    "name fewer sources at once, or create a new resource with these.";
  for (const draft of changed) {
    planning.faults.bad.push(fault(draft, "derived_from", "too_large", detail));
  }
};

/** Edges of what changes are closed and opened one by one. */
const refuseMany = (planning: Planning, derived: readonly Draft[]): void => {
  const most = LIMITS.sourcesTouchedMax;
  const changed = derived.filter(hasNewSources);
  const stored = (draft: Draft): number =>
    draft.before === null ? 0 : sourcesOf(draft.before).length;
  const count = changed.reduce((sum, draft) => sum + draft.derivedFrom.length + stored(draft), 0);
  if (count <= most) return;
  const detail = `Expected at most ${most} sources in all, named and replaced: change fewer resources at once.`;
  planning.faults.bad.push({ path: "derived_from", code: "too_large", detail });
};

/**
 * Checks that no resource is derived from itself; faults are collected in the planning.
 *
 * @param derived drafts that name their sources.
 * @throws Error when derivations were not loaded that have to be known: a defect of the decision.
 */
export function checkDerivations(
  planning: Planning,
  derived: readonly Draft[],
): DerivationReliance {
  const { loaded } = planning;
  const { way, found, isWhole } = loaded.derivations;
  const changed = derived.filter(
    (draft) => draft.before !== null && draft.derivedFrom.length > 0 && hasNewSources(draft),
  );
  requireAsked(planning, changed);
  refuseMany(planning, derived);
  if (changed.length > 0 && !isWhole) {
    refuseSize(planning, changed);
    return NO_DERIVATIONS;
  }
  const drafts = new Map(derived.map((draft) => [draft.identifier, draft]));
  const stored = Map.groupBy(found, ({ target }) => target);
  const cyclic = findCycles(
    [...drafts.keys()],
    (identifier) =>
      drafts.get(identifier)?.derivedFrom ??
      (stored.get(identifier) ?? []).map(({ source }) => source),
  );
  for (const draft of derived) {
    // An edge that stood before closes no cycle: only a new one is to blame.
    if (!cyclic.has(draft.identifier) || !hasChanged(draft)) continue;
    planning.faults.bad.push(
      fault(draft, "derived_from", "cycle", "A resource cannot be derived from itself."),
    );
  }
  if (changed.length === 0) return NO_DERIVATIONS;
  const starts =
    way === "below" ? loaded.derivations.asked : derived.flatMap((draft) => draft.derivedFrom);
  const reached = found.flatMap(({ target, source }) => [target, source]);
  return { way, identifiers: [...new Set([...starts, ...reached])] };
}

/** Conditions of a guard: something was derived from, or by, what the plan has looked at since. */
export function derivationGuards(
  { way, identifiers }: DerivationReliance,
  since: number,
): readonly Sql[] {
  const { from, table } = edgesOn(way, "e");
  return jsonChunks(identifiers).map(
    ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
      CROSS JOIN ${raw(table)} ON e.kind = 'derived_from' AND e.${raw(from)} = j.value
      AND e.tx_from > ${raw(String(since))})`,
  );
}
