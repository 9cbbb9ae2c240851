/**
 * The row that travels with every call: the version of the registry, the last transaction and the
 * caller's auth state. It is what lets everything else be cached without a call of its own.
 */
import { AppError } from "../../model/error.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { Principal } from "../../identity/principal.ts";
import { NOW, type AsOf } from "../../query/query.ts";
import {
  current,
  lastKnown,
  readAuthState,
  authStateOf,
  type StoredAuthState,
} from "../accounts/auth-state.ts";
import { CLOCK } from "../sql/clock.ts";
import { isIndexMissing, type RowsOf, type Session } from "../sql/session.ts";
import type { ReadContext } from "./read-context.ts";
import { readKnown, type State } from "./state.ts";
import { raw, sql, type Expression, type Sql, type Statement } from "../sql/template.ts";
import { snapshotOf, viewOf, type View } from "../visibility/visible.ts";
import { covers, hintFor, savedHint, saveHint } from "../visibility/hint.ts";
import { authorizeSome } from "../../identity/policy.ts";
import { closedTypes } from "../visibility/entity-access.ts";
import { keepsMarks } from "../../schema/indexed.ts";
import type { Registry } from "../../schema/type.ts";
import { byRegistry } from "../registry/by-registry.ts";

/** What the database said about itself and the caller in the same snapshot as the answer. */
export interface Meta {
  readonly registryVersion: number;
  /** Salt of the digests of external identifiers. */
  readonly salt: string;
  /** The last committed transaction; 0 before the first. */
  readonly transaction: number;
  readonly lastRecordedAt: InstantMicros;
  /** The auth epoch: it changes with any role, key or policy. The caller's auth state was confirmed under it. */
  readonly authEpoch: string;
}

/** In place of an auth state: no auth state has changed since the principal was last confirmed. */
const AS_KNOWN = 1;

/** The transaction that an instant stands for, and the clock by which that is for good. */
const resolved = (asOf: AsOf): Sql =>
  asOf.kind === "instant" ? sql`, ${snapshotOf(asOf) ?? raw("NULL")}, ${CLOCK}` : raw("");

/** The meta row: JSON, and the value of an expression that was asked for. */
interface MetaRow {
  readonly meta: string;
  readonly value: unknown;
}

/** One column for all that is in the meta row but the value: the platform's answers cost by the column. */
const metaStatement = (
  principal: Principal,
  known: string | null,
  value: Sql,
  asOf: AsOf,
): Statement<MetaRow> =>
  sql`SELECT json_array(s.registry_version, s.salt, s.standings,
      coalesce((SELECT max(id) FROM transactions), 0),
      coalesce((SELECT max(recorded_at) FROM transactions), 0), ${hintFor(principal)},
      CASE WHEN s.standings = ${known} THEN ${raw(String(AS_KNOWN))} ELSE json(${authStateOf(principal)}) END${resolved(asOf)}) AS meta, ${value} AS value
    FROM state s WHERE s.id = 1`;

interface ReadMeta extends Meta {
  /** What there is to be seen, for `saveHint`. */
  readonly there: number;
  readonly authState: StoredAuthState | typeof AS_KNOWN | null;
  /** The transaction that the instant asked for stands for; undefined for other states. */
  readonly resolved: number | undefined;
  /** The database's clock, where an instant was asked for. */
  readonly clock: InstantMicros | undefined;
}

const readMeta = (row: MetaRow | undefined): ReadMeta => {
  if (row === undefined) throw new Error("The state row is missing: apply the migrations.");
  const [
    registryVersion,
    salt,
    authEpoch,
    transaction,
    lastRecordedAt,
    there,
    authState,
    ...state
  ] = JSON.parse(row.meta) as readonly [
    number,
    string,
    string,
    number,
    number,
    number,
    ReadMeta["authState"],
    number?,
    number?,
  ];
  const [resolvedTo, clock] = state;
  return {
    registryVersion,
    salt,
    authEpoch,
    transaction,
    lastRecordedAt,
    there,
    authState,
    resolved: resolvedTo,
    clock,
  };
};

/** An answered call. */
export interface Answer<S extends Statements = Statements> {
  readonly meta: Meta;
  readonly principal: Principal;
  readonly results: ResultsOf<S>;
  /** What the expression asked for was; null where statements were asked. */
  readonly value: ValueOf<S>;
  /** The state that was asked for. */
  readonly state: State;
  /** True when the primary answered, and no replica. */
  readonly isPrimary: boolean;
  /** The database's clock, where an instant was asked for. */
  readonly clock: InstantMicros | undefined;
}

const stateIn = (asOf: AsOf, { transaction, lastRecordedAt, resolved: found }: ReadMeta): State => {
  if (asOf.kind === "instant") return { transaction: found ?? 0, instant: asOf.instant };
  return {
    transaction: asOf.kind === "transaction" ? asOf.transaction : transaction,
    instant: lastRecordedAt,
  };
};

/** What is asked: statements, or one expression, whose value travels in the meta row itself. */
export type Statements = readonly Sql[] | Sql;

/** The rows of each statement; of an expression there are none. */
type ResultsOf<S extends Statements> = S extends readonly Sql[] ? RowsOf<S> : readonly [];

/** The value of an expression, as that declares it. */
type ValueOf<S extends Statements> = S extends Expression<infer Value> ? Value : null;

const isExpression = (asked: Statements): asked is Sql => "text" in asked;

/** The statements for a principal, or why it may not have them, as far as is known. */
const attempt = <S extends Statements>(
  build: (principal: Principal) => S,
  principal: Principal,
): { readonly asked: S } | { readonly refusal: AppError } => {
  try {
    return { asked: build(principal) };
  } catch (error) {
    if (error instanceof AppError && error.code === "forbidden") return { refusal: error };
    throw error;
  }
};

