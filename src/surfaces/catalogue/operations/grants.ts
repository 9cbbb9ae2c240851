/** Gives and revokes access. */
import type { Grant, Receipt, WriteContext } from "../../../model/transaction.ts";
import type { CatalogueContext } from "./context.ts";
import { located } from "./locate.ts";

/**
 * Gives or revokes access: all grants or none.
 *
 * @throws AppError as the store's write, with the paths of bad grants in the body.
 */
export function writeGrants(
  { store, principal }: CatalogueContext,
  kind: "grant" | "revoke",
  grants: readonly Grant[],
  context: WriteContext,
): Promise<Receipt> {
  const changes = grants.map((grant) => ({ kind, grant }));
  return located(
    () => store.write(principal, { context, changes }),
    ({ index }) => (index === undefined ? null : `grants.${index}`),
  );
}
