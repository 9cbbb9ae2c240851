/**
 * What a caller must be allowed for each command. For a request of a batch, or one that continues
 * after its call, no route checks this; errors are then reported only to callers that may run the
 * command.
 */
import { authorizeSome } from "../../../identity/policy.ts";
import type { Action } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import { EntityErrorItem } from "../../../schema/entity/error.ts";
import type { Command } from "../language/request.ts";
import type { Caller } from "./latest-metadata.ts";

/** The action that a command takes, on at least one entity. */
export const ACTIONS: Readonly<Record<Command, Action>> = {
  insert: "create",
  save: "update",
  update: "update",
  delete: "delete",
  find: "read",
  explain: "administer",
  generate: "create",
};

/** Errors that reveal something about the request or the stored data. */
const TELLING: readonly unknown[] = ["invalid_request", "invalid_value", "not_found", "too_large"];

const tells = (error: unknown): boolean =>
  error instanceof EntityErrorItem || (error instanceof AppError && TELLING.includes(error.code));

/**
 * Runs a command.
 *
 * @throws AppError `forbidden` instead of a revealing error, for callers that may not run the
 * command.
 */
export async function tellAllowed<T>(
  { store, principal }: Caller,
  command: Command,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    // Callers without a token may only read.
    if (tells(error) && principal.kind !== "anonymous") {
      authorizeSome(await store.authState(principal), ACTIONS[command]);
    }
    throw error;
  }
}
