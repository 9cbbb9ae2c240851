/** Links between records: what a write opens and closes, and the deletions that go along them. Pure. */
import { hasMany, isShared, linkKind, type Link, type Relation } from "../../model/relation.ts";
import { LIMITS } from "../../model/limits.ts";
import { mayOn } from "../../identity/policy.ts";
import type { Registry } from "../../schema/type.ts";
import { draftOf, fault } from "./draft.ts";
import type { Loaded } from "./load.ts";
import { permit } from "./permit.ts";
import type { LoadedRow } from "./row.ts";
import type { Planning } from "./plan.ts";

/** Links that a decision opens and closes. */
export interface LinkChanges {
  readonly opened: readonly Link[];
  readonly closed: readonly Link[];
}

/** What becomes of links, as a part of a plan. */
export interface LinkPlan extends LinkChanges {
  /** Stored ends of opened links: they must be live when the batch runs. */
  readonly ends: readonly string[];
  /** Links that the plan relies on: they must be open when the batch runs. */
  readonly relied: readonly Link[];
  /** Records that take no new links between the load and the batch; and the transaction of the load. */
  readonly rollup: readonly string[];
  readonly since: number;
}

/** No links at all. */
export const NO_LINKS: LinkPlan = {
  opened: [],
  closed: [],
  ends: [],
  relied: [],
  rollup: [],
  since: 0,
};

/** A relation with the type of its parents. */
export interface KnownRelation extends Relation {
  readonly parentType: string;
  readonly kind: string;
}

/** All relations of a registry. */
export function allRelations(registry: Registry): readonly KnownRelation[] {
  return [...registry.types.values()].flatMap((type) =>
    type.relations.map((relation) => ({
      ...relation,
      parentType: type.name,
      kind: linkKind(type.name, relation.dataset),
    })),
  );
}

/** The relation of a kind of edges. */
export function relationOf(registry: Registry, kind: string): KnownRelation | undefined {
  return allRelations(registry).find((relation) => relation.kind === kind);
}

const linkText = ({ relation, parent, child }: Link): string =>
  JSON.stringify([relation, parent, child]);

/** An end of a link has to be there, or will be, and the caller may change it. */
const checkEnd = (planning: Planning, identifier: string): void => {
  const draft = planning.drafts.get(identifier);
  if (draft !== undefined && draft.before === null) return;
  const row = planning.loaded.rows.get(identifier);
  const at = { index: -1, identifier };
  if (row === undefined || row.is_visible === 0 || row.is_deleted === 1 || draft?.isDeleted) {
    planning.faults.notFound.push(fault(at, "", "not_found", "No such live resource."));
    return;
  }
  permit(planning, "update", { ...at, payloadType: row.payload_type, owner: row.owner });
};

/** The ends on one side that would be linked more than once. */
const crowded = (links: readonly Link[], side: "parent" | "child"): readonly string[] =>
  [...Map.groupBy(links, (link) => `${link.relation} ${link[side]}`).values()]
    .filter((own) => own.length > 1)
    .map(([first]) => first?.[side] ?? "");

const checkCardinality = (
  planning: Planning,
  after: readonly Link[],
  opened: readonly Link[],
): void => {
  for (const [kind, own] of Map.groupBy(after, ({ relation }) => relation)) {
    const relation = relationOf(planning.registry, kind);
    if (relation === undefined) continue;
    const touched = new Set(opened.flatMap(({ parent, child }) => [parent, child]));
    const crowds = [
      ...(hasMany(relation) ? [] : crowded(own, "parent")),
      ...(isShared(relation) ? [] : crowded(own, "child")),
    ];
    for (const identifier of crowds.filter((each) => touched.has(each))) {
      const detail = `The relation to ${relation.dataset} is ${relation.cardinality}: expected at most one.`;
      planning.faults.bad.push(
        fault({ index: -1, identifier }, relation.dataset, "invalid_value", detail),
      );
    }
  }
};

