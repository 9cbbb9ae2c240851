/** How far a revision has come. */
import { ANONYMOUS, type Principal } from "../../../identity/principal.ts";
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
export const readStatus = async (
  { store, caller, isOpen }: StatusContext,
  { owner, dataset, revision }: RevisionPath,
): Promise<SourceStatus> => {
  const wanted = revisionOf(revision);
  if (wanted === undefined || !isSegment(owner) || !isSegment(dataset)) throw missing();
  const asked = { datasetId: datasetIdOf(owner, dataset), revision: wanted, isOpen };
  const found = await store.sourceStatus(caller, asked).catch((error: unknown) => {
    const isVoid = error instanceof AppError && error.code === "unauthenticated";
    return isVoid ? store.sourceStatus(ANONYMOUS, asked) : Promise.reject(error);
  });
  if (found === undefined) throw missing();
  return found;
};
