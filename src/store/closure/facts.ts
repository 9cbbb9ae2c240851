/** What statistics look at in a resource: the dimensions, and SQL of a version's place in each. */
import { raw, type Sql } from "../sql/template.ts";

/** A dimension by which resources are counted. */
export interface Fact {
  readonly name: string;
  /** SQL of the member that a version belongs to, as text; NULL where it is not counted at all. */
  readonly member: (alias: string) => string;
}

const isOf = (alias: string, types: readonly string[]): string =>
  `${alias}.payload_type IN (${types.map((type) => `'${type}'`).join(", ")})`;

/** What was acquired: resources with a modality, a body part and the patient's age of their own. */
const IMAGES = ["image", "volume"];
const PATIENTS = ["patient"];

/** The text of a field, over resources of some types alone: nothing is counted twice. */
const textFact = (name: string, types: readonly string[], field: string): Fact => ({
  name,
  member: (alias) => `CASE WHEN ${isOf(alias, types)} THEN
    CASE WHEN json_type(${alias}.payload, '$.${field}') = 'text'
      THEN ${alias}.payload->>'$.${field}' ELSE 'unknown' END END`,
});

const AGE = "patient_age_years";

const ageDecade: Fact = {
  name: "age_decade",
  member: (alias) => {
    const age = `${alias}.payload->>'$.${AGE}'`;
    const decade = `CAST(${age} / 10 AS INTEGER) * 10`;
    return `CASE WHEN ${isOf(alias, IMAGES)} THEN
      CASE WHEN json_type(${alias}.payload, '$.${AGE}') IN ('integer', 'real')
        AND ${age} >= 0 AND ${age} < 1000 THEN (${decade}) || '-' || (${decade} + 9)
      ELSE 'unknown' END END`;
  },
};

/**
 * The dimensions of statistics. The first and those without a field count all resources; sex counts
 * patients; modality, body part and age count images and volumes, as `unknown` where there is no value.
 */
export const DIMENSIONS: readonly Fact[] = [
  { name: "payload_type", member: (alias) => `${alias}.payload_type` },
  textFact("modality", IMAGES, "modality"),
  textFact("body_part", IMAGES, "body_part_examined"),
  { name: "license", member: (alias) => `coalesce(${alias}.license, 'unknown')` },
  { name: "access_level", member: (alias) => `${alias}.access_level` },
  textFact("patient_sex", PATIENTS, "patient_sex"),
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

/**
 * SQL of the bytes that a version stands for: an integer from 0 to 2^53 - 1, also where a registered type
 * allows others.
 */
export function sizeOf(alias: string): string {
  return `CASE WHEN json_type(${alias}.payload, '$.size_bytes') = 'integer' THEN
    min(max(0, CAST(${alias}.payload->>'$.size_bytes' AS INTEGER)), ${Number.MAX_SAFE_INTEGER})
    ELSE 0 END`;
}

/** Bits of a size that are summed as bytes; what is above them is summed as blocks. */
const BLOCK_BITS = 26;

/** Bytes of a block. */
export const BLOCK_BYTES = 2 ** BLOCK_BITS;

/**
 * SQL of the two parts in which sizes are summed. Neither sum is rounded or exceeds 64 bits, whatever the
 * sizes are, and each order of additions gives the same.
 */
export const SIZE_PARTS = {
  bytes: `size & ${BLOCK_BYTES - 1}`,
  blocks: `size >> ${BLOCK_BITS}`,
} as const;

/** The dimension with one member: everything. */
export const TOTAL = "total";

/** FNV-1a, with 64 bits, in hexadecimal. */
const digest = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    hash ^= BigInt(character.codePointAt(0) ?? 0);
    hash = BigInt.asUintN(64, hash * 0x100000001b3n);
  }
  return hash.toString(16);
};

/** SQL of a name of the rules by which generations are made: generations of other rules are not used. */
export const RULES: Sql = raw(
  `'${digest([...FACTS.map(({ member }) => member("v")), sizeOf("v"), ...Object.values(SIZE_PARTS)].join(";").replaceAll(/\s+/g, " "))}'`,
);