/**
 * Runs what is asked and the meta statement as one call. Statements only read. They are compiled
 * for role and policies as last known, and for what there was to be seen; in the rare case that these
 * have changed since, they are compiled and run again. A refusal, too, stands only when the answer has
 * confirmed its grounds.
 *
 * @throws AppError `unauthenticated` when the token was revoked, and what `build` throws.
 */
export async function readWithMeta<const S extends Statements>(
  session: Session,
  principal: Principal,
  build: (principal: Principal) => S,
  asOf: AsOf = NOW,
): Promise<Answer<S>> {
  const known = lastKnown.get(principal);
  const believed = known?.principal ?? principal;
  const hint = savedHint(session.database, believed);
  const attempted = attempt(build, believed);
  const asked: Statements = "asked" in attempted ? attempted.asked : [];
  const [value, statements] = isExpression(asked) ? [asked, []] : [raw("NULL"), asked];
  const { results: all, isPrimary } = await session.call([
    metaStatement(believed, known?.authEpoch ?? null, value, asOf),
    ...statements,
  ]);
  const [head, ...results] = all;
  const row = head?.[0];
  const meta = readMeta(row);
  const { authState, authEpoch } = meta;
  const actual = authState === AS_KNOWN ? believed : current(believed, readAuthState(authState));
  if (authState !== AS_KNOWN) {
    lastKnown.set(principal, { principal: actual, authEpoch });
    lastKnown.set(actual, { principal: actual, authEpoch });
  }
  const isAsThought = covers(hint, saveHint(session.database, believed, meta.there));
  if (actual !== believed || !isAsThought) return readWithMeta(session, actual, build, asOf);
  if ("refusal" in attempted) throw attempted.refusal;
  return {
    meta,
    principal: actual,
    results: results as unknown as ResultsOf<S>,
    value: (row?.value ?? null) as ValueOf<S>,
    state: stateIn(asOf, meta),
    isPrimary,
    clock: meta.clock,
  };
}

type Build<S extends Statements> = (view: View, caller: Principal, registry: Registry) => S;

/** True when every index that statements by a registry may go by is there in a later one. */
const keepsIndexes = (before: Registry, after: Registry): boolean =>
  [...before.types].every(([name, type]) => keepsMarks(type, after.types.get(name)));

/** Asks once, by the registry as it is now. */
const readViewOnce = async <const S extends Statements>(
  readContext: ReadContext,
  session: Session,
  principal: Principal,
  asOf: AsOf,
  build: Build<S>,
  open: string | undefined,
): Promise<Answer<S>> => {
  const { isPlanned = false } = readContext;
  const closedBy = (known: Registry, caller: Principal): readonly string[] =>
    isPlanned ? [] : closedTypes(known, caller).filter((name) => name !== open);
  const answer = await byRegistry<Answer<S>>(readContext.registries, {
    run: (registry) =>
      readWithMeta(
        session,
        principal,
        (caller) => {
          if (!isPlanned) authorizeSome(caller, "read", readContext.anonymousAccess);
          const hint = savedHint(session.database, caller);
          const view = viewOf(caller, asOf, closedBy(registry, caller), hint);
          return build(view, caller, registry);
        },
        asOf,
      ),
    versionOf: ({ meta }) => meta.registryVersion,
    // What an isolate remembers may show what was closed since, or hide what was opened; and an index that was
    // made again since has not all rows that it had.
    holds: ({ principal: caller }, before, after) =>
      String(closedBy(before, caller)) === String(closedBy(after, caller)) &&
      keepsIndexes(before, after),
    afterFault: async (error, registry) => {
      if (!isIndexMissing(error)) throw error;
      const { meta } = await readWithMeta(session, principal, () => []);
      if (meta.registryVersion === registry.version) throw error;
      return readContext.registries.at(meta.registryVersion);
    },
  });
  readContext.latest.transaction = Math.max(
    readContext.latest.transaction,
    answer.meta.transaction,
  );
  return answer;
};

/**
 * Runs the statements of a read: the caller may read, and the state asked for exists. All reads of a
 * request that ask for one state are answered from the transaction that the first of them found it to
 * be. Types that the access lists of their entity close to the caller are not in the view, but for
 * one that is `open`: who looks through a version of it has asked that version.
 *
 * @throws AppError `invalid_as_of` for the future, `invalid_cursor` for a state that the database
 *   does not know, and what `readWithMeta` throws.
 */
export function readView<const S extends Statements>(
  readContext: ReadContext,
  principal: Principal,
  asOf: AsOf,
  build: Build<S>,
  open?: string,
): Promise<Answer<S>> {
  return readContext.states.read(asOf, (state) =>
    readKnown(readContext, state, async (session) => {
      const { latest } = readContext;
      if (state.kind === "transaction" && state.transaction === latest.transaction) {
        // Nothing has happened since, as far as is known: the present is that state, and cheaper.
        const present = await readViewOnce(readContext, session, principal, NOW, build, open);
        if (present.meta.transaction <= state.transaction) return present;
      }
      return readViewOnce(readContext, session, principal, state, build, open);
    }),
  );
}

/** Asks for the present, as a read of its own beside those of an answer. It holds all own writes. */
export function readPresent<const S extends readonly Sql[]>(
  readContext: ReadContext,
  principal: Principal,
  build: (principal: Principal) => S,
): Promise<Answer<S>> {
  return readKnown(readContext, NOW, (session) => readWithMeta(session, principal, build));
}

/** Finds out what a principal is now; throws AppError `unauthenticated` when its token is void. */
export function authStateOver(session: Session): (principal: Principal) => Promise<Principal> {
  return async (principal) => (await readWithMeta(session, principal, () => [])).principal;
}
