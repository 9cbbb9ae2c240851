// Statistics and counts computed only from the resources that a caller can read.
import type { Json, JsonObject } from "../../../src/model/json.ts";

/** A resource as the API returns it. */
export type Resource = JsonObject;

const FIELDS = {
  modality: ["modality", ["image", "volume"]],
  body_part: ["body_part_examined", ["image", "volume"]],
  patient_sex: ["patient_sex", ["patient"]],
  age_decade: ["patient_age_years", ["image", "volume"]],
} as const;

const textOf = (value: Json | undefined): string => String(value);

const decade = (age: number): string => {
  const low = Math.floor(age / 10) * 10;
  return `${low}-${low + 9}`;
};

const memberOf = (row: Resource, name: keyof typeof FIELDS): string | undefined => {
  const [field, types] = FIELDS[name];
  if (!(types as readonly string[]).includes(textOf(row["payload_type"]))) return undefined;
  const value = row[field];
  if (value === undefined || value === null) return "unknown";
  return name === "age_decade" ? decade(Number(value)) : textOf(value);
};

const tally = (members: readonly (string | undefined)[]): JsonObject => {
  const counts = new Map<string, number>();
  for (const member of members) {
    if (member !== undefined) counts.set(member, (counts.get(member) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
};

const childrenOf = (rows: readonly Resource[]): ReadonlyMap<Json, readonly Resource[]> =>
  Map.groupBy(rows, (row) => row["parent_identifier"] ?? null);

const below = (
  children: ReadonlyMap<Json, readonly Resource[]>,
  identifier: string,
): readonly Resource[] =>
  (children.get(identifier) ?? []).flatMap((row) => [
    row,
    ...below(children, textOf(row["identifier"])),
  ]);

const sizeOf = (row: Resource): number => Number(row["size_bytes"] ?? 0);

const figuresOf = (rows: readonly Resource[]): JsonObject => {
  const ofType = (name: string): number =>
    rows.filter((row) => row["payload_type"] === name).length;
  return {
    patients: ofType("patient"),
    studies: ofType("study"),
    series: ofType("series"),
    images: ofType("image"),
    resources: rows.length,
    bytes: rows.reduce((sum, row) => sum + sizeOf(row), 0),
  };
};

const sorted = (rows: readonly Resource[]): readonly Resource[] =>
  rows.toSorted((left, right) =>
    textOf(left["identifier"]) < textOf(right["identifier"]) ? -1 : 1,
  );

/** The expected responses of both routes of statistics: the short and the long form. */
export interface Expected {
  readonly short: readonly JsonObject[];
  readonly long: readonly JsonObject[];
}

/** Statistics of every datasource among the resources that a caller sees. */
export const recount = (rows: readonly Resource[]): Expected => {
  const children = childrenOf(rows);
  const sources = sorted(rows.filter((row) => row["payload_type"] === "datasource"));
  const each = sources.map((source) => {
    const counted = below(children, textOf(source["identifier"]));
    const head = { datasource_id: textOf(source["identifier"]), name: textOf(source["name"]) };
    const updated = [source, ...counted].map((row) => textOf(row["updated_at"]));
    const by = (name: keyof typeof FIELDS): JsonObject =>
      tally(counted.map((row) => memberOf(row, name)));
    return {
      short: { ...head, ...figuresOf(counted), last_updated: updated.toSorted().at(-1) ?? "" },
      long: {
        ...head,
        totals: figuresOf(counted),
        by_payload_type: tally(counted.map((row) => textOf(row["payload_type"]))),
        by_modality: by("modality"),
        by_body_part: by("body_part"),
        by_license: tally(counted.map((row) => textOf(row["license"] ?? "unknown"))),
        by_access_level: tally(counted.map((row) => textOf(row["access_level"]))),
        by_patient_sex: by("patient_sex"),
        by_age_decade: by("age_decade"),
        by_month: tally(counted.map((row) => textOf(row["created_at"]).slice(0, 7))),
      },
    };
  });
  return { short: each.map(({ short }) => short), long: each.map(({ long }) => long) };
};

/** Children and descendants of every resource that a caller sees, by identifier. */
export const recountTree = (
  rows: readonly Resource[],
): Readonly<Record<string, readonly [number, number]>> => {
  const children = childrenOf(rows);
  return Object.fromEntries(
    rows.map((row) => {
      const identifier = textOf(row["identifier"]);
      return [
        identifier,
        [(children.get(identifier) ?? []).length, below(children, identifier).length],
      ];
    }),
  );
};
