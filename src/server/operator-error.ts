/** Something that whoever runs the server can mend: the message names the place and the cure. */
export class OperatorError extends Error {
  override readonly name = "Refusal";
}

/** What went wrong, in words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
