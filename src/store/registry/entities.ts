/** Metadata of entities: changed in one batch together with the payload type that follows from it. */
import { jsonEqual, type Json } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import type { WriteContext } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import { authorize } from "../../identity/policy.ts";
import { definitionOf } from "../../schema/entity/definition.ts";
import { EntityErrorItem } from "../../schema/entity/error.ts";
import type { EntityState } from "../../schema/entity/metadata.ts";
import { parseEntity } from "../../schema/entity/parse.ts";
import { admitDefinition, createRegistry, type VersionedRegistry } from "../../schema/registry.ts";
import type { TypeDefinition } from "../../schema/type.ts";
import { built, db, expressionOf } from "../sql/builder.ts";
import { nextInstantIn } from "../sql/clock.ts";
import { isClash } from "../sql/session.ts";
import { entities } from "../tables/core.ts";
import { findResponse, foundResponse, saveResponse } from "../write/idempotency.ts";
import { withRetries } from "../sql/retry.ts";
import { authGuards } from "../accounts/auth-state.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { refuseWhen } from "../write/guard.ts";
import {
  nextVersion,
  readDefinitions,
  storeDefinition,
  tableStatements,
  type Registering,
  type Registration,
} from "./types.ts";

/**
 * What shall become of an entity's metadata: the next state, given the registry; null deletes it.
 * Pure, and asked again after a lost race.
 */
export type Redescription = (registry: VersionedRegistry) => EntityState | null;

/** The definition of the payload type that has to be stored; undefined when it stays as it is. */
const nextDefinition = (
  registry: VersionedRegistry,
  state: EntityState | null,
): TypeDefinition | undefined => {
  if (state === null) return undefined;
  const entity = parseEntity(state);
  const previous = registry.definitions.get(entity.name)?.at(-1);
  const next = definitionOf(entity, previous);
  if (next === previous) return undefined;
  const { errors: faults } = admitDefinition(registry, next);
  if (faults.length > 0) {
    throw new EntityErrorItem(
      ...faults.map(({ path, detail }) => ({
        code: "metadata:InvalidMetadata",
        msg: `${path}: ${detail}`,
      })),
    );
  }
  return next;
};

/** The whole state has to fit into one value of the database. */
const refuseLarge = (state: EntityState | null): void => {
  const bytes = new TextEncoder().encode(JSON.stringify(state)).length;
  if (bytes <= LIMITS.parameterBytesMax) return;
  const msg = `expected at most ${LIMITS.parameterBytesMax} bytes for all versions`;
  throw new EntityErrorItem({ code: "metadata:InvalidMetadata", msg });
};

const storeState = (
  name: string,
  state: EntityState | null,
  principal: Principal,
  { reason }: Pick<WriteContext, "reason">,
  version: number,
): Sql =>
  built(
    db.insert(entities).values({
      entity: name,
      ordinal: version + 1,
      state: state === null ? null : JSON.stringify(state),
      recorded_at: expressionOf(nextInstantIn("entities", "recorded_at")),
      recorded_by: principal.id,
      reason: reason ?? null,
    }),
  );

const describeOnce = async (
  { session, now }: Registering,
  principal: Principal,
  context: WriteContext,
  name: string,
  redescribe: Redescription,
): Promise<Registration> => {
  const instant = now();
  const extra = findResponse(principal, context, instant);
  const known = await readDefinitions(session, principal, { extra });
  const { stored, records, registry, principal: caller } = known;
  authorize(caller, "administer", name);
  if (foundResponse(known.extra[0], context) !== null) return { registry, replayed: true };
  const state = redescribe(registry);
  const memory = saveResponse(caller, context, sql`'{}'`, instant);
  const current = registry.entities.get(name)?.state ?? null;
  if (jsonEqual(state as unknown as Json, current as unknown as Json)) {
    if (memory.length > 0) await session.batch([...memory, raw("DELETE FROM guard")]);
    return { registry, replayed: false };
  }
  refuseLarge(state);
  const definition = nextDefinition(registry, state);
  const definitions = stored.map((each) => each.definition);
  const next = createRegistry(
    registry.version + 1,
    definition === undefined ? definitions : [...definitions, definition],
    [...records.filter((each) => each.name !== name), { name, state }],
    registry.indexRecords,
  );
  const ofType =
    definition === undefined
      ? []
      : [
          storeDefinition(definition, caller, context, registry.version),
          ...tableStatements(registry, next, name),
        ];
  const { version } = registry;
  await session.batch([
    ...refuseWhen(authGuards(caller, known.meta.authEpoch)),
    ...nextVersion(version),
    storeState(name, state, caller, context, version),
    ...ofType,
    ...memory,
    raw("DELETE FROM guard"),
  ]);
  return { registry: next, replayed: false };
};

const refuseClash = async (run: Promise<Registration>): Promise<Registration> => {
  try {
    return await run;
  } catch (error) {
    if (!isClash(error)) throw error;
    throw new EntityErrorItem({
      code: "mongo-crud:Duplicate",
      msg: "stored documents have the same values in fields that shall be unique",
    });
  }
};

/**
 * Changes the metadata of an entity: its state, its payload type with projection and indexes, and the
 * registry version change in one batch. For admins.
 *
 * @throws AppError `forbidden`, `conflict` after lost races; EntityFault for metadata that is wrong or
 *   does not fit what is stored.
 */
export function describeEntity(
  registering: Registering,
  principal: Principal,
  context: WriteContext,
  name: string,
  redescribe: Redescription,
): Promise<Registration> {
  return withRetries(registering.inTurn, () =>
    refuseClash(describeOnce(registering, principal, context, name, redescribe)),
  );
}
