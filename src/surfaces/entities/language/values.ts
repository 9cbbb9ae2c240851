/** Constants of the entity languages, parsed as the fields that they are compared with. */
import type { Json } from "../../../model/json.ts";
import { isLiteral, type Literal } from "../../../query/condition.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";
import type { ScalarField, ScalarType } from "../../../schema/entity/metadata.ts";
import { readScalar } from "../../../schema/entity/scalar.ts";
import type { Found } from "./path.ts";

/** True for `true`, the text `"true"` and every number but 0. */
export function isTrue(value: Json | undefined): boolean {
  if (typeof value === "number") return value !== 0;
  return value === true || (typeof value === "string" && value.toLowerCase() === "true");
}

/** How values of a type can be compared: only with null, by equality, or also by order. */
export type Comparison = "none" | "equality" | "order";

/** How values of a type compare. */
export function comparisonOf(type: ScalarType): Comparison {
  if (type === "any" || type === "binary") return "none";
  return type === "bigdecimal" || type === "biginteger" ? "equality" : "order";
}

/** The type of the scalar at a path; undefined for a container. */
export function typeAt({ place, isSize }: Found): ScalarType | undefined {
  if (isSize) return "integer";
  return place.field.kind === "scalar" ? place.field.type : undefined;
}

/** A scalar constant as values of a type are stored. */
export function readLiteral(type: ScalarType, value: Json, text: string): Literal {
  if (typeof value === "object") return refuse("query-api:InvalidValue", quoted(value));
  // An integer compares with any number.
  const read = readScalar(type === "integer" ? "double" : type, value);
  return isLiteral(read) ? read : refuse("metadata:IncompatibleValue", quoted(text));
}

/** The constants of a list, with null set apart. */
export interface Constants {
  readonly values: readonly Literal[];
  readonly hasNull: boolean;
}

/** The constants of a list. */
export function readLiterals(
  field: ScalarField | ScalarType,
  values: readonly Json[],
  text: string,
): Constants {
  const type = typeof field === "string" ? field : field.type;
  return {
    values: values.filter((each) => each !== null).map((each) => readLiteral(type, each, text)),
    hasNull: values.includes(null),
  };
}

/** A pattern with the flag x, without its blanks and comments outside of classes. */
const withoutBlanks = (pattern: string): string => {
  let result = "";
  let inClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === "\\") {
      result += pattern.slice(at, at + 2);
      at += 1;
    } else if (!inClass && character === "#") {
      const end = pattern.indexOf("\n", at);
      at = end === -1 ? pattern.length : end;
    } else if (inClass || !/\s/.test(character)) {
      if (character === "[") inClass = true;
      else if (character === "]") inClass = false;
      result += character;
    }
  }
  return result;
};

const FLAGS: readonly (readonly [string, string])[] = [
  ["caseInsensitive", "i"],
  ["multiline", "m"],
  ["dotall", "s"],
  ["extended", "x"],
];

/** A regular expression and its flags as RE2 takes them. */
export function readPattern(members: Readonly<Record<string, Json>>): {
  readonly pattern: string;
  readonly flags: string;
} {
  const { regex, options = "" } = members;
  if (typeof regex !== "string" || typeof options !== "string") {
    return refuse("query-api:InvalidRegexExpression", quoted(members));
  }
  const given = FLAGS.filter(([name]) => isTrue(members[name])).map(([, letter]) => letter);
  const letters = new Set([...given, ...options]);
  const unknown = [...letters].find((letter) => !"imsx".includes(letter));
  if (unknown !== undefined) refuse("query-api:InvalidRegexExpression", quoted(options));
  return {
    pattern: letters.has("x") ? withoutBlanks(regex) : regex,
    flags: ["i", "m", "s"].filter((letter) => letters.has(letter)).join(""),
  };
}
