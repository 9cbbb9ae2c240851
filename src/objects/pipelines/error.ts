/** What keeps a pipeline from making its files, in words for who uploaded the specification. */
export class WorkError extends Error {
  /** All of it, if there is more than one. */
  readonly faults: readonly string[];

  constructor(...faults: readonly string[]) {
    super(faults[0] ?? "unknown");
    this.name = "WorkFault";
    this.faults = faults;
  }
}

/** The time of this run is over: the work goes on with the next. */
export class Paused extends Error {}

/** Somebody else works on it now. */
export class LostLease extends Error {}
