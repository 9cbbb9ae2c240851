/**
 * Unique keys of payload types. The index of the projection enforces them. When it has refused a
 * batch, the next load finds out who holds the values, so that the plan can name what clashes.
 */
import type { Json } from "../../model/json.ts";
import type { PayloadType, Registry } from "../../schema/type.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { fieldColumn, projectionTable } from "../projection/table.ts";
import { join, raw, sql, type Statement } from "../sql/template.ts";
import type { HolderRow } from "./load-rows.ts";
import { fault, type Draft, type ErrorDetails } from "./draft.ts";

/** Values of a unique key. */
export interface WantedKey {
  readonly payloadType: string;
  readonly fields: readonly string[];
  readonly values: readonly (readonly Json[])[];
}

/** Booleans are 0 and 1 in a column. */
const columnValue = (value: Json): Json => (typeof value === "boolean" ? Number(value) : value);

/** The text of the values of a key, the same for values that an index finds equal. */
const keyText = (payloadType: string, fields: readonly string[], values: readonly Json[]): string =>
  JSON.stringify([payloadType, fields, values]);

const valuesOf = (draft: Draft, fields: readonly string[]): readonly Json[] | undefined => {
  if (draft.isDeleted || draft.payload === null) return undefined;
  const { payload } = draft;
  const values = fields.map((name) => columnValue(payload[name] ?? null));
  return values.includes(null) ? undefined : values;
};

const uniqueFields = (type: PayloadType | undefined): readonly (readonly string[])[] =>
  (type?.keys ?? []).filter(({ unique }) => unique).map(({ fields }) => fields);

/** The unique values that drafts want. */
export function wantedKeys(drafts: readonly Draft[], registry: Registry): readonly WantedKey[] {
  return [...Map.groupBy(drafts, (draft) => draft.payloadType)].flatMap(([payloadType, own]) =>
    uniqueFields(registry.types.get(payloadType)).map((fields) => ({
      payloadType,
      fields,
      values: own.flatMap((draft) => {
        const values = valuesOf(draft, fields);
        return values === undefined ? [] : [values];
      }),
    })),
  );
}

/** The statements that find who holds values of a key. */
export function holderStatements({
  payloadType,
  fields,
  values,
}: WantedKey): readonly Statement<HolderRow>[] {
  return jsonChunks(values).map(({ text }) => {
    const equal = fields.map((name, at) => raw(`x.${fieldColumn(name)} = j.value->>${at}`));
    const held = fields.map((name) => raw(`x.${fieldColumn(name)}`));
    return sql`SELECT ${payloadType} AS payload_type, ${JSON.stringify(fields)} AS fields,
      json_array(${join(held, ", ")}) AS held, x.identifier FROM json_each(${text}) j
      CROSS JOIN ${raw(projectionTable(payloadType))} x ON ${join(equal, " AND ")}`;
  });
}

/** Who holds which values, from the rows of those statements. */
export function readHolders(rows: readonly HolderRow[]): ReadonlyMap<string, string> {
  return new Map(
    rows.map((row) => [
      keyText(row.payload_type, JSON.parse(row.fields) as string[], JSON.parse(row.held) as Json[]),
      row.identifier,
    ]),
  );
}

const checkKey = (
  drafts: readonly Draft[],
  fields: readonly string[],
  holders: ReadonlyMap<string, string>,
  faults: ErrorDetails,
): void => {
  const own = new Map(drafts.map((draft) => [draft.identifier, draft]));
  const taken = new Set<string>();
  const wanting = drafts.flatMap((draft) => {
    const values = valuesOf(draft, fields);
    const text = keyText(draft.payloadType, fields, values ?? []);
    return values === undefined ? [] : [{ draft, text, holder: holders.get(text) }];
  });
  // Who holds the values and keeps them comes before who wants them.
  const ordered = wanting.toSorted(
    (one, other) =>
      Number(other.holder === other.draft.identifier) - Number(one.holder === one.draft.identifier),
  );
  for (const { draft, text, holder } of ordered) {
    // Who held the values may give them up in this very write; then it is a draft with others.
    const isHeld = holder !== undefined && holder !== draft.identifier && !own.has(holder);
    if (isHeld || taken.has(text)) {
      const detail = "Expected values that no other resource has.";
      faults.bad.push(fault(draft, fields.join(","), "already_exists", detail));
    } else taken.add(text);
  }
};

/** Finds drafts that want the same values of a unique key, or values that are known to be held. */
export function checkKeys(
  drafts: readonly Draft[],
  registry: Registry,
  holders: ReadonlyMap<string, string>,
  faults: ErrorDetails,
): void {
  for (const [name, own] of Map.groupBy(drafts, (draft) => draft.payloadType)) {
    for (const fields of uniqueFields(registry.types.get(name)))
      checkKey(own, fields, holders, faults);
  }
}
