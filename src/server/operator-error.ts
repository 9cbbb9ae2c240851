/**
 * An error that the operator of the server can correct: the message names the place and the cure.
 */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
}

/** The message of an error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
