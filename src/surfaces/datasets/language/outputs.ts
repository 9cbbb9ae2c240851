/**
 * `outputs`: which members of each record are returned, which linked records, and which aggregates
 * over them.
 */
import { isJsonObject, type Json } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { memberNames, membersOfPaths } from "../../../query/members.ts";
import type {
  AggregateProjection,
  Figure,
  FigureKind,
  GroupKey,
} from "../../../query/projection.ts";
import type { RelatedQuery } from "../../../query/query.ts";
import type { Registry } from "../../../schema/type.ts";
import { childOf, type Dataset, type DatasetRelation } from "./dataset.ts";
import { refuse } from "./error.ts";
import { targetOf, type FieldTarget, type Holds } from "./target.ts";
import type { OrderKey } from "./window.ts";

/** Which members of a record are returned. */
export interface Outputs {
  readonly dataset: Dataset;
  /** By the key in the response; empty: all own fields. */
  readonly fields: ReadonlyMap<string, FieldTarget>;
  readonly related: ReadonlyMap<
    string,
    { readonly relation: DatasetRelation; readonly outputs: Outputs }
  >;
}

interface Draft {
  readonly dataset: Dataset;
  readonly fields: Map<string, FieldTarget>;
  readonly related: Map<string, { readonly relation: DatasetRelation; readonly outputs: Draft }>;
}

const draftOf = (dataset: Dataset): Draft => ({ dataset, fields: new Map(), related: new Map() });

/** All members of a record, and no linked records. */
const everythingOf = (dataset: Dataset): Outputs => draftOf(dataset);

const AT = "outputs";

const namesOf = (outputs: readonly Json[]): readonly string[] =>
  outputs.map((output) =>
    typeof output === "string" ? output : refuse(AT, "Expected names of fields."),
  );

const count = ({ related }: Outputs): number =>
  [...related.values()].reduce((sum, { outputs }) => sum + 1 + count(outputs), 0);

/** Parses names into the members that are returned of each record. */
const parseFields = (names: readonly string[], dataset: Dataset, registry: Registry): Outputs => {
  const root = draftOf(dataset);
  for (const name of names) {
    const target = targetOf(registry, dataset, name, AT);
    let draft = root;
    for (const relation of target.way) {
      const known = draft.related.get(relation.name);
      const next = known?.outputs ?? draftOf(childOf(registry, relation));
      if (known === undefined) draft.related.set(relation.name, { relation, outputs: next });
      draft = next;
    }
    if (target.kind === "field") draft.fields.set(target.name, target);
  }
  if (count(root) > LIMITS.relationsNamedMax) {
    return refuse(AT, `Expected at most ${LIMITS.relationsNamedMax} relations.`);
  }
  return root;
};

/** The stored members that the outputs return of each record; none when they return all of them. */
export function outputMembers({ fields }: Outputs): { readonly members?: readonly string[] } {
  const paths = [...fields.values()].map(({ path }) => path);
  const members = paths.length === 0 ? undefined : memberNames(membersOfPaths(paths));
  return members === undefined ? {} : { members };
}

/** What a read loads in addition to the records themselves. */
export function relatedOf({ related }: Outputs): readonly RelatedQuery[] {
  return [...related.values()].map(({ relation, outputs }) => ({
    relation: relation.kind,
    related: relatedOf(outputs),
    ...outputMembers(outputs),
  }));
}

/** Payload types that the outputs reach. */
export function needsOf({ related }: Outputs): readonly string[] {
  return [...related.values()].flatMap(({ relation, outputs }) => [
    relation.name,
    ...needsOf(outputs),
  ]);
}

const KINDS: Partial<Record<Holds, FigureKind>> = {
  boolean: "boolean",
  date: "text",
  datetime: "text",
  float: "number",
  id: "text",
  instant: "number",
  integer: "number",
  string: "text",
  uuid: "text",
};

const CALL = /^(count|min|max|avg|sum)\s*\(\s*([^()\s]+)\s*\)$/;

const ownField = (name: string, dataset: Dataset, registry: Registry): FieldTarget => {
  const target = targetOf(registry, dataset, name, AT);
  if (target.kind !== "field" || target.way.length > 0 || !target.isField) {
    return refuse(AT, `${name.slice(0, 64)}: expected a field of the schema.`);
  }
  return target;
};

/** An aggregate or a group key, with the type of its results. */
export interface OutputColumn {
  readonly name: string;
  readonly holds: Holds;
}

