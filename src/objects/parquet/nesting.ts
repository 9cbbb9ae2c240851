/**
 * The nodes of a file's schema with what `render.ts` needs, and which node holds the elements of a
 * list or the entries of a map (Parquet format, LogicalTypes: Lists, Maps).
 */
import type { SchemaElement, SchemaTree } from "hyparquet";

/** A node of the schema, and the name under which the parser returns its values. */
export interface ValueNode {
  readonly element: SchemaElement;
  readonly plainName: string;
  readonly children: readonly ValueNode[];
}

/** Joins the schema of the file with the plain one, which has the same shape. */
export function valueNodes(tree: SchemaTree, plain: SchemaTree): readonly ValueNode[] {
  return tree.children.flatMap((child, at) => {
    const twin = plain.children[at];
    if (twin === undefined) return [];
    const { element } = child;
    return [{ element, plainName: twin.element.name, children: valueNodes(child, twin) }];
  });
}

/** True for a repeated element. It may be empty and is never null. */
export function isRepeated({ element }: ValueNode): boolean {
  return element.repetition_type === "REPEATED";
}

const isAnnotated = ({ element }: ValueNode, names: readonly string[]): boolean =>
  names.includes(element.converted_type ?? "") || names.includes(element.logical_type?.type ?? "");

const LISTS = ["LIST"];
const MAPS = ["MAP", "MAP_KEY_VALUE"];

const onlyRepeated = ({ children }: ValueNode): ValueNode | undefined => {
  const [only] = children;
  return children.length === 1 && only !== undefined && isRepeated(only) ? only : undefined;
};

/** How a list is stored: its repeated node, and the member of it which is the element, if any. */
export interface ListNodes {
  readonly repeated: ValueNode;
  /** Absent: the repeated node is the element itself, as older writers store it. */
  readonly member?: ValueNode;
}

/** The nodes of a list; undefined for any other node. */
export function listNodes(node: ValueNode): ListNodes | undefined {
  const repeated = isAnnotated(node, LISTS) ? onlyRepeated(node) : undefined;
  if (repeated === undefined) return undefined;
  const [member] = repeated.children;
  const { name } = repeated.element;
  const isElement =
    member === undefined ||
    repeated.children.length > 1 ||
    isRepeated(member) ||
    isAnnotated(repeated, [...LISTS, ...MAPS]) ||
    name === "array" ||
    name === `${node.element.name}_tuple`;
  return isElement ? { repeated } : { repeated, member };
}

/** How a map is stored: its repeated entries, each with a key and possibly a value. */
export interface MapNodes {
  readonly repeated: ValueNode;
  readonly key: ValueNode;
  readonly value: ValueNode | undefined;
}

/** The nodes of a map; undefined for any other node. */
export function mapNodes(node: ValueNode): MapNodes | undefined {
  const repeated = isAnnotated(node, MAPS) ? onlyRepeated(node) : undefined;
  if (repeated === undefined) return undefined;
  const [key, value] = repeated.children;
  return key === undefined || repeated.children.length > 2 ? undefined : { repeated, key, value };
}
