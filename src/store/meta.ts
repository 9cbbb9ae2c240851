/**
 * The row that travels with every call: the version of the registry, the last transaction and the
 * caller's standing. It is what lets everything else be cached without a call of its own.
 */
import { AppError } from "../model/error.ts";
import type { InstantMicros } from "../model/time.ts";
import {
  isBoundDelegate,
  subjectOf,
  type Permission,
  type PolicyAction,
  type Principal,
  type Role,
} from "../identity/principal.ts";
import type { AsOf } from "../query/query.ts";
import type { Trail } from "./audit.ts";
import type { DatabaseRow, Session } from "./database.ts";
import { raw, sql, type Sql } from "./sql.ts";
import { viewOf, type View } from "./visible.ts";
import { authorizeSome, type Openness } from "../identity/policy.ts";
import { closedTypes } from "./closed.ts";
import type { Registry } from "../schema/type.ts";

/** What the database said about itself and the caller in the same snapshot as the answer. */
export interface Meta {
  readonly registryVersion: number;
  /** Salt of the digests of external identifiers. */
  readonly salt: string;
  /** The last committed transaction; 0 before the first. */
  readonly transaction: number;
  readonly lastRecordedAt: InstantMicros;
}

interface Standing {
  readonly role: Role | null;
  readonly isActive: boolean;
  readonly tokenVersion: number;
  readonly isOpen: boolean;
  readonly policies: readonly Permission[];
}

/** The policies of a subject and of its role, as JSON; one of both comes twice. */
const policiesOf = (subject: Sql, role: Sql): Sql => sql`json((SELECT json_group_array(
    json_array(p.id, json(p.payload_types), json(p.actions), p.owner_only))
  FROM policy_subjects s CROSS JOIN policies p ON p.id = s.policy
  WHERE s.subject IN (${subject}, ${role})))`;

/** Whether the session of the principal's token goes on. Tokens of a login have none. */
const sessionOf = ({ session }: Principal): Sql =>
  session === undefined ? raw("1") : sql`EXISTS (SELECT 1 FROM sessions o WHERE o.id = ${session})`;

const standingOf = (principal: Principal): Sql => {
  const { id, kind } = principal;
  if (kind === "user" || isBoundDelegate(principal)) {
    return sql`(SELECT json_array(u.role, u.is_active, u.token_version, ${sessionOf(principal)},
      ${policiesOf(sql`${id}`, raw("'role:' || u.role"))}) FROM users u WHERE u.id = ${subjectOf(principal)})`;
  }
  return kind === "apk"
    ? sql`(SELECT json_array(NULL, 1, 0, ${sessionOf(principal)}, ${policiesOf(sql`${id}`, raw("''"))})
        FROM api_keys k WHERE k.id = ${subjectOf(principal)})`
    : raw("NULL");
};

/** In place of a standing: nothing of the kind has changed since the principal was last confirmed. */
const AS_KNOWN = 1;

/** One column for all that is in the meta row but the value: the platform's answers cost by the column. */
const metaStatement = (principal: Principal, known: string | null, value: Sql): Sql =>
  sql`SELECT json_array(s.registry_version, s.salt, s.standings,
      coalesce((SELECT max(id) FROM transactions), 0),
      coalesce((SELECT max(recorded_at) FROM transactions), 0),
      CASE WHEN s.standings = ${known} THEN ${raw(String(AS_KNOWN))} ELSE json(${standingOf(principal)}) END) AS meta, ${value} AS value
    FROM state s WHERE s.id = 1`;

type StoredPolicy = readonly [
  id: string,
  payloadTypes: readonly string[],
  actions: readonly PolicyAction[],
  ownerOnly: number,
];

type StoredStanding = readonly [
  role: Role | null,
  isActive: number,
  tokenVersion: number,
  isOpen: number,
  policies: readonly StoredPolicy[],
];