/** Aggregates over records, and how to render them. */
export interface Figures {
  readonly projection: AggregateProjection;
  readonly columns: readonly OutputColumn[];
}

const figureOf = (
  name: string,
  call: Json,
  dataset: Dataset,
  registry: Registry,
): readonly [Figure, OutputColumn] => {
  const [, word, field = ""] = (typeof call === "string" ? CALL.exec(call.trim()) : null) ?? [];
  if (word === undefined) {
    return refuse(AT, "Expected count, min, max, avg or sum of a field, as in max(likes).");
  }
  const fn = word as Figure["function"];
  if (fn === "count" && (field === "*" || field === "id")) {
    return [
      { name, function: fn, path: null, holds: null },
      { name, holds: "integer" },
    ];
  }
  const { path, holds } = ownField(field, dataset, registry);
  const kind = KINDS[holds] ?? null;
  if (fn === "count") {
    return [
      { name, function: fn, path, holds: null },
      { name, holds: "integer" },
    ];
  }
  const isSummed = fn === "avg" || fn === "sum";
  if (kind === null || (isSummed && (kind !== "number" || holds === "instant"))) {
    return refuse(AT, `${fn} does not apply to ${field}.`);
  }
  return [
    { name, function: fn, path, holds: kind },
    { name, holds: isSummed ? "float" : holds },
  ];
};

const groupOf = (name: string, dataset: Dataset, registry: Registry): [GroupKey, OutputColumn] => {
  const { path, holds } = ownField(name, dataset, registry);
  const kind = KINDS[holds];
  if (kind === undefined) return refuse(AT, `${name}: expected a field that holds one value.`);
  return [
    { name, path, holds: kind },
    { name, holds },
  ];
};

const FIGURES_MAX = 32;

const parseFigures = (
  outputs: readonly Json[],
  dataset: Dataset,
  registry: Registry,
  order: readonly OrderKey[],
): Figures => {
  const names = new Set(outputs.filter((output) => typeof output === "string"));
  const groups = [...names].map((name) => groupOf(name, dataset, registry));
  const figures = outputs.filter(isJsonObject).flatMap((output) => {
    const entries = Object.entries(output);
    if (entries.length === 0) return refuse(AT, 'Expected a figure such as {"top": "max(likes)"}.');
    return entries.map(([name, call]) => figureOf(name, call, dataset, registry));
  });
  const all = [...groups.map(([, column]) => column), ...figures.map(([, column]) => column)];
  if (new Set(all.map(({ name }) => name)).size < all.length) {
    return refuse(AT, "Expected a name of its own for each figure.");
  }
  if (all.length > FIGURES_MAX) return refuse(AT, `Expected at most ${FIGURES_MAX} outputs.`);
  for (const { name } of order) {
    if (!all.some((column) => column.name === name)) {
      refuse("order", `${name}: expected a group or a figure of the outputs.`);
    }
  }
  return {
    columns: all,
    projection: {
      kind: "aggregates",
      groups: groups.map(([group]) => group),
      figures: figures.map(([figure]) => figure),
      sort: order,
    },
  };
};

/** Parsed outputs. */
export type ParsedOutputs =
  | { readonly kind: "records"; readonly outputs: Outputs }
  | { readonly kind: "figures"; readonly figures: Figures };

/**
 * Parses outputs: names select records; aggregates select one row for each group of records that
 * agree in the names beside them.
 */
export function parseOutputs(
  value: Json | undefined,
  dataset: Dataset,
  registry: Registry,
  order: readonly OrderKey[] = [],
): ParsedOutputs {
  if (value === undefined) return { kind: "records", outputs: everythingOf(dataset) };
  if (!Array.isArray(value)) return refuse(AT, "Expected an array.");
  const outputs = value as readonly Json[];
  if (outputs.some(isJsonObject)) {
    if (outputs.some((each) => typeof each !== "string" && !isJsonObject(each))) {
      return refuse(AT, "Expected names and figures.");
    }
    return { kind: "figures", figures: parseFigures(outputs, dataset, registry, order) };
  }
  return { kind: "records", outputs: parseFields(namesOf(outputs), dataset, registry) };
}

/** Parses outputs of a write, which returns only records. */
export function parseRecordOutputs(
  value: Json | undefined,
  dataset: Dataset,
  registry: Registry,
): Outputs {
  const parsed = parseOutputs(value, dataset, registry);
  return parsed.kind === "records"
    ? parsed.outputs
    : refuse(AT, "Expected names of fields: figures are for reading.");
}
