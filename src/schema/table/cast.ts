/** The meaning of a table's cell: the types of Table Schema and their formats. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { castMoment } from "./moment.ts";

/** The value of a cell. */
export interface Cast {
  /** In CSV: the canonical form of its type. */
  readonly text: string;
  /** In JSON: JSON text, digits of numbers as they came. */
  readonly json: string;
  /** For comparisons: numbers as numbers, everything else as a string. */
  readonly order: number | string;
}

/** Parses the text of a cell; undefined when it is not a value of the type. */
export type Caster = (text: string) => Cast | undefined;

/** The results of a caster, as far as a Parquet column needs it. */
export type CastKind = "text" | "integer" | "number" | "boolean" | "date" | "json";

const plain = (text: string): Cast => ({ text, json: JSON.stringify(text), order: text });

const matching =
  (pattern: RegExp): Caster =>
  (text) =>
    pattern.test(text) ? plain(text) : undefined;

const STRINGS: Readonly<Record<string, Caster>> = {
  default: plain,
  email: matching(/^[^\s@]{1,64}@[^\s@]{1,255}$/),
  uri: (text) => (/^[a-z][a-z0-9+.-]*:\S+$/i.test(text) ? plain(text) : undefined),
  binary: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  uuid: matching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
};

const optionText = (field: JsonObject, name: string): string => {
  const value = field[name];
  return typeof value === "string" ? value : "";
};

/** The digits of a number as JSON has them. */
const digitsOf = (text: string, field: JsonObject): string => {
  const group = optionText(field, "groupChar");
  const decimal = optionText(field, "decimalChar");
  let digits = group === "" ? text : text.replaceAll(group, "");
  if (decimal !== "" && decimal !== ".") digits = digits.replaceAll(decimal, ".");
  if (field["bareNumber"] === false) digits = digits.replaceAll(/^[^\d+-]+|[^\d]+$/g, "");
  return digits.trim();
};

const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  INF: Number.POSITIVE_INFINITY,
  "-INF": Number.NEGATIVE_INFINITY,
};

/** Longer strings are not parsed as numbers, because the patterns below take time for them. */
const NUMBER_LENGTH_MAX = 1_000;

