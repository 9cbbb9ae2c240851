import type { Json } from "../../model/json.ts";

/** The cells of one row by column name. */
export type Cells = ReadonlyMap<string, Json>;

/** The values of `@datasource`, `@patient` and `@study` in one row. */
export interface RowReferences {
  readonly datasource?: string;
  readonly patient?: string;
  readonly study?: string;
}

/** A compiled text with `${column}` in it. */
export interface Template {
  /** Columns that it reads, in order of appearance. */
  readonly columns: readonly string[];
  /** `datasource`, `patient`, `study`: which identifiers of the row it refers to. */
  readonly references: readonly (keyof RowReferences)[];
  /** The filled-in text; undefined when a column is empty or a reference is missing. */
  readonly render: (cells: Cells, references: RowReferences) => string | undefined;
}

const REFERENCES: readonly string[] = ["datasource", "patient", "study"];

type Part = { readonly text: string } | { readonly column: string } | { readonly own: string };

const partsOf = (source: string): readonly Part[] => {
  const parts: Part[] = [];
  let at = 0;
  for (const match of source.matchAll(/\$\{([^}]*)\}/g)) {
    if (match.index > at) parts.push({ text: source.slice(at, match.index) });
    const name = match[1] ?? "";
    parts.push(name.startsWith("@") ? { own: name.slice(1) } : { column: name });
    at = match.index + match[0].length;
  }
  if (at < source.length) parts.push({ text: source.slice(at) });
  return parts;
};

/** The text of a cell: undefined for null, missing and empty; JSON text for lists and objects. */
export function cellText(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const partText = (part: Part, cells: Cells, references: RowReferences): string | undefined => {
  if ("text" in part) return part.text;
  if ("own" in part) return references[part.own as keyof RowReferences];
  return cellText(cells.get(part.column))?.trim() || undefined;
};

/**
 * Parses a template.
 * @throws {RangeError} when it names an `@` reference that does not exist.
 */
export function parseTemplate(source: string): Template {
  const parts = partsOf(source);
  const owns = parts.flatMap((part) => ("own" in part ? [part.own] : []));
  const unknown = owns.find((own) => !REFERENCES.includes(own));
  if (unknown !== undefined) {
    throw new RangeError(
      `\${@${unknown}} is unknown: there are \${@datasource}, \${@patient} and \${@study}`,
    );
  }
  return {
    columns: parts.flatMap((part) => ("column" in part ? [part.column] : [])),
    references: owns as (keyof RowReferences)[],
    render: (cells, references) => {
      let text = "";
      for (const part of parts) {
        const piece = partText(part, cells, references);
        if (piece === undefined) return undefined;
        text += piece;
      }
      return text;
    },
  };
}
