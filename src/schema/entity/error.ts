/** One error of the entity surface: a code such as `crud:Required`, and what it concerns. */
export interface EntityError {
  readonly code: string;
  /** The offending path, value or expression. */
  readonly msg?: string;
}

/** A request that cannot be done as it is. */
export class EntityErrorItem extends Error {
  readonly errors: readonly EntityError[];

  constructor(...errors: readonly EntityError[]) {
    super(errors.map(({ code, msg = "" }) => `${code} ${msg}`.trim()).join("; "));
    this.name = "EntityErrorItem";
    this.errors = errors;
  }
}

/** Throws the error of a request. */
export function refuse(code: string, msg?: string): never {
  throw new EntityErrorItem(msg === undefined ? { code } : { code, msg });
}

/** The longest string of a caller that an error repeats. */
const QUOTED_MAX = 200;

/** A value of the caller as an error repeats it. */
export function quoted(value: unknown): string {
  const text = (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).toWellFormed();
  return text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX).toWellFormed()}…` : text;
}