/** Plans the links that a decision opens and closes; faults go to the planning. */
export function planLinks(planning: Planning, changes: LinkChanges): LinkPlan {
  const { loaded } = planning;
  const stored = new Map(loaded.links.map((link) => [linkText(link), link]));
  const closed = changes.closed.filter((link) => stored.has(linkText(link)));
  const gone = new Set(closed.map(linkText));
  const opened = [...new Map(changes.opened.map((link) => [linkText(link), link])).values()].filter(
    (link) => !stored.has(linkText(link)),
  );
  const named = new Set(
    [...changes.opened, ...closed].flatMap((link) => [link.parent, link.child]),
  );
  for (const identifier of named) checkEnd(planning, identifier);
  const kept = loaded.links.filter((link) => !gone.has(linkText(link)));
  checkCardinality(planning, [...kept, ...opened], opened);
  return {
    ...NO_LINKS,
    opened,
    closed,
    ends: [...named].filter((each) => loaded.rows.has(each)),
    relied: closed,
  };
}

/**
 * True for a child that the caller may not see: it stays, unlinked, and nothing tells of it. Of a
 * payload type of which the caller may delete nothing, the deletion is refused instead, unless the
 * child is restricted.
 */
const isKept = ({ principal }: Loaded, row: LoadedRow): boolean => {
  if (row.is_visible === 1) return false;
  const target = { payloadType: row.payload_type, isOwn: true };
  return row.is_restricted === 1 || mayOn(principal, "delete", target);
};

/** Refuses to delete records with more links than one write may close. */
export function checkClosing({ drafts, faults, loaded }: Planning): void {
  const most = LIMITS.linksTouchedMax;
  for (const { identifier, total } of loaded.closing) {
    const draft = drafts.get(identifier);
    if (draft?.isDeleted !== true || total <= most) continue;
    const detail = `Expected to delete records with at most ${most} links in all: detach some first, or delete fewer at once.`;
    faults.bad.push(fault(draft, "", "too_large", detail));
  }
}

/** Links to a record that are left while parents go, and whether one that went takes it along. */
interface Hold {
  left: number;
  isTaken: boolean;
}

/**
 * Plans the deletions that go along links: a child goes when a parent of a cascading relation goes
 * and no other parent is left to it. Others are unlinked only, by the batch itself.
 */
export function planCascade(planning: Planning, loaded: Loaded): LinkPlan {
  const { registry, drafts } = planning;
  const cascading = new Set(
    allRelations(registry)
      .filter(({ cascade }) => cascade)
      .map(({ kind }) => kind),
  );
  const holds = new Map<string, Hold>();
  for (const { child } of loaded.links) {
    const hold = holds.get(child) ?? { left: 0, isTaken: false };
    hold.left += 1;
    holds.set(child, hold);
  }
  const outgoing = Map.groupBy(loaded.links, ({ parent }) => parent);
  const gone = new Set(
    [...drafts.values()].filter((each) => each.isDeleted).map((each) => each.identifier),
  );
  const queue = [...gone];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const { child, relation } of outgoing.get(next) ?? []) {
      const [row, hold] = [loaded.rows.get(child), holds.get(child)];
      if (hold === undefined) continue;
      hold.left -= 1;
      hold.isTaken ||= cascading.has(relation);
      if (row === undefined || hold.left > 0 || !hold.isTaken || gone.has(child)) continue;
      if (row.is_deleted === 1 || isKept(loaded, row)) continue;
      const { payload_type: payloadType, owner } = row;
      gone.add(child);
      if (!permit(planning, "delete", { index: -1, identifier: child, payloadType, owner })) {
        continue;
      }
      const draft = drafts.get(child) ?? draftOf(row, -1);
      draft.isDeleted = true;
      drafts.set(child, draft);
      queue.push(child);
    }
  }
  if (loaded.rows.size > LIMITS.cascadedRecordsMax) {
    const detail = `Expected a deletion that concerns at most ${LIMITS.cascadedRecordsMax} records, related ones included.`;
    planning.faults.bad.push(fault({ index: -1, identifier: "" }, "", "too_large", detail));
  }
  checkClosing(planning);
  return {
    ...NO_LINKS,
    relied: loaded.links.filter(({ parent }) => loaded.rows.has(parent) || gone.has(parent)),
    rollup: [...gone],
    since: loaded.meta.transaction,
  };
}
