/** Stored definitions of payload types: read into a registry, registered in one batch. */
import { asc } from "drizzle-orm";
import { AppError } from "../../model/error.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { WriteContext } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import { authorize } from "../../identity/policy.ts";
import {
  admitDefinition,
  createRegistry,
  type EntityRecord,
  type VersionedRegistry,
} from "../../schema/registry.ts";
import type { EntityState } from "../../schema/entity/metadata.ts";
import type { IndexRecord } from "../../schema/indexed.ts";
import type { Registry, TypeDefinition } from "../../schema/type.ts";
import { NOW, type AsOf } from "../../query/query.ts";
import { nextInstantIn } from "../sql/clock.ts";
import { built, db, expressionOf } from "../sql/builder.ts";
import { columnsOf, select, type RowOfColumns } from "../sql/columns.ts";
import type { Session } from "../sql/session.ts";
import { entities, schemas, typeIndexes } from "../tables/core.ts";
import {
  findResponse,
  foundResponse,
  saveResponse,
  type RecalledRow,
} from "../write/idempotency.ts";
import { readWithMeta, type Meta } from "../read/meta.ts";
import { createProjection, evolveProjection } from "../projection/table.ts";
import {
  OUTDATED_INDEXES,
  UNCLASSIFIED_PROJECTIONS,
  upgradeProjections,
} from "../projection/upgrades.ts";
import type { InTurn } from "../tasks/queue.ts";
import { withRetries } from "../sql/retry.ts";
import { authGuards } from "../accounts/auth-state.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { refuseWhen } from "../write/guard.ts";

/** A stored definition with the instant at which it became known. */
export interface StoredDefinition {
  readonly definition: TypeDefinition;
  readonly registeredAt: InstantMicros;
}

const DEFINITIONS = built(
  db
    .select(columnsOf(schemas, "definition", "registered_at"))
    .from(schemas)
    .orderBy(asc(schemas.ordinal)),
);

/** What admins have set for the indexes of types. */
const INDEX_RECORDS = built(db.select().from(typeIndexes));

const toIndexRecord = ({ slot, mark, ...row }: typeof typeIndexes.$inferSelect): IndexRecord => ({
  payloadType: row.payload_type,
  field: row.field,
  state: row.state,
  mark: slot === null || mark === null ? null : { slot, mark },
  progress: row.progress,
  ridLast: row.rid_last,
});

const STATED = columnsOf(entities, "entity", "state");

/** The newest record of each entity. */
const ENTITIES = select(STATED, "e")`FROM entities e
  WHERE e.ordinal = (SELECT max(n.ordinal) FROM entities n WHERE n.entity = e.entity)`;

const toRecord = ({ entity, state }: RowOfColumns<typeof STATED>): EntityRecord => ({
  name: entity,
  state: state === null ? null : (JSON.parse(state) as EntityState),
});

/** What is asked for beside the definitions. */
interface DefinitionsWanted {
  readonly extra?: readonly Statement<RecalledRow>[];
  /** Refuses callers that may not have them. */
  readonly check?: (caller: Principal) => void;
  /** A state that has to be known; the definitions are all that there are. */
  readonly asOf?: AsOf;
}

/** All stored definitions, oldest first, and the registry that they make; one call. */
export async function readDefinitions(
  session: Session,
  principal: Principal,
  { extra = [], check = () => undefined, asOf = NOW }: DefinitionsWanted = {},
): Promise<{
  readonly stored: readonly StoredDefinition[];
  readonly records: readonly EntityRecord[];
  readonly registry: VersionedRegistry;
  readonly principal: Principal;
  readonly meta: Meta;
  readonly isPrimary: boolean;
  /** The database's clock, where an instant was asked for. */
  readonly clock: InstantMicros | undefined;
  /** The rows of the extra statements. */
  readonly extra: readonly RecalledRow[];
}> {
  const statements = (caller: Principal) => {
    check(caller);
    const outdated = [UNCLASSIFIED_PROJECTIONS, OUTDATED_INDEXES] as const;
    return [DEFINITIONS, ENTITIES, INDEX_RECORDS, ...outdated, ...extra] as const;
  };
  const answer = await readWithMeta(session, principal, statements, asOf);
  const [rows, states, set, unclassified, indexes, ...others] = answer.results;
  const stored = rows.map((row) => ({
    definition: JSON.parse(row.definition) as TypeDefinition,
    registeredAt: row.registered_at,
  }));
  const definitions = stored.map((each) => each.definition);
  const records = states.map(toRecord);
  const registry = createRegistry(
    answer.meta.registryVersion,
    definitions,
    records,
    set.map(toIndexRecord),
  );
  await upgradeProjections(session, registry, { unclassified, indexes });
  return {
    stored,
    records,
    registry,
    principal: answer.principal,
    meta: answer.meta,
    isPrimary: answer.isPrimary,
    clock: answer.clock,
    extra: others.flat(),
  };
}