const NUMBER = /^([+-]?)0*(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** A number as JSON writes it; undefined for anything else. */
const canonicalNumber = (digits: string): string | undefined => {
  const match = NUMBER.exec(digits);
  if (match === null || !/^[+-]?(?:\d|\.\d)/.test(digits)) return undefined;
  const [, sign, whole = "", fraction = "", exponent] = match;
  const body = `${whole === "" ? "0" : whole}${fraction === "" ? "" : `.${fraction}`}`;
  return `${sign === "-" ? "-" : ""}${body}${exponent === undefined ? "" : `e${exponent}`}`;
};

const numberOf =
  (field: JsonObject): Caster =>
  (text) => {
    if (text.length > NUMBER_LENGTH_MAX) return undefined;
    const special = Object.hasOwn(SPECIAL, text) ? SPECIAL[text] : undefined;
    if (special !== undefined) return { text, json: JSON.stringify(text), order: special };
    const json = canonicalNumber(digitsOf(text, field));
    return json === undefined ? undefined : { text: json, json, order: Number(json) };
  };

const integerOf =
  (field: JsonObject): Caster =>
  (text) => {
    if (text.length > NUMBER_LENGTH_MAX) return undefined;
    const match = /^([+-]?)0*(\d+)$/.exec(digitsOf(text, field));
    if (match === null) return undefined;
    const json = `${match[1] === "-" && match[2] !== "0" ? "-" : ""}${match[2]}`;
    return { text: json, json, order: Number(json) };
  };

const wordsOf = (value: Json | undefined, otherwise: readonly string[]): ReadonlySet<string> =>
  new Set(Array.isArray(value) ? (value as readonly Json[]).map(String) : otherwise);

const booleanOf = (field: JsonObject): Caster => {
  const yes = wordsOf(field["trueValues"], ["true", "True", "TRUE", "1"]);
  const no = wordsOf(field["falseValues"], ["false", "False", "FALSE", "0"]);
  return (text) => {
    if (yes.has(text)) return { text: "true", json: "true", order: 1 };
    return no.has(text) ? { text: "false", json: "false", order: 0 } : undefined;
  };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const jsonOf =
  (isFit: (value: unknown) => boolean): Caster =>
  (text) => {
    const value = parsed(text);
    if (value === undefined || !isFit(value)) return undefined;
    // One line, with its digits unchanged: parsing it once more would round its numbers.
    return { text, json: text.replaceAll(/[\r\n]+/g, " "), order: text };
  };

const isPoint = (lon: unknown, lat: unknown): boolean =>
  Math.abs(Number(lon)) <= 180 && Math.abs(Number(lat)) <= 90;

const POINT = /^\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*$/;

const pairOf: Caster = (text) => {
  const match = POINT.exec(text);
  return match !== null && isPoint(match[1], match[2]) ? plain(text.trim()) : undefined;
};

const isNumeric = (value: unknown): boolean =>
  typeof value === "number" || (typeof value === "string" && /^[+-]?\d+(?:\.\d+)?$/.test(value));

const POINTS: Readonly<Record<string, Caster>> = {
  default: pairOf,
  array: jsonOf(
    (value) =>
      Array.isArray(value) &&
      value.length === 2 &&
      value.every(isNumeric) &&
      isPoint(value[0], value[1]),
  ),
  object: jsonOf(
    (value) =>
      isJsonObject(value) &&
      isNumeric(value["lon"]) &&
      isNumeric(value["lat"]) &&
      isPoint(value["lon"], value["lat"]),
  ),
};

const GEOMETRIES =
  /^(?:Point|MultiPoint|LineString|MultiLineString|Polygon|MultiPolygon|GeometryCollection|Feature|FeatureCollection)$/;

const isGeo = (value: unknown): boolean =>
  isJsonObject(value) && typeof value["type"] === "string" && GEOMETRIES.test(value["type"]);

const DURATION =
  /^-?P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/;

const listOf = (field: JsonObject): Caster => {
  const delimiter = optionText(field, "delimiter") || ",";
  const item = casterOf({ type: field["itemType"] ?? "string" })?.cast ?? plain;
  return (text) => {
    const items = (text === "" ? [] : text.split(delimiter)).map((each) => item(each));
    if (items.includes(undefined)) return undefined;
    return { text, json: `[${items.map((each) => each?.json).join(",")}]`, order: text };
  };
};

const yearOf: Caster = (text) =>
  /^-?\d{4}$/.test(text) ? { text, json: String(Number(text)), order: Number(text) } : undefined;

/** How the cells of a field are parsed, and the kind of the results. */
export interface FieldCaster {
  readonly cast: Caster;
  readonly kind: CastKind;
}

const text = (cast: Caster | undefined): FieldCaster | undefined =>
  cast === undefined ? undefined : { cast, kind: "text" };

/** How a field is parsed; undefined for a type or a format that Table Schema does not have. */
export function casterOf(field: JsonObject): FieldCaster | undefined {
  const { type = "string" } = field;
  if (typeof type !== "string") return undefined;
  const format = typeof field["format"] === "string" ? field["format"] : "default";
  switch (type) {
    case "string":
      return text(STRINGS[format]);
    case "number":
      return { cast: numberOf(field), kind: "number" };
    case "integer":
      return { cast: integerOf(field), kind: "integer" };
    case "boolean":
      return { cast: booleanOf(field), kind: "boolean" };
    case "date":
      return { cast: castMoment("date", format), kind: "date" };
    case "time":
    case "datetime":
      return text(castMoment(type, format));
    case "year":
      return { cast: yearOf, kind: "integer" };
    case "yearmonth":
      return text(matching(/^-?\d{4}-(?:0[1-9]|1[0-2])$/));
    case "duration":
      return text(matching(DURATION));
    case "object":
      return { cast: jsonOf(isJsonObject), kind: "json" };
    case "array":
      return { cast: jsonOf(Array.isArray), kind: "json" };
    case "list":
      return { cast: listOf(field), kind: "json" };
    case "geopoint":
      return text(POINTS[format]);
    case "geojson":
      return { cast: jsonOf(format === "topojson" ? isJsonObject : isGeo), kind: "json" };
    case "any":
      return text(plain);
    default:
      return undefined;
  }
}