/** Each policy once, by its id: to put them in order here costs the many who have none nothing. */
const permissionsOf = (stored: readonly StoredPolicy[]): readonly Permission[] => {
  const byId = new Map(
    stored.map(([id, payloadTypes, actions, ownerOnly]) => [
      id,
      { payloadTypes, actions, ownerOnly: ownerOnly === 1 },
    ]),
  );
  return [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, permission]) => permission);
};

const readStanding = (stored: StoredStanding | null): Standing | null => {
  if (stored === null) return null;
  const [role, isActive, tokenVersion, isOpen, policies] = stored;
  return {
    role,
    isActive: isActive === 1,
    tokenVersion,
    isOpen: isOpen === 1,
    policies: permissionsOf(policies),
  };
};

const unauthenticated = (): AppError =>
  new AppError("unauthenticated", "The token is no longer valid; log in again.");

const isAs = (principal: Principal, { role, policies }: Standing): boolean =>
  principal.role === role && JSON.stringify(principal.policies ?? []) === JSON.stringify(policies);

/** The principal with role and policies as they are now; throws when its token was revoked. */
const current = (principal: Principal, standing: Standing | null): Principal => {
  const isDelegate = isBoundDelegate(principal);
  if (principal.kind !== "user" && principal.kind !== "apk" && !isDelegate) return principal;
  if (standing === null || !standing.isActive || !standing.isOpen) throw unauthenticated();
  const { role, policies } = standing;
  const isVoid = principal.kind !== "apk" && standing.tokenVersion !== principal.tokenVersion;
  if (isVoid) throw unauthenticated();
  if (isDelegate) return principal;
  return isAs(principal, standing) ? principal : Object.freeze({ ...principal, role, policies });
};

/** What a principal was found to be, and the mark of the standings then. */
interface Known {
  readonly principal: Principal;
  readonly standings: string;
}

/**
 * What principals were found to be when last asked: a guess that saves the second call where a role
 * or policy is not as it was when the token was issued, and the lookup where nothing has changed.
 * Every answer confirms or corrects it.
 */
const lastKnown = new WeakMap<Principal, Known>();

interface ReadMeta extends Meta {
  readonly standings: string;
  readonly standing: StoredStanding | typeof AS_KNOWN | null;
}

const readMeta = (row: DatabaseRow | undefined): ReadMeta => {
  if (row === undefined) throw new Error("The state row is missing: apply the migrations.");
  const [registryVersion, salt, standings, transaction, lastRecordedAt, standing] = JSON.parse(
    row["meta"] as string,
  ) as readonly [number, string, string, number, number, ReadMeta["standing"]];
  return { registryVersion, salt, standings, transaction, lastRecordedAt, standing };
};

/** An answered call. */
export interface Answer {
  readonly meta: Meta;
  readonly principal: Principal;
  readonly results: readonly DatabaseRow[][];
  /** What the expression asked for was; null where statements were asked. */
  readonly value: unknown;
}

/** What is asked: statements, or one expression, whose value travels in the meta row itself. */
export type Asked = readonly Sql[] | Sql;

const isExpression = (asked: Asked): asked is Sql => "text" in asked;

/** The statements for a principal, or why it may not have them, as far as is known. */
const attempt = (
  build: (principal: Principal) => Asked,
  principal: Principal,
): { readonly asked: Asked } | { readonly refusal: AppError } => {
  try {
    return { asked: build(principal) };
  } catch (error) {
    if (error instanceof AppError && error.code === "forbidden") return { refusal: error };
    throw error;
  }
};

/**
 * Runs what is asked and the meta statement as one call. Statements only read. They are compiled
 * for role and policies as last known; in the rare case that these have changed since, they are
 * compiled and run again. A refusal, too, stands only when the answer has confirmed its grounds.
 *
 * @throws AppError `unauthenticated` when the token was revoked, and what `build` throws.
 */
