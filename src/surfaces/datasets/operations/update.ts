/** Changes the records of a condition and those that the body names, all of them or none. */
import { jsonEqual, ownMember, type Json, type JsonObject } from "../../../model/json.ts";
import type { Change, WriteContext } from "../../../model/transaction.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Decided, Known, LoadedRow } from "../../../store/index.ts";
import type { Dataset } from "../language/dataset.ts";
import { refuse, refuseRecord } from "../language/error.ts";
import { readUuid } from "../language/literal.ts";
import { needsOf, parseRecordOutputs, relatedOf, type Outputs } from "../language/outputs.ts";
import { IMMUTABLE } from "../language/names.ts";
import { linkedRecords, recordOf, renderRecord } from "../language/render.ts";
import type { Parameters } from "../language/request.ts";
import { parseInstant } from "../../../model/time.ts";
import { membersOf } from "./build.ts";
import type { Caller } from "./dataset-request.ts";
import { selectionOf } from "./selection.ts";
import { checkConstraints, standsIn, withoutNulls } from "./values.ts";
import { answerOf, stampOf, writeBy, type Prepared, type Written } from "./write.ts";

/**
 * What happens to members that a body does not name: they are kept, or take the value of a new
 * record.
 */
export type Mode = "merge" | "replace";

/** One entry of a body. */
interface Entry {
  /** Undefined: every record that the condition finds. */
  readonly id: string | undefined;
  readonly sent: JsonObject;
  /** Stored names and values; null removes a member. */
  readonly members: ReadonlyMap<string, Json>;
}

const entryOf = (dataset: Dataset, sent: JsonObject): Entry => {
  const { id = null } = dataset.fields.has("id") ? {} : sent;
  if (id !== null && (typeof id !== "string" || (dataset.defined && readUuid(id) === undefined))) {
    refuse("id", "Expected a UUID.");
  }
  const members = membersOf(dataset, sent, ({ name }) =>
    refuse(name, "Related records are written by themselves, and linked by attach."),
  );
  const named = typeof id === "string" ? (dataset.defined ? id.toLowerCase() : id) : undefined;
  return { id: named, sent, members };
};

type Immutable = (typeof IMMUTABLE)[number];

const isSame = (name: Immutable, value: Json, row: LoadedRow): boolean => {
  if (typeof value !== "string") return false;
  if (name === "id") return value === row.identifier || value.toLowerCase() === row.identifier;
  return parseInstant(value) === row[name];
};

const checkImmutable = (dataset: Dataset, { sent }: Entry, row: LoadedRow): void => {
  for (const name of IMMUTABLE) {
    const value = sent[name] ?? null;
    if (value === null || dataset.fields.has(name) || isSame(name, value, row)) continue;
    refuseRecord(`Validation error: field "${name}" is immutable`, name);
  }
};

/** A record while the entries of a body are applied to it. */
interface Working {
  readonly row: LoadedRow;
  readonly before: JsonObject;
  after: JsonObject;
}

const applied = (dataset: Dataset, mode: Mode, before: JsonObject, entry: Entry): JsonObject => {
  const members = new Map<string, Json>(mode === "merge" ? Object.entries(before) : []);
  for (const [name, value] of entry.members) members.set(name, value);
  for (const field of dataset.fields.values()) {
    if (field.initial === undefined || members.has(field.stored)) continue;
    if (mode === "replace" || standsIn(field)) members.set(field.stored, field.initial);
  }
  return withoutNulls(members);
};

const isTarget = (dataset: Dataset, row: LoadedRow | undefined): row is LoadedRow =>
  row !== undefined &&
  row.payload_type === dataset.name &&
  row.is_deleted === 0 &&
  row.is_visible === 1;

/** The records that an entry changes. */
const rowsOf = (
  dataset: Dataset,
  { id }: Entry,
  known: Known,
  matched: ReadonlyMap<string, LoadedRow> | null,
): readonly LoadedRow[] => {
  if (id === undefined) return [...(matched?.values() ?? [])];
  const row = matched === null ? known.rows.get(id) : matched.get(id);
  return isTarget(dataset, row) ? [row] : [];
};

const changesBetween = (before: JsonObject, after: JsonObject): JsonObject => {
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  return Object.fromEntries([
    ...gone.map((name) => [name, null] as const),
    ...Object.entries(after).filter(([name, value]) => !jsonEqual(ownMember(before, name), value)),
  ]);
};

interface Plan {
  readonly dataset: Dataset;
  readonly mode: Mode;
  readonly entries: readonly Entry[];
  readonly outputs: Outputs;
  readonly conditional: boolean;
  readonly stamp: string;
}

const decide = (plan: Plan, known: Known): Decided => {
  const { dataset, mode, entries, outputs, stamp } = plan;
  const matched = plan.conditional
    ? new Map(known.matched.map((row) => [row.identifier, row]))
    : null;
  const working = new Map<string, Working>();
  for (const entry of entries) {
    for (const row of rowsOf(dataset, entry, known, matched)) {
      checkImmutable(dataset, entry, row);
      const before = JSON.parse(row.payload ?? "{}") as JsonObject;
      const work = working.get(row.identifier) ?? { row, before, after: before };
      work.after = applied(dataset, mode, work.after, entry);
      working.set(row.identifier, work);
    }
  }
  const related = linkedRecords(known.linked);
  const changes: Change[] = [];
  const records: JsonObject[] = [];
  for (const { row, before, after } of working.values()) {
    checkConstraints(dataset, after);
    const payload = changesBetween(before, after);
    const isChanged = Object.keys(payload).length > 0;
    if (isChanged) changes.push({ kind: "update", identifier: row.identifier, payload });
    const record = { ...recordOf(row), payload: after };
    const rendered = isChanged ? { ...record, updatedAt: stamp } : record;
    records.push(renderRecord(rendered, outputs, related));
  }
  return { changes, answer: answerOf(stamp, records) };
};

const prepare = (
  mode: Mode,
  sent: readonly JsonObject[],
  parameters: Parameters,
  stamp: string,
  dataset: Dataset,
  registry: Registry,
): Prepared => {
  const entries = sent.map((each) => entryOf(dataset, each));
  const selection = selectionOf(parameters, dataset, registry, "");
  const conditional = selection.condition !== null;
  const isOpen = entries.some(({ id }) => id === undefined) || entries.length === 0;
  if (isOpen && !conditional) {
    refuseRecord('action "update" needs at least one condition', "cond");
  }
  const outputs = parseRecordOutputs(parameters.outputs, dataset, registry);
  const identifiers = entries.flatMap(({ id }) => id ?? []);
  const related = relatedOf(outputs);
  const plan: Plan = { dataset, mode, entries, outputs, conditional, stamp };
  return {
    subject: {
      ...selection,
      identifiers: [...new Set(identifiers)],
      ...(related.length === 0 ? {} : { related }),
      needs: [...selection.needs, ...needsOf(outputs)],
    },
    decide: (known) => decide(plan, known),
  };
};

/** Changes records. */
export function update(
  caller: Caller,
  name: string,
  mode: Mode,
  sent: readonly JsonObject[],
  parameters: Parameters,
  context: WriteContext,
): Promise<Written> {
  const stamp = stampOf(context);
  return writeBy(caller, { name, action: "update" }, context, (dataset, registry) =>
    prepare(mode, sent, parameters, stamp, dataset, registry),
  );
}
