/**
 * How deep resources lie in the tree, and that none lies below itself. What the plan relies on is
 * guarded in the batch. Of new resources alone nothing has to be loaded: how far they lie below what is
 * stored the plan knows, and the batch finds out whether there is room; only when there is none, the
 * next plan knows the ancestors and names what is too deep.
 */
import { LIMITS } from "../../model/limits.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { walkDown } from "./ancestry.ts";
import { findCycles } from "./cycles.ts";
import { fault, type Draft } from "./draft.ts";
import type { Planning } from "./plan.ts";

/** What a plan relies on in the tree. */
export interface LevelReliance {
  /** Stored resources with their parents, by row number; null: a root. */
  readonly links: readonly (readonly [number, number | null])[];
  /** Stored parents whose ancestors were not loaded, each with the number that it may have. */
  readonly rooms: readonly (readonly [number, number])[];
  /** Rows that move deeper, each with the levels that there may be below it. */
  readonly deepened: readonly (readonly [number, number])[];
  /** All rows that move. */
  readonly moved: readonly number[];
}

/** Nothing is relied on. */
const NO_LEVELS: LevelReliance = { links: [], rooms: [], deepened: [], moved: [] };

/** A resource in the tree: the row number of a stored one, the identifier of a new one. */
type Node = number | string;

/** Where a node lies: below which uppermost one, and how far. */
interface Place {
  readonly top: Node;
  readonly level: number;
}

/** The places of nodes; infinitely deep on and below a cycle. Each link is gone once. */
const placesBy = (parentOf: (node: Node) => Node | null) => {
  const known = new Map<Node, Place>();
  const of = (start: Node): Place => {
    const path: Node[] = [];
    let node: Node | null = start;
    while (node !== null && !known.has(node)) {
      known.set(node, { top: node, level: Infinity });
      path.push(node);
      node = parentOf(node);
    }
    const above = node === null ? undefined : known.get(node);
    let place = above ?? { top: path.at(-1) ?? start, level: -1 };
    for (const each of path.toReversed()) {
      place = { top: place.top, level: place.level + 1 };
      known.set(each, place);
    }
    return place;
  };
  return { of, visited: () => [...known.keys()] };
};

const nodeOf = ({ drafts, loaded }: Planning, identifier: string): Node =>
  drafts.get(identifier)?.before?.rid ?? loaded.rows.get(identifier)?.rid ?? identifier;

/** The tree as it is stored, and as it will be. */
const treesOf = (planning: Planning, placed: readonly Draft[]) => {
  const { ancestry } = planning.loaded;
  const byNode = new Map(placed.map((draft) => [nodeOf(planning, draft.identifier), draft]));
  const storedParent = (node: Node): Node | null =>
    typeof node === "number" ? (ancestry?.links.get(node) ?? null) : null;
  const parentOf = (node: Node): Node | null => {
    const draft = byNode.get(node);
    if (draft === undefined) return storedParent(node);
    return draft.parentIdentifier === null ? null : nodeOf(planning, draft.parentIdentifier);
  };
  return { byNode, parentOf, stored: placesBy(storedParent), planned: placesBy(parentOf) };
};

type Trees = ReturnType<typeof treesOf>;

const requireAsked = ({ loaded, drafts }: Planning, placed: readonly Draft[]): void => {
  for (const { before, parentIdentifier: parent } of placed) {
    if (before === null && loaded.ancestry === null) continue;
    const isStored = parent !== null && drafts.get(parent)?.before !== null;
    if (isStored && loaded.rows.has(parent) && loaded.ancestry?.asked.has(parent) !== true) {
      throw new Error("A write places something below a resource without its ancestors.");
    }
  }
};

const refuse = (planning: Planning, draft: Draft, code: string, detail: string): void => {
  planning.faults.bad.push(fault(draft, "parent_identifier", code, detail));
};

const refuseCycles = (planning: Planning, { byNode, parentOf }: Trees): void => {
  const cyclic = findCycles([...byNode.keys()], (node) => {
    const parent = parentOf(node);
    return parent === null ? [] : [parent];
  });
  for (const [node, draft] of byNode) {
    if (cyclic.has(node)) refuse(planning, draft, "cycle", "A resource cannot lie below itself.");
  }
};

const MOST = `a tree has at most ${LIMITS.treeDepthMax} levels below its root`;

/** True for a place below a stored resource of which nobody knows how deep it lies itself. */
const isRelative = ({ loaded }: Planning, { top }: Place): boolean =>
  loaded.ancestry === null && typeof top === "number";

const refuseDepth = (planning: Planning, { byNode, planned }: Trees): void => {
  for (const [node, draft] of byNode) {
    const place = planned.of(node);
    const { level } = place;
    if (level <= LIMITS.treeDepthMax || level === Infinity || isRelative(planning, place)) continue;
    const detail = `Expected a parent nearer to its root: this place is ${level} levels below it, and ${MOST}.`;
    refuse(planning, draft, "invalid_value", detail);
  }
};

