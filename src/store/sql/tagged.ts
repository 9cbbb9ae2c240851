/** Calls with many statements of several kinds: each statement has a tag that names its row type. */
import type { Statement } from "./template.ts";

/** A statement with its tag. */
export type Tagged<Rows> = {
  readonly [Tag in keyof Rows]: readonly [Tag, Statement<Rows[Tag]>];
}[keyof Rows];

/** The rows of each statement whose tag matches, with the row type that `Tagged` checked. */
export function resultsTagged<Rows, Tag extends keyof Rows>(
  tags: readonly (keyof Rows)[],
  results: readonly (readonly Rows[keyof Rows][])[],
  isTag: (tag: keyof Rows) => tag is Tag,
): readonly (readonly Rows[Tag][])[] {
  const found: readonly unknown[] = results.filter((_, at) => {
    const tag = tags[at];
    return tag !== undefined && isTag(tag);
  });
  return found as readonly (readonly Rows[Tag][])[];
}

/** The rows of all statements with a tag. */
export function rowsTagged<Rows, Tag extends keyof Rows>(
  tags: readonly (keyof Rows)[],
  results: readonly (readonly Rows[keyof Rows][])[],
  tag: Tag,
): readonly Rows[Tag][] {
  return resultsTagged(tags, results, (each): each is Tag => each === tag).flat();
}

/** The rows of consecutive statements of a call, starting at a position. */
export function resultsOf<Row>(
  statements: readonly Statement<Row>[],
  results: readonly (readonly unknown[])[],
  first: number,
): readonly (readonly Row[])[] {
  return results.slice(first, first + statements.length) as readonly (readonly Row[])[];
}

/** The statements without their tags. */
export function untagged<Rows>(
  parts: readonly Tagged<Rows>[],
): readonly Statement<Rows[keyof Rows]>[] {
  return parts.map(([, statement]) => statement);
}
