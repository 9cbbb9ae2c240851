/** The progress of a revision. */
import type { Permission } from "../../../identity/permission.ts";
import { ANONYMOUS, delegateOf, type Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import { datasetIdOf, isSegment } from "../../../schema/source/ids.ts";
import type { RevisionWanted, SourceStatus, Store } from "../../../store/index.ts";

/** The caller, and what the installation publishes. */
export interface StatusContext {
  readonly store: Pick<Store, "sourceStatus">;
  readonly caller: Principal;
  /** True: everybody may read the status of private datasets. */
  readonly isOpen: boolean;
}

/** How callers are identified. */
export interface Authentication {
  /** The principal of an Authorization header. @throws AppError `unauthenticated`. */
  readonly authenticate: (authorization: string | undefined) => Promise<Principal>;
  /** The claims of a permission token; undefined for an invalid token. */
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

/** The caller that a token proves; anonymous without a valid one, since a status needs none. */
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

/** The revision, as the path names it. */
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
 * Reads the status of a revision. An invalid token counts as none.
 *
 * @throws AppError `not_found` for what does not exist for the caller.
 */
export async function readStatus(
  { store, caller, isOpen }: StatusContext,
  { owner, dataset, revision }: RevisionPath,
): Promise<SourceStatus> {
  const wanted = revisionOf(revision);
  if (wanted === undefined || !isSegment(owner) || !isSegment(dataset)) throw missing();
  const request = { datasetId: datasetIdOf(owner, dataset), revision: wanted, isOpen };
  const found = await store.sourceStatus(caller, request).catch((error: unknown) => {
    const isVoid = error instanceof AppError && error.code === "unauthenticated";
    return isVoid ? store.sourceStatus(ANONYMOUS, request) : Promise.reject(error);
  });
  if (found === undefined) throw missing();
  return found;
}
