/**
 * What a caller has to be allowed for each command. Where a request is one of many, or goes on after its
 * call, no route asks; then what is wrong with it is told to whom the command is alone.
 */
import { authorizeSome } from "../../../identity/policy.ts";
import type { Action } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import { EntityErrorItem } from "../../../schema/entity/error.ts";
import type { Command } from "../language/request.ts";
import type { Caller } from "./fresh.ts";

/** The action that a command takes, on some entity at least. */
export const ACTIONS: Readonly<Record<Command, Action>> = {
  insert: "create",
  save: "update",
  update: "update",
  delete: "delete",
  find: "read",
  explain: "administer",
  generate: "create",
};

/** Refusals that tell of the request, or of what is stored. */
const TELLING: readonly unknown[] = ["invalid_request", "invalid_value", "not_found", "too_large"];

const tells = (error: unknown): boolean =>
  error instanceof EntityErrorItem || (error instanceof AppError && TELLING.includes(error.code));

/**
 * Runs a command.
 *
 * @throws AppError `forbidden` for whom it is not, in place of a refusal that tells something.
 */
export async function tellAllowed<T>(
  { store, principal }: Caller,
  command: Command,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    // Those without a token are let in to read alone, and then read.
    if (tells(error) && principal.kind !== "anonymous") {
      authorizeSome(await store.authState(principal), ACTIONS[command]);
    }
    throw error;
  }
}
