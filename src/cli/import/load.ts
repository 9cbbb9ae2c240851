import type { Json, JsonObject } from "../../model/json.ts";
import type { ApiClient } from "../support/api-client.ts";
import type { RefusedItem } from "./batch.ts";
import type { Chunk } from "./chunks.ts";
import type { MappingPlan } from "./compile.ts";
import { type CreateOutcome, type PendingResource, type Writer } from "./create.ts";
import type { RowIssue } from "./field.ts";
import { createLane } from "./pipeline.ts";
import { createRegistrar, type RegisterItem, type RegisterOutcome } from "./register.ts";
import { type Counts, NO_COUNTS, type Rejection } from "./report.ts";
import { type FieldsOf, finishRow, type ReadyRow, readRow, type Registration } from "./row.ts";
import { type Terms, termsOf } from "./terms.ts";
import type { Cells, RowReferences } from "./template.ts";

/** The result of a chunk. */
export interface ChunkResult {
  readonly counts: Counts;
  readonly rejections: readonly Rejection[];
  /** Resources that refer to one which does not exist yet: sent again at the end. */
  readonly waiting: CreateOutcome["waiting"];
  /** Remarks about values that were left out because they could not be read. */
  readonly remarks: readonly Rejection[];
  /** Files that are no data, and why. */
  readonly leftOut: readonly Rejection[];
  /** What its resources name that is in no list. */
  readonly terms: Terms;
  /** One resource that is on the server now, if the chunk has any. */
  readonly witness: string | undefined;
}

/** Sends chunks of rows to the server. */
export interface Loader {
  readonly load: (chunk: Chunk) => Promise<ChunkResult>;
  /** Skips a chunk that an earlier, interrupted run has completed. */
  readonly skip: (chunk: Chunk) => void;
}

/** The code of a remark about a value that could not be read (an omitted one is out of range). */
export const UNREADABLE = "unreadable_text";

/** A row whose patient and study are known. */
interface PlacedRow {
  readonly row: ReadyRow;
  readonly references: RowReferences;
}

const toRejection = (line: number, issue: RowIssue): Rejection => ({ line, ...issue });

const readRows = (plan: MappingPlan, chunk: Chunk, fieldsOf: FieldsOf) => {
  const rows: ReadyRow[] = [];
  const rejections: Rejection[] = [];
  const unreadable: Rejection[] = [];
  const leftOut: Rejection[] = [];
  let omitted = 0;
  for (const tableRow of chunk.rows) {
    const { line } = tableRow;
    const { ready, issues, leftOut: why, remarks } = readRow(plan, tableRow, fieldsOf);
    const unread = remarks.filter(({ code }) => code === UNREADABLE);
    omitted += remarks.length - unread.length;
    unreadable.push(...unread.map((issue) => toRejection(line, issue)));
    if (why !== undefined) leftOut.push({ line, code: "left_out", detail: why });
    if (ready !== undefined) rows.push(ready);
    rejections.push(...issues.map((issue) => toRejection(line, issue)));
  }
  return { rows, rejections, omitted, unreadable, leftOut };
};

const itemBody = (owner: JsonObject, registration: Registration): JsonObject => ({
  ...owner,
  external_uid: registration.externalUid,
  ...(Object.keys(registration.payload).length > 0 ? { payload: registration.payload } : {}),
});

const errorOf = (row: ReadyRow, what: string, refused: RefusedItem<RegisterItem> | undefined) => ({
  line: row.line,
  code: refused?.code ?? "not_registered",
  detail: `${what}: ${refused?.detail ?? "the server gave no identifier"}`,
});

/** One step of registration: the owner of a row, from what is known about the row so far. */
interface RegisterStep {
  readonly what: "patient" | "study";
  /** The key of a row that has not been parsed further. */
  readonly keyOf: (cells: Cells) => string | undefined;
  /** Undefined for a row that has none. */
  readonly itemOf: (placed: PlacedRow) => RegisterItem | undefined;
}

const studyKey = (patient: string | undefined, study: string | undefined): string =>
  `${patient ?? ""}\n${study ?? ""}`;

const patientStep = (plan: MappingPlan): RegisterStep => {
  const datasource = plan.mapping.datasource?.identifier ?? "";
  return {
    what: "patient",
    keyOf: (cells) => plan.patient?.externalUid.render(cells, {}),
    itemOf: ({ row: { patient } }) =>
      patient && {
        key: patient.externalUid,
        body: itemBody({ datasource_id: datasource }, patient),
      },
  };
};

const studyStep = (plan: MappingPlan): RegisterStep => ({
  what: "study",
  keyOf: (cells) => {
    const patient = plan.patient?.externalUid.render(cells, {});
    return studyKey(patient, plan.study?.externalUid.render(cells, {}));
  },
  itemOf: ({ row: { patient, study }, references }) =>
    study && {
      key: studyKey(patient?.externalUid, study.externalUid),
      body: itemBody({ patient_identifier: references.patient ?? "" }, study),
    },
});

const stepsOf = (plan: MappingPlan): readonly RegisterStep[] => [
  ...(plan.patient === undefined ? [] : [patientStep(plan)]),
  ...(plan.study === undefined ? [] : [studyStep(plan)]),
];