export const askWithMeta = async (
  session: Session,
  principal: Principal,
  build: (principal: Principal) => Asked,
): Promise<Answer> => {
  const known = lastKnown.get(principal);
  const believed = known?.principal ?? principal;
  const attempted = attempt(build, believed);
  const asked = "asked" in attempted ? attempted.asked : [];
  const [value, statements] = isExpression(asked) ? [asked, []] : [raw("NULL"), asked];
  const [head, ...results] = await session.batch([
    metaStatement(believed, known?.standings ?? null, value),
    ...statements,
  ]);
  const row = head?.[0];
  const meta = readMeta(row);
  const { standing, standings } = meta;
  const actual = standing === AS_KNOWN ? believed : current(believed, readStanding(standing));
  if (standing !== AS_KNOWN) {
    lastKnown.set(principal, { principal: actual, standings });
    lastKnown.set(actual, { principal: actual, standings });
  }
  if (actual !== believed) return askWithMeta(session, actual, build);
  if ("refusal" in attempted) throw attempted.refusal;
  return { meta, principal: actual, results, value: row?.["value"] ?? null };
};

/** Refuses a state that does not exist yet. A commit may lead the clock; its instant is no future. */
export const refuseFuture = (asOf: AsOf, meta: Meta, now: InstantMicros): void => {
  if (asOf.kind !== "instant" || asOf.instant <= Math.max(now, meta.lastRecordedAt)) return;
  throw new AppError("invalid_as_of", "as_of lies in the future.", {
    details: [
      { path: "as_of", code: "invalid_as_of", detail: "Expected an instant that has passed." },
    ],
  });
};

/** A replica that has not seen the state asked for must not answer for it. */
const refuseLagging = (asOf: AsOf, meta: Meta): void => {
  if (asOf.kind !== "transaction" || asOf.transaction <= meta.transaction) return;
  throw new AppError("unavailable", "This replica lags behind the cursor; try again.", {
    retryAfterSeconds: 1,
  });
};

/** What a read needs from its surroundings. */
export interface Looking {
  readonly session: Session;
  readonly now: InstantMicros;
  readonly registry: Registry;
  readonly openness: Openness;
  /** What the request is called in the audit. */
  readonly trail: () => Trail;
  /** The last transaction that this isolate knows of. */
  readonly latest: Latest;
  /** The registry as it is now. */
  readonly refresh: () => Promise<Registry>;
}

/** The last transaction that an isolate knows of: a guess that an answer confirms or corrects. */
export interface Latest {
  transaction: number;
}

/**
 * Runs the statements of a read: the caller may read, and the state asked for exists. Types that the
 * access lists of their entity close to the caller are not in the view, but for one that is `open`:
 * who looks through a version of it has asked that version.
 */
export const look = async (
  looking: Looking,
  principal: Principal,
  asOf: AsOf,
  build: (view: View, caller: Principal) => Asked,
  open?: string,
): Promise<Answer> => {
  const { session, now, openness, latest, registry } = looking;
  const closedBy = (known: Registry, caller: Principal): readonly string[] =>
    closedTypes(known, caller).filter((name) => name !== open);
  const answer = await askWithMeta(session, principal, (caller) => {
    authorizeSome(caller, "read", openness);
    return build(viewOf(caller, asOf, closedBy(registry, caller)), caller);
  });
  if (answer.meta.registryVersion !== registry.version) {
    // What an isolate remembers may show what was closed since, or hide what was opened.
    const fresh = await looking.refresh();
    const [before, after] = [registry, fresh].map((each) => closedBy(each, answer.principal));
    if (String(before) !== String(after)) {
      return look({ ...looking, registry: fresh }, principal, asOf, build, open);
    }
  }
  refuseFuture(asOf, answer.meta, now);
  refuseLagging(asOf, answer.meta);
  latest.transaction = Math.max(latest.transaction, answer.meta.transaction);
  return answer;
};

/** Finds out what a principal is now; throws AppError `unauthenticated` when its token is void. */
export const standingOver =
  (session: Session): ((principal: Principal) => Promise<Principal>) =>
  async (principal) =>
    (await askWithMeta(session, principal, () => [])).principal;