/** The statements that bring the projection of a type from one registry to the next. */
export function tableStatements(before: Registry, after: Registry, name: string): readonly Sql[] {
  const next = after.types.get(name);
  if (next === undefined) throw new Error("A registered type is missing from its registry.");
  const previous = before.types.get(name);
  const statements =
    previous === undefined ? createProjection(next) : evolveProjection(previous, next);
  return statements.map(raw);
}

/** The statement that stores a definition as the next one after a version of the registry. */
export function storeDefinition(
  definition: TypeDefinition,
  principal: Principal,
  { reason }: Pick<WriteContext, "reason">,
  version: number,
): Sql {
  return built(
    db.insert(schemas).values({
      payload_type: definition.payloadType,
      version: definition.version,
      ordinal: version + 1,
      definition: JSON.stringify(definition),
      registered_at: expressionOf(nextInstantIn("schemas", "registered_at")),
      registered_by: principal.id,
      reason: reason ?? null,
    }),
  );
}

/** Statements around every change of the registry: nobody else has changed it since a version. */
export function nextVersion(version: number): readonly Sql[] {
  return [
    sql`INSERT INTO guard (stale) SELECT registry_version <> ${version} FROM state`,
    raw("UPDATE state SET registry_version = registry_version + 1"),
  ];
}

/** What a registration needs from its surroundings. */
export interface Registering {
  readonly session: Session;
  readonly now: () => InstantMicros;
  readonly inTurn: InTurn;
}

/** What a registration led to. */
export interface Registration {
  readonly registry: VersionedRegistry;
  /** True when an earlier call with the same Idempotency-Key did the work. */
  readonly replayed: boolean;
}

/** The type of an entity follows from its metadata alone. */
const refuseEntity = (registry: Registry, name: string): void => {
  if (!registry.entities.has(name)) return;
  const detail = "Expected a name that belongs to no entity.";
  throw new AppError("invalid_value", `payload_type: ${detail}`, {
    details: [{ path: "payload_type", code: "invalid_value", detail }],
  });
};

/**
 * What shall be registered: a definition, or what it shall be given the registry. Pure, and asked again
 * after a lost race.
 */
export type Redefinition = TypeDefinition | ((registry: VersionedRegistry) => TypeDefinition);

const registerOnce = async (
  { session, now }: Registering,
  principal: Principal,
  context: WriteContext,
  redefinition: Redefinition,
): Promise<Registration> => {
  const instant = now();
  const extra = findResponse(principal, context, instant);
  const known = await readDefinitions(session, principal, { extra });
  const { stored, registry, principal: caller } = known;
  authorize(caller, "administer", "*");
  if (foundResponse(known.extra[0], context) !== null) return { registry, replayed: true };
  const definition = typeof redefinition === "function" ? redefinition(registry) : redefinition;
  refuseEntity(registry, definition.payloadType);
  const { repeated, errors: faults } = admitDefinition(registry, definition);
  if (faults.length > 0) {
    throw new AppError("invalid_value", `${faults[0]?.path}: ${faults[0]?.detail}`, {
      details: faults,
    });
  }
  const memory = saveResponse(caller, context, sql`'{}'`, instant);
  if (repeated) {
    if (memory.length > 0) await session.batch([...memory, raw("DELETE FROM guard")]);
    return { registry, replayed: false };
  }
  const definitions = stored.map((each) => each.definition);
  const next = createRegistry(
    registry.version + 1,
    [...definitions, definition],
    known.records,
    registry.indexRecords,
  );
  await session.batch([
    ...refuseWhen(authGuards(caller, known.meta.authEpoch)),
    ...nextVersion(registry.version),
    storeDefinition(definition, caller, context, registry.version),
    ...tableStatements(registry, next, definition.payloadType),
    ...memory,
    raw("DELETE FROM guard"),
  ]);
  return { registry: next, replayed: false };
};

/**
 * Registers or evolves a payload type: definition, projection table and registry version change in
 * one batch.
 *
 * @throws AppError `forbidden`, `invalid_value` naming every fault, `conflict` after lost races.
 */
export function registerType(
  registering: Registering,
  principal: Principal,
  context: WriteContext,
  redefinition: Redefinition,
): Promise<Registration> {
  return withRetries(registering.inTurn, () =>
    registerOnce(registering, principal, context, redefinition),
  );
}
