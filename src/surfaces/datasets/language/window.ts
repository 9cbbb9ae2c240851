/** `order` and `range`: which records, in which order. */
import { isJsonObject, type Json } from "../../../model/json.ts";
import type { SortKey } from "../../../query/query.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Dataset } from "./dataset.ts";
import { refuse } from "./error.ts";
import { targetOf } from "./target.ts";

/** A name to sort by, and how. */
export interface OrderKey {
  readonly name: string;
  readonly direction: "asc" | "desc";
}

const FIELDS_MAX = 16;

/** The keys of all `order` parameters, the first one first. */
export function parseOrder(values: readonly Json[], at: string): readonly OrderKey[] {
  const keys = values.flatMap((value): readonly OrderKey[] => {
    if (!isJsonObject(value)) return refuse(at, "Expected an object.");
    const { fields, direction = "asc", ...others } = value;
    if (Object.keys(others).length > 0) return refuse(at, "Expected direction and fields alone.");
    if (direction !== "asc" && direction !== "desc") {
      return refuse(at, "Expected asc or desc as direction.");
    }
    if (!Array.isArray(fields) || fields.length === 0) {
      return refuse(at, "Expected an array of names as fields.");
    }
    return (fields as readonly Json[]).map((name) =>
      typeof name === "string" ? { name, direction } : refuse(at, "Expected names as fields."),
    );
  });
  if (keys.length > FIELDS_MAX) refuse(at, `Expected at most ${FIELDS_MAX} fields.`);
  return keys;
}

/** The keys as a sort over the records of a dataset. */
export function sortOf(
  keys: readonly OrderKey[],
  dataset: Dataset,
  registry: Registry,
  at: string,
): readonly SortKey[] {
  return keys.map(({ name, direction }) => {
    const target = targetOf(registry, dataset, name, at);
    return target.kind === "field" && target.way.length === 0
      ? { path: target.path, direction }
      : refuse(at, `${name} is no field of the record itself.`);
  });
}

/** A part of the records. */
export interface Range {
  readonly offset: number;
  /** Null: all. */
  readonly limit: number | null;
}

const whole = (value: Json, name: string, at: string): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0
    ? value
    : refuse(at, `Expected a whole number from 0 on as ${name}.`);

/** The range of a parameter; everything when it is absent. A limit of 0 means no limit. */
export function parseRange(value: Json | undefined, at: string): Range {
  if (value === undefined) return { offset: 0, limit: null };
  if (!isJsonObject(value)) return refuse(at, "Expected an object.");
  const { limit = 0, offset = 0, ...others } = value;
  if (Object.keys(others).length > 0) return refuse(at, "Expected limit and offset alone.");
  const most = whole(limit, "limit", at);
  return { offset: whole(offset, "offset", at), limit: most === 0 ? null : most };
}