/** How many ancestors stored resources may have, for what is placed below them to fit. */
const roomsIn = (planning: Planning, { byNode, planned }: Trees): LevelReliance["rooms"] => {
  const rooms = new Map<number, number>();
  for (const node of byNode.keys()) {
    const place = planned.of(node);
    if (typeof place.top !== "number" || !isRelative(planning, place)) continue;
    const room = LIMITS.treeDepthMax - place.level;
    rooms.set(place.top, Math.min(room, rooms.get(place.top) ?? room));
  }
  return [...rooms];
};

/** Moved rows that will lie deeper than they do, each with the levels that may be below it. */
const deepenedIn = ({ byNode, stored, planned }: Trees): LevelReliance["deepened"] =>
  [...byNode.keys()].flatMap((node): readonly (readonly [number, number])[] => {
    if (typeof node !== "number") return [];
    const { level } = planned.of(node);
    return level === Infinity || level <= stored.of(node).level
      ? []
      : [[node, LIMITS.treeDepthMax - level]];
  });

const refuseHeights = (
  planning: Planning,
  { byNode }: Trees,
  deepened: LevelReliance["deepened"],
): void => {
  const { heights } = planning.loaded;
  const found = deepened.flatMap(([rid, room]) => {
    const [draft, height] = [byNode.get(rid), heights.get(rid)];
    return draft === undefined || height === undefined ? [] : [{ draft, room, ...height }];
  });
  const resources = found.reduce((sum, each) => sum + each.resources, 0);
  const most = LIMITS.resourcesDeepenedMax;
  for (const { draft, room, levels } of found) {
    if (levels > room) {
      const detail = `Expected at most ${Math.max(0, room)} levels below what is moved here: there are more, and ${MOST}.`;
      refuse(planning, draft, "invalid_value", detail);
    } else if (resources > most) {
      const detail = `Expected at most ${most} resources that come to lie deeper: move what is below this one in parts.`;
      refuse(planning, draft, "too_large", detail);
    }
  }
};

/**
 * Checks the places of new and moved resources; faults are collected in the planning.
 *
 * @param placed new resources, and stored ones whose parent changes.
 * @throws Error when ancestors were not loaded that have to be known: a defect of the decision.
 */
export function checkLevels(planning: Planning, placed: readonly Draft[]): LevelReliance {
  const below = placed.filter((draft) => draft.before !== null || draft.parentIdentifier !== null);
  requireAsked(planning, below);
  const trees = treesOf(planning, below);
  const { ancestry } = planning.loaded;
  if (ancestry?.isWhole === false) {
    const most = LIMITS.ancestorsReadMax;
    const detail = `Expected parents with at most ${most} ancestors in all: write fewer resources at once.`;
    planning.faults.bad.push({ path: "parent_identifier", code: "too_large", detail });
    return NO_LEVELS;
  }
  refuseCycles(planning, trees);
  refuseDepth(planning, trees);
  const deepened = deepenedIn(trees);
  refuseHeights(planning, trees, deepened);
  if (ancestry === null) return { ...NO_LEVELS, rooms: roomsIn(planning, trees) };
  const moved = [...trees.byNode.keys()].filter((node) => typeof node === "number");
  const relied = new Set([...trees.planned.visited(), ...trees.stored.visited()]);
  return {
    links: [...relied].flatMap((node): LevelReliance["links"] =>
      typeof node === "number" ? [[node, ancestry.links.get(node) ?? null]] : [],
    ),
    rooms: [],
    deepened,
    moved,
  };
}

const ANCESTORS_MAX = raw(String(LIMITS.ancestorsReadMax));

/** Holds when a stored resource has more ancestors than it may have, or all have too many. */
const lacksRoom = (text: string): Sql => sql`(WITH RECURSIVE up(parent, room) AS (
    SELECT r.parent_identifier, j.value->>1 FROM json_each(${text}) j
    CROSS JOIN resources r ON r.rid = j.value->>0
    UNION
    SELECT p.parent_identifier, up.room - 1 FROM up
    CROSS JOIN resources p ON p.identifier = up.parent WHERE up.room >= 0
    LIMIT ${ANCESTORS_MAX} + 1)
  SELECT min(room) < 0 OR count(*) > ${ANCESTORS_MAX} FROM up)`;

/**
 * Conditions of a guard: a link that the plan relies on is another one, or there is no room for what is
 * new or moves deeper.
 */
export function levelGuards(
  { links, rooms, deepened, moved }: LevelReliance,
  since: number,
): readonly Sql[] {
  return [
    ...jsonChunks(links).map(
      ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
      CROSS JOIN resources r ON r.rid = j.value->>0 AND r.tx_from > ${raw(String(since))}
      WHERE (SELECT p.rid FROM resources p WHERE p.identifier = r.parent_identifier) IS NOT j.value->>1)`,
    ),
    ...jsonChunks(rooms).map(({ text }) => lacksRoom(text)),
    ...(deepened.length === 0
      ? []
      : [
          sql`(${walkDown(JSON.stringify(deepened), JSON.stringify(moved))}
          SELECT min(room) < 0 OR count(*) > ${raw(String(LIMITS.resourcesDeepenedMax))} FROM down)`,
        ]),
  ];
}
