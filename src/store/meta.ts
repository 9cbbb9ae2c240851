/**
 * The row that travels with every call: the version of the registry, the last transaction and the
 * caller's standing. It is what lets everything else be cached without a call of its own.
 */
import { AppError } from "../model/error.ts";
import type { InstantMicros } from "../model/time.ts";
import type { Principal, Role } from "../identity/principal.ts";
import type { AsOf } from "../query/query.ts";
import type { DatabaseRow, Session } from "./database.ts";
import { sql, type Sql } from "./sql.ts";
import { viewOf, type View } from "./visible.ts";
import { authorize, type Openness } from "../identity/policy.ts";
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
  readonly role: Role;
  readonly isActive: boolean;
  readonly tokenVersion: number;
}

const metaStatement = (principal: Principal): Sql => {
  const standing =
    principal.kind === "user"
      ? sql`(SELECT json_array(u.role, u.is_active, u.token_version) FROM users u WHERE u.id = ${principal.id.slice("user:".length)})`
      : sql`NULL`;
  return sql`SELECT s.registry_version, s.salt, ${standing} AS standing,
    coalesce((SELECT max(id) FROM transactions), 0) AS tx,
    coalesce((SELECT max(recorded_at) FROM transactions), 0) AS last_recorded_at
    FROM state s WHERE s.id = 1`;
};

const readStanding = (text: unknown): Standing | null => {
  if (typeof text !== "string") return null;
  const [role, isActive, tokenVersion] = JSON.parse(text) as [Role, number, number];
  return { role, isActive: isActive === 1, tokenVersion };
};

const unauthenticated = (): AppError =>
  new AppError("unauthenticated", "The token is no longer valid; log in again.");

/** The principal with the role that it has now; throws when its token was revoked. */
const current = (principal: Principal, standing: Standing | null): Principal => {
  if (principal.kind !== "user") return principal;
  if (standing === null || !standing.isActive) throw unauthenticated();
  if (standing.tokenVersion !== principal.tokenVersion) throw unauthenticated();
  return standing.role === principal.role ? principal : { ...principal, role: standing.role };
};

const readMeta = (row: DatabaseRow | undefined): Meta => {
  if (row === undefined) throw new Error("The state row is missing: apply the migrations.");
  return {
    registryVersion: row["registry_version"] as number,
    salt: row["salt"] as string,
    transaction: row["tx"] as number,
    lastRecordedAt: row["last_recorded_at"] as number,
  };
};

/** An answered call. */
export interface Answer {
  readonly meta: Meta;
  readonly principal: Principal;
  readonly results: readonly DatabaseRow[][];
}

/**
 * Runs the statements and the meta statement as one call. Statements are compiled for the role in
 * the token; in the rare case that the role has changed since, they are compiled and run again.
 */
export const askWithMeta = async (
  session: Session,
  principal: Principal,
  build: (principal: Principal) => readonly Sql[],
): Promise<Answer> => {
  const [head, ...results] = await session.batch([metaStatement(principal), ...build(principal)]);
  const row = head?.[0];
  const actual = current(principal, readStanding(row?.["standing"]));
  if (actual !== principal) return askWithMeta(session, actual, build);
  return { meta: readMeta(row), principal, results };
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
  build: (view: View, caller: Principal) => readonly Sql[],
  open?: string,
): Promise<Answer> => {
  const { session, now, openness, latest, registry } = looking;
  const closedBy = (known: Registry, caller: Principal): readonly string[] =>
    closedTypes(known, caller).filter((name) => name !== open);
  const answer = await askWithMeta(session, principal, (caller) => {
    authorize(caller, "read", "*", openness);
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
