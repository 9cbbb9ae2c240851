/** What is wrong with a source specification, in words for who uploaded it. */
export class SpecError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SpecFault";
  }
}

/** Refuses a specification: names the member and what was expected. */
export function refuseSpec(path: string, expected: string): never {
  throw new SpecError(`${path}: expected ${expected}`);
}
