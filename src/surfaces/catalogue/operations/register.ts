/** Registers patients and studies, and resolves what was registered. */
import type { ErrorDetail } from "../../../model/error.ts";
import type { Receipt, RegisterChange, WriteContext } from "../../../model/transaction.ts";
import type { AsOf } from "../../../query/query.ts";
import type { Principal } from "../../../identity/principal.ts";
import type { Item } from "../language/registration.ts";
import type { CatalogueContext } from "./context.ts";
import { digestOf } from "./digest.ts";
import { located } from "./locate.ts";

/** Payload types that can be registered. */
export type Registered = "patient" | "study";

type Place = (detail: ErrorDetail) => string | null;

/** Registers the changes of one scope one after the other, through the scope's Durable Object. */
export type RegisterInTurn = (
  principal: Principal,
  context: WriteContext,
  changes: readonly RegisterChange[],
) => Promise<{ readonly receipt: Receipt; readonly bookmark: string | null }>;

/** What to register, how, and where in the body its elements are. */
export interface Registering {
  readonly payloadType: Registered;
  readonly items: readonly Item[];
  /** True: an existing identifier is returned instead of an error. */
  readonly orResolve: boolean;
  readonly place: Place;
}

const changesOf = async (
  { store, principal }: CatalogueContext,
  { payloadType, items, orResolve }: Registering,
): Promise<readonly RegisterChange[]> => {
  const salt = await store.salt(principal);
  return Promise.all(
    items.map(async ({ scope, externalUid, payload }) => ({
      kind: "register" as const,
      payloadType,
      scope,
      digest: await digestOf(salt, scope, externalUid),
      payload,
      orResolve,
    })),
  );
};

/**
 * Registers items, all or none. Returns a bookmark when another session wrote.
 *
 * @throws AppError as the store's write, with the paths of bad elements in the body.
 */
export async function registerItems(
  caller: CatalogueContext & { readonly register: RegisterInTurn },
  registering: Registering,
  context: WriteContext,
): Promise<{ readonly receipt: Receipt; readonly bookmark: string | null }> {
  const { store, principal, register } = caller;
  const changes = await changesOf(caller, registering);
  const scopes = new Set(registering.items.map((item) => item.scope));
  return located(async () => {
    // One scope: one after the other, through its object. Several: at once, and the UNIQUE
    // constraint decides.
    if (scopes.size === 1) return register(principal, context, changes);
    return { receipt: await store.write(principal, { context, changes }), bookmark: null };
  }, registering.place);
}

/**
 * The identifiers registered for external ones, in a state.
 *
 * @throws AppError `not_found` naming each that was not registered.
 */
export async function resolveItems(
  { store, principal }: CatalogueContext,
  { payloadType, items, place }: Omit<Registering, "orResolve">,
  asOf: AsOf,
): Promise<readonly string[]> {
  const salt = await store.salt(principal);
  const pairs = await Promise.all(
    items.map(async ({ scope, externalUid }) => ({
      scope,
      digest: await digestOf(salt, scope, externalUid),
    })),
  );
  return located(() => store.resolve(principal, payloadType, pairs, asOf), place);
}
