/**
 * How deep resources lie in the tree, and that none lies below itself. What the plan relies on is
 * guarded in the batch: the links above what is placed, and the room below what moves deeper.
 */
import { LIMITS } from "../../model/limits.ts";
import { jsonChunks } from "../chunks.ts";
import type { DatabaseRow } from "../database.ts";
import { raw, sql, type Sql } from "../sql.ts";
import { findCycles } from "./cycles.ts";
import { fault, type Draft } from "./draft.ts";
import type { Planning } from "./plan.ts";

/** What is known of the tree above the resources that a write names. */
export interface Ancestry {
  /** Resources whose ancestors were asked for: those that may become parents, and those that move. */
  readonly asked: ReadonlySet<string>;
  /** Row number to row number of the stored parent; roots are absent. */
  readonly links: ReadonlyMap<number, number>;
  /** False when there are more ancestors than one write looks at. */
  readonly isWhole: boolean;
}

/** What lies below a stored resource, other resources that the same write moves left out. */
export interface Height {
  /** Levels from the resource down to the lowest one below it. */
  readonly levels: number;
  readonly resources: number;
}

/** What a plan relies on in the tree. */
export interface LevelReliance {
  /** Stored resources with their parents, by row number; null: a root. */
  readonly links: readonly (readonly [number, number | null])[];
  /** Rows that move deeper, each with the levels that there may be below it. */
  readonly deepened: readonly (readonly [number, number])[];
  /** All rows that move. */
  readonly moved: readonly number[];
}

/** Nothing is relied on. */
const NO_LEVELS: LevelReliance = { links: [], deepened: [], moved: [] };

const LINKS_MAX = raw(String(LIMITS.ancestorsReadMax + 1));

/** The statement of the links above resources, each of them once. */
export const ancestorRows = (text: string): Sql => sql`
  WITH RECURSIVE up(rid, parent, above) AS (
    SELECT r.rid, p.rid, p.parent_identifier FROM json_each(${text}) j
    CROSS JOIN resources r ON r.identifier = j.value
    CROSS JOIN resources p ON p.identifier = r.parent_identifier
    UNION
    SELECT up.parent, p.rid, p.parent_identifier FROM up
    CROSS JOIN resources p ON p.identifier = up.above
    LIMIT ${LINKS_MAX})
  SELECT rid, parent FROM up`;

/** What is known of the tree, from the rows of those statements. */
export const readAncestry = (asked: readonly string[], rows: readonly DatabaseRow[]): Ancestry => ({
  asked: new Set(asked),
  links: new Map(rows.map(({ rid, parent }) => [rid as number, parent as number])),
  isWhole: rows.length <= LIMITS.ancestorsReadMax,
});

const BELOW_MAX = raw(String(LIMITS.resourcesDeepenedMax + 1));

/**
 * Walks down from rows that move, each with the levels that it may find, and ends above too many
 * rows. The lowest go first, and of each parent no more children are taken than are looked at: so
 * what has been found and not looked at stays bounded too.
 */
const walkDown = (starts: string, moved: string): Sql => sql`
  WITH RECURSIVE down(start, identifier, room) AS (
    SELECT r.rid, r.identifier, j.value->>1 FROM json_each(${starts}) j
    CROSS JOIN resources r ON r.rid = j.value->>0
    UNION ALL
    SELECT down.start, c.identifier, down.room - 1 FROM down
    CROSS JOIN resources c ON c.rid IN (SELECT k.rid FROM resources k
      WHERE k.parent_identifier = down.identifier LIMIT ${BELOW_MAX})
    WHERE down.room >= 0 AND c.rid NOT IN (SELECT value FROM json_each(${moved}))
    ORDER BY 3 LIMIT ${BELOW_MAX})`;

/**
 * The statements of what lies below rows that move deeper, for a plan that a guard has refused: so
 * that the next one can tell whether that was the reason.
 */
export const heightStatements = ({ deepened, moved }: LevelReliance): readonly Sql[] => {
  if (deepened.length === 0) return [];
  const starts = JSON.stringify(deepened.map(([rid]) => [rid, LIMITS.treeDepthMax]));
  const down = walkDown(starts, JSON.stringify(moved));
  return [
    sql`${down} SELECT start, ${raw(String(LIMITS.treeDepthMax))} - min(room) AS levels,
      count(*) AS resources FROM down GROUP BY start`,
  ];
};

/** What lies below rows that move, from the rows of those statements. */
export const readHeights = (rows: readonly DatabaseRow[]): ReadonlyMap<number, Height> =>
  new Map(
    rows.map(({ start, levels, resources }) => [
      start as number,
      { levels: levels as number, resources: resources as number },
    ]),
  );

