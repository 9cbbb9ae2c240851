/** Records on the wire. Pure. */
import { ownMember, type Json, type JsonObject } from "../../../model/json.ts";
import { formatInstant } from "../../../model/time.ts";
import { placesAt } from "../../../query/matches.ts";
import { rootPlace } from "../../../query/resolve.ts";
import type { AggregateRow } from "../../../query/aggregate.ts";
import { type Linked, linkedKey } from "../../../store/index.ts";
import type { Dataset } from "./dataset.ts";
import type { Outputs, OutputColumn } from "./outputs.ts";
import type { FieldTarget } from "./target.ts";
import { outputName } from "./names.ts";

/** A record to render: instants are strings already. */
export interface Rendered {
  readonly id: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly payload: JsonObject;
}

/** The linked records, by the kind of the links that lead to the record. */
export type RelatedRecords = (way: readonly string[], record: Rendered) => readonly Rendered[];

/** A canonical instant without trailing zeros of its fraction. */
const trimmed = (text: string): string => {
  const [whole = "", fraction = ""] = text.slice(0, -1).split(".");
  const rest = fraction.replace(/0+$/, "");
  return rest === "" ? `${whole}Z` : `${whole}.${rest}Z`;
};

/** An instant of a record's metadata. */
export function renderInstant(micros: number): string {
  return trimmed(formatInstant(micros));
}

const valueOf = (value: Json, holds: FieldTarget["holds"]): Json =>
  holds === "datetime" && typeof value === "string" ? trimmed(value) : value;

const everything = (dataset: Dataset, { id, createdAt, updatedAt, payload }: Rendered) => {
  const members: [string, Json][] = [["id", id]];
  for (const field of dataset.fields.values()) {
    members.push([field.name, valueOf(ownMember(payload, field.stored), field.type)]);
  }
  const known = dataset.type.fields;
  for (const [stored, value] of Object.entries(payload)) {
    if (!known.has(stored)) members.push([outputName(stored), value]);
  }
  members.push(["created_at", createdAt], ["updated_at", updatedAt]);
  return members;
};

const named = (target: FieldTarget, record: Rendered): Json => {
  if (target.path.column === "identifier") return record.id;
  if (target.path.column === "created_at") return record.createdAt;
  if (target.path.column === "updated_at") return record.updatedAt;
  const [place] = placesAt(target.path, rootPlace(record.payload), () => null);
  return valueOf(place?.value ?? null, target.holds);
};

/** A record with the members that the outputs select. */
export function renderRecord(
  record: Rendered,
  outputs: Outputs,
  relatedTo: RelatedRecords,
  way: readonly string[] = [],
): JsonObject {
  const own: readonly (readonly [string, Json])[] =
    outputs.fields.size === 0
      ? everything(outputs.dataset, record)
      : [
          ["id", record.id],
          ...[...outputs.fields].map(([key, target]) => [key, named(target, record)] as const),
        ];
  const related = [...outputs.related].map(([name, { relation, outputs: inner }]) => {
    const next = [...way, relation.kind];
    const rendered = relatedTo(next, record).map((each) =>
      renderRecord(each, inner, relatedTo, next),
    );
    return [name, relation.many ? rendered : (rendered[0] ?? null)] as const;
  });
  return Object.fromEntries([...own, ...related]);
}

/** The parts of a stored row that a record needs. */
export interface StoredRecord {
  readonly identifier: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly payload: string | null;
}

/** The record of a row. */
export function recordOf(row: StoredRecord): Rendered {
  return {
    id: row.identifier,
    createdAt: renderInstant(row.created_at),
    updatedAt: renderInstant(row.updated_at),
    payload: JSON.parse(row.payload ?? "{}") as JsonObject,
  };
}

/** The linked records among the loaded rows. */
export function linkedRecords(linked: Linked): RelatedRecords {
  return (way, { id }) => (linked.get(linkedKey(way))?.get(id) ?? []).map(recordOf);
}

const figure = (value: AggregateRow[number], holds: OutputColumn["holds"]): Json => {
  if (holds === "instant" && typeof value === "number") return renderInstant(value);
  return valueOf(value, holds);
};

/** A row of aggregates. */
export function renderFigures(row: AggregateRow, columns: readonly OutputColumn[]): JsonObject {
  return Object.fromEntries(
    columns.map(({ name, holds }, at) => [name, figure(row[at] ?? null, holds)]),
  );
}

/** The body of an error: clients read the first element of the list. */
export function renderError(requestId: string, message: string): readonly JsonObject[] {
  return [{ request_id: requestId, message }];
}
