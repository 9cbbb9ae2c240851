/** How a table of a source is written down, as its descriptor says. */
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import type { SourceResource } from "../../schema/source/spec.ts";
import type { Delimiters } from "./blocks.ts";
import { WorkError } from "./error.ts";

/** How the bytes of a table are parsed. */
export interface Dialect extends Delimiters {
  readonly encoding: string;
  /** The number of the header record, from 1; 0 for none. */
  readonly head: number;
  readonly trims: boolean;
  readonly comment: string;
}

/** Encodings in which the delimiters are the same bytes as in ASCII. */
const ENCODINGS = /^(?:utf-?8|us-ascii|ascii|iso-?8859-?\d{1,2}|latin-?1|windows-125\d|cp125\d)$/i;

const oneByte = (value: Json | undefined, otherwise: string, path: string): string => {
  if (value === undefined || value === null) return otherwise;
  if (typeof value === "string" && /^[\t\x20-\x7e]$/.test(value)) return value;
  throw new WorkError(`${path}: expected one character of ASCII`);
};

const formatOf = ({ descriptor, url, tabulator }: SourceResource): string => {
  const said = tabulator?.["format"] ?? descriptor["format"] ?? "";
  if (typeof said === "string" && said !== "") return said.toLowerCase();
  const [, extension = ""] = /\.([a-z0-9]+)(?:[?#].*)?$/i.exec(url) ?? [];
  return extension.toLowerCase();
};

const headOf = (dialect: JsonObject, tabulator: JsonObject): number => {
  const headers = tabulator["headers"] ?? null;
  if (headers !== null) {
    if (Number.isSafeInteger(headers) && Number(headers) >= 1 && Number(headers) <= 100) {
      return Number(headers);
    }
    throw new WorkError("tabulator.headers: expected the number of a row from 1 to 100");
  }
  return dialect["header"] === false ? 0 : 1;
};

/** Options of a dialect that are not obeyed, and the values of them that say what is done. */
const LEFT: Readonly<Record<string, (value: Json) => boolean>> = {
  escapeChar: (value) => value === "",
  doubleQuote: (value) => value === true,
  nullSequence: () => false,
  lineTerminator: (value) => value === "\n" || value === "\r\n" || value === "\r",
  caseSensitiveHeader: () => true,
  headerRows: (value) => JSON.stringify(value) === "[1]",
  headerJoin: () => true,
  commentRows: (value) => JSON.stringify(value) === "[]",
};

/** Refuses an option that would have the table read in another way. @throws WorkError */
const checkLeft = (dialect: JsonObject): void => {
  for (const [name, value] of Object.entries(dialect)) {
    const isFine = Object.hasOwn(LEFT, name) ? LEFT[name] : undefined;
    if (isFine === undefined || value === null || isFine(value)) continue;
    throw new WorkError(
      `dialect.${name}: ${JSON.stringify(value)} is not obeyed here: bring the file into the usual form of CSV (RFC 4180), and leave the option out`,
    );
  }
};

/** How the table of a resource is parsed. @throws WorkError for what cannot be read here. */
export const dialectOf = (resource: SourceResource, newline: Delimiters["newline"]): Dialect => {
  const format = formatOf(resource);
  if (!["csv", "tsv", "tab", "txt"].includes(format)) {
    throw new WorkError(`the format "${format}" cannot be read here: expected csv or tsv`);
  }
  if (resource.steps.length > 0) {
    const [step = ""] = resource.steps;
    throw new WorkError(`the step "${step}" needs a pipelines service: it cannot be done here`);
  }
  const dialect = isJsonObject(resource.descriptor["dialect"])
    ? resource.descriptor["dialect"]
    : {};
  checkLeft(dialect);
  const tabulator = resource.tabulator ?? {};
  const given = tabulator["encoding"] ?? resource.descriptor["encoding"] ?? "utf-8";
  const encoding = typeof given === "string" ? given : "";
  if (!ENCODINGS.test(encoding)) {
    throw new WorkError(
      `the encoding "${encoding}" cannot be read here: expected utf-8 or the like`,
    );
  }
  const usual = format === "tsv" || format === "tab" ? "\t" : ",";
  return {
    encoding: encoding.replace(/^cp/i, "windows-"),
    delimiter: oneByte(tabulator["delimiter"] ?? dialect["delimiter"], usual, "dialect.delimiter"),
    quote: oneByte(dialect["quoteChar"], '"', "dialect.quoteChar"),
    newline,
    head: headOf(dialect, tabulator),
    trims: dialect["skipInitialSpace"] === true,
    comment: typeof dialect["commentChar"] === "string" ? dialect["commentChar"] : "",
  };
};
