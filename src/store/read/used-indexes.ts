/** The indexes in a plan of the database, and what they serve. */
import type { Registry } from "../../schema/type.ts";

/** What an index serves. */
export type IndexUse =
  /** Rows are found by a value of a field, newest first. */
  | "value"
  /** Rows come in the order of a field, or are found by a range of it. */
  | "order"
  /** Rows of a payload type, or of all, come in the order of creation. */
  | "creation"
  | "identifier"
  | "parent"
  | "owner"
  | "unique"
  /** Versions that were superseded since the state that is asked for. */
  | "history";

/** An index that a query goes by. */
export interface UsedIndex {
  readonly name: string;
  readonly use: IndexUse;
  /** The payload type and the field, where it is the index of one. */
  readonly payloadType?: string;
  readonly field?: string;
}

const FIXED: Readonly<Record<string, IndexUse>> = {
  resources_type: "creation",
  resources_created: "creation",
  resources_owner: "owner",
  resources_parent: "parent",
  closure_path: "parent",
  sqlite_autoindex_resources_1: "identifier",
  history_identifier: "history",
  history_payload_type: "history",
  history_parent: "history",
};

/** An index that was added at run time: see `src/schema/database-names.ts`. */
const ADDED = /^x_(\w+)\.(\w+)\.(created|asc)$/;

/** Of several payload types the name of one may begin with that of another: the longest is meant. */
const projected = (name: string, registry: Registry): UsedIndex | undefined => {
  const [, addedType, addedField, use] = ADDED.exec(name) ?? [];
  if (addedType !== undefined && addedField !== undefined) {
    const added = { name, payloadType: addedType, field: addedField };
    return { ...added, use: use === "asc" ? "order" : "value" };
  }
  const types = [...registry.types.keys()]
    .filter((type) => name.startsWith(`x_${type}_`))
    .toSorted((left, right) => right.length - left.length);
  for (const payloadType of types) {
    const [, field, suffix] =
      /^(.+)_(created|asc|key|group)$/.exec(name.slice(`x_${payloadType}_`.length)) ?? [];
    if (field === undefined) continue;
    if (suffix === "key" || suffix === "group") return { name, use: "unique", payloadType };
    if (registry.types.get(payloadType)?.fields.has(field) !== true) continue;
    return { name, use: suffix === "asc" ? "order" : "value", payloadType, field };
  }
  return undefined;
};

/** A step of a plan, as EXPLAIN QUERY PLAN answers it. */
export interface PlanRow {
  readonly id: number;
  /** The step that it is a part of; 0: none. */
  readonly parent: number;
  readonly detail: string;
}

/** The steps that find the page. What is looked up for each row of it, such as whether its parent is visible, is left out. */
const findingRows = (plan: readonly PlanRow[]): readonly PlanRow[] => {
  const shown = new Set<number>();
  return plan.filter(({ id, parent, detail }) => {
    const isShown =
      shown.has(parent) || (parent === 0 && detail.startsWith("CORRELATED SCALAR SUBQUERY"));
    if (isShown) shown.add(id);
    return !isShown;
  });
};

/** The indexes that a plan names, each once. Those that only tell who may see what are left out. */
export function indexesIn(plan: readonly PlanRow[], registry: Registry): readonly UsedIndex[] {
  const names = findingRows(plan).flatMap(({ detail }) => {
    const [, name] = /USING (?:COVERING )?INDEX (\S+)/.exec(detail) ?? [];
    return name === undefined ? [] : [name];
  });
  return [...new Set(names)].flatMap((name): readonly UsedIndex[] => {
    const use = FIXED[name];
    if (use !== undefined) return [{ name, use }];
    const index = projected(name, registry);
    return index === undefined ? [] : [index];
  });
}
