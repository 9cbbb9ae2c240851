/** Permission tokens: what a user may do at a service. */
import { subjectOf, type Principal } from "../../../identity/principal.ts";
import type { PermissionClaims } from "../../../identity/token.ts";
import { AppError } from "../../../model/error.ts";
import type { AccountsContext } from "./context.ts";

/** Datasets that a user may have when no plan says otherwise. */
export const DATASETS_MAX = 100;

/** Services that permission tokens are for. */
type Service = "source";

/** Accepts users only. @throws AppError `forbidden`. */
export function requireUser({ kind }: Principal): void {
  if (kind === "user") return;
  throw new AppError("forbidden", "Permission tokens are for users, not for API keys.");
}

/**
 * Issues a permission token to the caller, as the database knows it now.
 *
 * @throws AppError `forbidden` for API keys, `unauthenticated` for void tokens.
 */
export async function issuePermission(
  { store, principal, tokens }: AccountsContext,
  service: Service,
): Promise<{
  readonly token: string;
  readonly claims: PermissionClaims & { readonly service: Service };
}> {
  const current = await store.authState(principal);
  requireUser(current);
  const claims = {
    userid: subjectOf(current),
    permissions: { max_dataset_num: DATASETS_MAX },
    service,
  };
  const { tokenVersion = 0 } = current;
  return { token: await tokens.issuePermission({ claims, tokenVersion }), claims };
}