/** A resource in the tree: the row number of a stored one, the identifier of a new one. */
type Node = number | string;

/** The number of ancestors of each node; infinite on and below a cycle. Each link is gone once. */
const levelsBy = (parentOf: (node: Node) => Node | null) => {
  const known = new Map<Node, number>();
  const of = (start: Node): number => {
    const path: Node[] = [];
    let node: Node | null = start;
    while (node !== null && !known.has(node)) {
      known.set(node, Infinity);
      path.push(node);
      node = parentOf(node);
    }
    let level = node === null ? -1 : (known.get(node) ?? -1);
    for (const each of path.toReversed()) {
      level += 1;
      known.set(each, level);
    }
    return level;
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
    typeof node === "number" ? (ancestry.links.get(node) ?? null) : null;
  const parentOf = (node: Node): Node | null => {
    const draft = byNode.get(node);
    if (draft === undefined) return storedParent(node);
    return draft.parentIdentifier === null ? null : nodeOf(planning, draft.parentIdentifier);
  };
  return { byNode, parentOf, stored: levelsBy(storedParent), planned: levelsBy(parentOf) };
};

type Trees = ReturnType<typeof treesOf>;

const requireAsked = ({ loaded, drafts }: Planning, placed: readonly Draft[]): void => {
  for (const { parentIdentifier: parent } of placed) {
    const isStored = parent !== null && drafts.get(parent)?.before !== null;
    if (isStored && loaded.rows.has(parent) && !loaded.ancestry.asked.has(parent)) {
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

const refuseDepth = (planning: Planning, { byNode, planned }: Trees): void => {
  for (const [node, draft] of byNode) {
    const level = planned.of(node);
    if (level <= LIMITS.treeDepthMax || level === Infinity) continue;
    const detail = `Expected a parent nearer to its root: this place is ${level} levels below it, and ${MOST}.`;
    refuse(planning, draft, "invalid_value", detail);
  }
};

/** Moved rows that will lie deeper than they do, each with the levels that may be below it. */
const deepenedIn = ({ byNode, stored, planned }: Trees): LevelReliance["deepened"] =>
  [...byNode.keys()].flatMap((node): readonly (readonly [number, number])[] => {
    if (typeof node !== "number") return [];
    const level = planned.of(node);
    return level === Infinity || level <= stored.of(node)
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
export const checkLevels = (planning: Planning, placed: readonly Draft[]): LevelReliance => {
  const below = placed.filter((draft) => draft.before !== null || draft.parentIdentifier !== null);
  requireAsked(planning, below);
  const trees = treesOf(planning, below);
  if (!planning.loaded.ancestry.isWhole) {
    const most = LIMITS.ancestorsReadMax;
    const detail = `Expected parents with at most ${most} ancestors in all: write fewer resources at once.`;
    planning.faults.bad.push({ path: "parent_identifier", code: "too_large", detail });
    return NO_LEVELS;
  }
  refuseCycles(planning, trees);
  refuseDepth(planning, trees);
  const deepened = deepenedIn(trees);
  refuseHeights(planning, trees, deepened);
  const { links } = planning.loaded.ancestry;
  const moved = [...trees.byNode.keys()].filter((node) => typeof node === "number");
  const relied = new Set([...trees.planned.visited(), ...trees.stored.visited()]);
  return {
    links: [...relied].flatMap((node): LevelReliance["links"] =>
      typeof node === "number" ? [[node, links.get(node) ?? null]] : [],
    ),
    deepened,
    moved,
  };
};

/** Guards: the links that the plan relies on are as they were, and what moves deeper has the room. */
export const levelGuards = (
  { links, deepened, moved }: LevelReliance,
  since: number,
): readonly Sql[] => [
  ...jsonChunks(links).map(
    ({ text }) => sql`INSERT INTO guard (stale) SELECT EXISTS (SELECT 1 FROM json_each(${text}) j
      CROSS JOIN resources r ON r.rid = j.value->>0 AND r.tx_from > ${raw(String(since))}
      WHERE (SELECT p.rid FROM resources p WHERE p.identifier = r.parent_identifier) IS NOT j.value->>1)`,
  ),
  ...(deepened.length === 0
    ? []
    : [
        sql`INSERT INTO guard (stale) SELECT min(room) < 0
          OR count(*) > ${raw(String(LIMITS.resourcesDeepenedMax))} FROM
          (${walkDown(JSON.stringify(deepened), JSON.stringify(moved))} SELECT room FROM down)`,
      ]),
];
