/** The error of a source specification, in words for its owner. */
export class SpecError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SpecError";
  }
}

/** Refuses a specification: names the member and what was expected. */
export function refuseSpec(path: string, expected: string): never {
  throw new SpecError(`${path}: expected ${expected}`);
}
