/** Which fields of a payload type are indexed: those that it declares, and what admins have changed of that. */
import type { Field, FieldKind, IndexMark, PayloadType } from "./type.ts";

/** How far the index of a field is. */
export type IndexState = "building" | "ready" | "dropped";

/** What admins have set for a field of a payload type. */
export interface IndexRecord {
  readonly payloadType: string;
  readonly field: string;
  readonly state: IndexState;
  /** Null until the index is begun, and where it is dropped. */
  readonly mark: IndexMark | null;
  /** The last row that has got the mark, and the last that gets it afterwards. */
  readonly progress: number;
  readonly ridLast: number;
}

/** The fields of a type whose filters and sorts an index serves. */
export function indexedFields(type: PayloadType): readonly string[] {
  return type.indexes;
}

/** Kinds of which an index has single values or an order. */
const INDEXABLE: ReadonlySet<FieldKind> = new Set([
  "string",
  "integer",
  "number",
  "boolean",
  "date",
  "datetime",
]);

/** True for a field that may be indexed. */
export function isIndexable({ kind, column }: Field): boolean {
  return column && INDEXABLE.has(kind);
}

/** The fields that a type declares as indexed. */
export function declaredFields(type: PayloadType): readonly string[] {
  return type.declaredIndexes ?? type.indexes;
}

/** A type with what admins have set for its indexes. What is being built is no index yet. */
export function withIndexes(type: PayloadType, records: readonly IndexRecord[]): PayloadType {
  const own = records.filter(({ payloadType }) => payloadType === type.name);
  if (own.length === 0) return type;
  const states = new Map(own.map(({ field, state }) => [field, state]));
  const declared = declaredFields(type);
  const added = own.map(({ field }) => field).filter((field) => !declared.includes(field));
  return {
    ...type,
    indexes: [...declared, ...added].filter((field) => (states.get(field) ?? "ready") === "ready"),
    declaredIndexes: declared,
    buildingIndexes: own.flatMap(({ field, state }) => (state === "building" ? [field] : [])),
    marks: new Map(own.flatMap(({ field, mark }) => (mark === null ? [] : [[field, mark]]))),
  };
}

/** True when every index that queries use by a registry is there, and the same, in another one. */
export function keepsMarks(before: PayloadType, after: PayloadType | undefined): boolean {
  const ready = indexedFields(before);
  const later = after === undefined ? [] : indexedFields(after);
  return ready.every((field) => {
    const [left, right] = [before.marks?.get(field), after?.marks?.get(field)];
    return later.includes(field) && left?.slot === right?.slot && left?.mark === right?.mark;
  });
}
