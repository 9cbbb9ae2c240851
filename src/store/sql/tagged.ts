/** Calls of many statements of several kinds: each statement has a tag that says what its rows are. */
import type { Statement } from "./template.ts";

/** A statement with its tag, of tags that stand for kinds of rows. */
export type Tagged<Rows> = {
  readonly [Tag in keyof Rows]: readonly [Tag, Statement<Rows[Tag]>];
}[keyof Rows];

/** The rows of each statement with a tag. This type is that which `Tagged` held the statements to. */
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

/** All rows of the statements with a tag. */
export function rowsTagged<Rows, Tag extends keyof Rows>(
  tags: readonly (keyof Rows)[],
  results: readonly (readonly Rows[keyof Rows][])[],
  tag: Tag,
): readonly Rows[Tag][] {
  return resultsTagged(tags, results, (each): each is Tag => each === tag).flat();
}

/** The rows of each of some statements that stand one after another in a call, from a position on. */
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
