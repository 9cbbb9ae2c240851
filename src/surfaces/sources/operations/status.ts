/** How far a revision has come. */
import type { Permission } from "../../../identity/permission.ts";
import { ANONYMOUS, delegateOf, type Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import { datasetIdOf, isSegment } from "../../../schema/source/ids.ts";
import type { RevisionWanted, SourceStatus, Store } from "../../../store/index.ts";

/** Who asks, and what the installation shows. */
export interface StatusContext {
  readonly store: Pick<Store, "sourceStatus">;
  readonly caller: Principal;
  /** True: the status of private datasets is shown to everybody. */
  readonly isOpen: boolean;
}

/** What tells who somebody is. */
export interface Authentication {
  /** The principal of an Authorization header. @throws AppError `unauthenticated`. */
  readonly authenticate: (authorization: string | undefined) => Promise<Principal>;
  /** What a permission token says; undefined for everything that is no good token. */
  readonly permission: (token: string) => Promise<Permission | undefined>;
}

const orNobody = async (caller: Promise<Principal>): Promise<Principal> => {
  try {
    return await caller;
  } catch (error) {
    if (error instanceof AppError && error.code === "unauthenticated") return ANONYMOUS;
    throw error;
  }
};

/** Whoever a token proves; nobody without a good one, since a status needs none. */
export async function callerOf(
  { authenticate, permission }: Authentication,
  presented: { readonly token: string | undefined; readonly authorization: string | undefined },
): Promise<Principal> {
  const { token, authorization } = presented;
  if (token === undefined) return orNobody(authenticate(authorization));
  const found = await permission(token);
  return found === undefined
    ? orNobody(authenticate(`Bearer ${token}`))
    : delegateOf(found.userId, found.tokenVersion);
}

/** Which revision is asked for, as the path names it. */
export interface RevisionPath {
  readonly owner: string;
  readonly dataset: string;
  /** A number, `latest` or `successful`. */
  readonly revision: string;
}

const revisionOf = (text: string): RevisionWanted | undefined => {
  if (text === "latest" || text === "successful") return text;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
};

const missing = (): AppError => new AppError("not_found", "There is no such revision.");

/**
 * Reads the status of a revision. A token that is void is as good as none.
 *
 * @throws AppError `not_found` for what does not exist for the caller.
 */
export async function readStatus(
  { store, caller, isOpen }: StatusContext,
  { owner, dataset, revision }: RevisionPath,
): Promise<SourceStatus> {
  const wanted = revisionOf(revision);
  if (wanted === undefined || !isSegment(owner) || !isSegment(dataset)) throw missing();
  const asked = { datasetId: datasetIdOf(owner, dataset), revision: wanted, isOpen };
  const found = await store.sourceStatus(caller, asked).catch((error: unknown) => {
    const isVoid = error instanceof AppError && error.code === "unauthenticated";
    return isVoid ? store.sourceStatus(ANONYMOUS, asked) : Promise.reject(error);
  });
  if (found === undefined) throw missing();
  return found;
}
