import { VxdataError } from "./problem.ts";

/** A resource is of another payload type than the caller said. */
export class UnexpectedTypeError extends VxdataError {
  override name = "UnexpectedTypeError";
  readonly identifier: string;
  /** The payload type of the resource. */
  readonly found: string;

  constructor(identifier: string, found: string, expected: readonly string[]) {
    super(
      `${identifier} is of the payload type ${found}, but payload_type expects ` +
        `${expected.join(" or ")}: leave the option out, or correct it.`,
    );
    this.identifier = identifier;
    this.found = found;
  }
}

/** The resources, all of which are of the expected payload types, if there are any. */
export function expectTypes<
  Item extends { readonly identifier: string; readonly payload_type: string },
>(items: readonly Item[], expected: string | readonly string[] | undefined): readonly Item[] {
  if (expected === undefined) return items;
  const names = typeof expected === "string" ? [expected] : expected;
  for (const { identifier, payload_type: found } of items) {
    if (!names.includes(found)) throw new UnexpectedTypeError(identifier, found, names);
  }
  return items;
}
