/** Why a pipeline cannot make its files, in words for the owner of the specification. */
export class WorkError extends Error {
  /** All errors, if there is more than one. */
  readonly errors: readonly string[];

  constructor(...errors: readonly string[]) {
    super(errors[0] ?? "unknown");
    this.name = "WorkError";
    this.errors = errors;
  }
}

/** Thrown when the time of this run is over: the work continues in the next. */
export class Paused extends Error {}

/** Thrown when another runner has the lease. */
export class LostLease extends Error {}
