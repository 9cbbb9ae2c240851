/**
 * The metadata of a file in the form for the page parser. The parser assembles values by
 * annotations and names, and loses some of them: maps become objects with string keys, an empty
 * list becomes null, a member named `__proto__` disappears. So it gets a schema without such
 * annotations and with generated names, and `render.ts` gives the values their meaning.
 */
import type { ColumnChunk, FileMetaData, SchemaElement } from "hyparquet";
import { refuseParquet } from "./thrift.ts";

/**
 * Annotations that assemble or convert values, which `render.ts` does exactly and in bounded time.
 */
const RENDERED: ReadonlySet<string> = new Set([
  "DECIMAL",
  "VARIANT",
  "LIST",
  "MAP",
  "MAP_KEY_VALUE",
]);

const nameOf = (index: number): string => `f${index}`;

const plainElement = (element: SchemaElement, index: number): SchemaElement => {
  const { converted_type: converted, logical_type: logical, ...rest } = element;
  const isRendered = RENDERED.has(converted ?? "") || RENDERED.has(logical?.type ?? "");
  return { ...(isRendered ? rest : element), name: nameOf(index) };
};

/** A column's path by the names in the file, and by the plain names. */
interface Leaf {
  readonly path: readonly string[];
  readonly plain: readonly string[];
}

/** The columns in the order of the schema, which is also that of each row group. */
const leavesOf = (schema: readonly SchemaElement[]): readonly Leaf[] => {
  const leaves: Leaf[] = [];
  let next = 0;
  const visit = (path: readonly string[], plain: readonly string[]): void => {
    const children = schema[next]?.num_children ?? 0;
    next += 1;
    if (children === 0) leaves.push({ path, plain });
    for (let child = 0; child < children; child += 1) {
      visit([...path, schema[next]?.name ?? ""], [...plain, nameOf(next)]);
    }
  };
  visit([], []);
  return leaves;
};

const isSamePath = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((name, at) => name === right[at]);

const plainColumn = (column: ColumnChunk, leaf: Leaf | undefined): ColumnChunk => {
  const { meta_data: about } = column;
  if (about === undefined) return column;
  if (leaf === undefined || !isSamePath(about.path_in_schema, leaf.path)) {
    return refuseParquet("row group has other columns than the schema, or in another order");
  }
  return { ...column, meta_data: { ...about, path_in_schema: [...leaf.plain] } };
};

/**
 * The metadata with plain names and without the annotations of nested and converted values.
 *
 * @param metadata a checked footer: its schema is a tree.
 * @throws Error where a row group does not follow the schema.
 */
export function plainMetadata(metadata: FileMetaData): FileMetaData {
  const leaves = leavesOf(metadata.schema);
  return {
    ...metadata,
    schema: metadata.schema.map(plainElement),
    row_groups: metadata.row_groups.map((group) => ({
      ...group,
      columns: group.columns.map((column, at) => plainColumn(column, leaves[at])),
    })),
  };
}
