/** What statistics look at in a resource: the dimensions, and SQL of a version's place in each. */
import { BUILTIN_TYPES } from "../../schema/registry.ts";

/** A dimension by which resources are counted. */
export interface Fact {
  readonly name: string;
  /** SQL of the member that a version belongs to, as text; NULL where it is not counted at all. */
  readonly member: (alias: string) => string;
}

const typesWith = (field: string): string =>
  [...BUILTIN_TYPES.values()]
    .filter((type) => type.fields.has(field))
    .map((type) => `'${type.name}'`)
    .join(", ");

const unknownWhere = (alias: string, field: string): string =>
  `WHEN ${alias}.payload_type IN (${typesWith(field)}) THEN 'unknown' END`;

const textFact = (name: string, field: string): Fact => ({
  name,
  member: (alias) => `CASE WHEN json_type(${alias}.payload, '$.${field}') = 'text'
    THEN ${alias}.payload->>'$.${field}' ${unknownWhere(alias, field)}`,
});

const AGE = "patient_age_years";

const ageDecade: Fact = {
  name: "age_decade",
  member: (alias) => {
    const age = `${alias}.payload->>'$.${AGE}'`;
    const decade = `CAST(${age} / 10 AS INTEGER) * 10`;
    return `CASE WHEN json_type(${alias}.payload, '$.${AGE}') IN ('integer', 'real')
      AND ${age} >= 0 AND ${age} < 1000 THEN (${decade}) || '-' || (${decade} + 9)
      ${unknownWhere(alias, AGE)}`;
  },
};

/**
 * The dimensions of statistics. A field of the payload is counted over the resources that hold it,
 * and as `unknown` over those of the built-in types that have it and lack a value.
 */
export const DIMENSIONS: readonly Fact[] = [
  { name: "payload_type", member: (alias) => `${alias}.payload_type` },
  textFact("modality", "modality"),
  textFact("body_part", "body_part_examined"),
  { name: "license", member: (alias) => `coalesce(${alias}.license, 'unknown')` },
  { name: "access_level", member: (alias) => `${alias}.access_level` },
  textFact("patient_sex", "patient_sex"),
  ageDecade,
  {
    name: "month",
    member: (alias) => `strftime('%Y-%m', ${alias}.created_at / 1000000, 'unixepoch')`,
  },
];

/** The dimension of the last transactions: padded numbers, whose greatest is the last change. */
export const LAST: Fact = { name: "last", member: (alias) => `printf('%015d', ${alias}.tx_from)` };

/** All that a version contributes to statistics. */
export const FACTS: readonly Fact[] = [...DIMENSIONS, LAST];

/** SQL of the bytes that a version stands for. */
export function bytesOf(alias: string): string {
  return `CASE WHEN json_type(${alias}.payload, '$.size_bytes') = 'integer'
    THEN max(0, ${alias}.payload->>'$.size_bytes') ELSE 0 END`;
}

/** The dimension with one member: everything. */
export const TOTAL = "total";

/** Names the rules by which generations are made: generations of other rules are not used. */
export const RULES = [...FACTS.map(({ member }) => member("v")), bytesOf("v")]
  .join(";")
  .replaceAll(/\s+/g, " ");