const pendingOf = (
  plan: MappingPlan,
  placed: readonly PlacedRow[],
): {
  readonly resources: readonly PendingResource[];
  readonly rejections: readonly Rejection[];
} => {
  const resources: PendingResource[] = [];
  const rejections: Rejection[] = [];
  for (const { row, references } of placed) {
    const issues: RowIssue[] = [];
    const notes = { refuse: (issue: RowIssue) => void issues.push(issue), remark: () => undefined };
    const bodies = finishRow(plan, row, references, notes);
    rejections.push(...issues.map((issue) => toRejection(row.line, issue)));
    if (issues.length > 0) continue;
    resources.push(
      ...bodies.map(({ body, file, once }) => ({
        line: row.line,
        body,
        file,
        once,
        json: JSON.stringify(body satisfies Json),
      })),
    );
  }
  return { resources, rejections };
};

/** Rows with the identifier of their owner; a refused owner rejects its rows. */
const place = (
  what: RegisterStep["what"],
  keyed: readonly (PlacedRow & { readonly item: RegisterItem | undefined })[],
  outcome: RegisterOutcome,
  rejections: Rejection[],
): readonly PlacedRow[] =>
  keyed.flatMap(({ row, references, item }) => {
    if (item === undefined) return [{ row, references }];
    const identifier = outcome.identifiers.get(item.key);
    if (identifier !== undefined) {
      return [{ row, references: { ...references, [what]: identifier } }];
    }
    rejections.push(errorOf(row, what, outcome.refused.get(item.key)));
    return [];
  });

const NOTHING: CreateOutcome = {
  created: 0,
  present: 0,
  repeated: 0,
  rejected: [],
  waiting: [],
};

const lastOf = (
  resources: readonly PendingResource[],
  outcome: CreateOutcome,
): string | undefined => {
  if (outcome.created + outcome.present === 0) return undefined;
  const out = new Set([...outcome.rejected, ...outcome.waiting].map(({ line }) => line));
  return resources.findLast(({ line }) => !out.has(line))?.body.identifier;
};

/** The figures of a chunk. */
const countsOf = (
  chunk: Chunk,
  parts: {
    readonly linked: Partial<Counts>;
    readonly outcome: CreateOutcome;
    readonly reading: ReturnType<typeof readRows>;
    readonly registered: Readonly<Record<"patient" | "study", number>>;
    readonly rejections: readonly Rejection[];
  },
): Counts => {
  const { linked, outcome, reading, registered, rejections } = parts;
  return {
    ...NO_COUNTS,
    ...linked,
    rows: chunk.rows.length - reading.leftOut.length,
    patients: registered.patient,
    studies: registered.study,
    created: outcome.created,
    present: outcome.present,
    repeated: outcome.repeated,
    rejected: new Set(rejections.map(({ line }) => line)).size,
    omitted: reading.omitted,
    unreadable: reading.unreadable.length,
    leftOut: reading.leftOut.length,
  };
};

/**
 * Creates the loader: patients, then studies, then resources of each chunk. Registrations are sent
 * in the order of the file whatever runs beside them, so that identifiers are allocated in that
 * order; so are resources when rows may name other rows' resources.
 */
export function createLoader(
  plan: MappingPlan,
  fieldsOf: FieldsOf,
  server: {
    readonly client: ApiClient;
    readonly itemsMax: number;
    readonly write: Writer;
    /** Uploads the files of resources; absent: none. */
    readonly link?: (resources: readonly PendingResource[]) => Promise<Partial<Counts>>;
  },
): Loader {
  const { client, itemsMax, link = async () => ({}), write } = server;
  const paths = { patient: "/patients/register", study: "/studies/register" } as const;
  const steps = stepsOf(plan).map((step) => ({
    ...step,
    lane: createLane(),
    registrar: createRegistrar(client, paths[step.what], itemsMax),
  }));
  const inOrder = createLane();
  const datasource = plan.mapping.datasource?.identifier;

  const create = async (part: string, resources: readonly PendingResource[]) => {
    if (resources.length === 0) return NOTHING;
    const work = async () => write(part, resources);
    return plan.rowsReferToRows ? inOrder(work) : work();
  };

  const skip: Loader["skip"] = ({ rows }) => {
    for (const row of rows) {
      if (!("cells" in row)) continue;
      for (const { keyOf, registrar } of steps) registrar.skip(keyOf(row.cells) ?? "");
    }
  };

  const load: Loader["load"] = async (chunk) => {
    const reading = readRows(plan, chunk, fieldsOf);
    const rejections = [...reading.rejections];
    const registered = { patient: 0, study: 0 };
    let placed: readonly PlacedRow[] = reading.rows.map((row) => ({
      row,
      references: datasource === undefined ? {} : { datasource },
    }));
    for (const { what, itemOf, lane, registrar } of steps) {
      const keyed = placed.map((one) => ({ ...one, item: itemOf(one) }));
      const items = keyed.flatMap(({ item }) => item ?? []);
      const outcome = await lane(async () => registrar.register(items));
      registered[what] = outcome.registered;
      placed = place(what, keyed, outcome, rejections);
    }
    const pending = pendingOf(plan, placed);
    rejections.push(...pending.rejections);
    const outcome = await create(String(chunk.number), pending.resources);
    rejections.push(...outcome.rejected);
    const linked = await link(pending.resources);
    const counts = countsOf(chunk, { linked, outcome, reading, registered, rejections });
    const witness = lastOf(pending.resources, outcome);
    const terms = termsOf(pending.resources.map(({ body }) => body));
    const { leftOut, unreadable: remarks } = reading;
    return { counts, rejections, remarks, leftOut, terms, waiting: outcome.waiting, witness };
  };

  return { load, skip };
}
