import type { MetadataColumn } from "../../query/path.ts";
import type { PayloadType } from "../../schema/type.ts";
import { fieldColumn } from "../projection/table.ts";
import type { Scope } from "../compile/scope.ts";

const PROJECTED: readonly MetadataColumn[] = ["identifier", "created_at"];

/**
 * Paths over the typed projection (alias x) with the resource joined as r for what the projection
 * does not hold.
 *
 * @param isFromResources true: the resource is what is found, and the projection is joined to it.
 */
export function projectionScope(type: PayloadType, isFromResources = false): Scope {
  return {
    column: (name) => (!isFromResources && PROJECTED.includes(name) ? `x.${name}` : `r.${name}`),
    field: (name) => {
      const field = type.fields.get(name);
      return field?.column === true
        ? { sql: `x.${fieldColumn(name)}`, kind: field.kind }
        : undefined;
    },
    payload: "r.payload",
  };
}

/** Paths over a table of whole versions under an alias. */
export function documentScope(alias: string): Scope {
  return {
    column: (name) => `${alias}.${name}`,
    field: () => undefined,
    payload: `${alias}.payload`,
  };
}

/** True when compiled SQL needs the projection joined to the resource. */
export function needsProjection(text: string): boolean {
  return /\bx\./.test(text);
}

/** True when compiled SQL needs the resource joined to the projection. */
export function needsResource(text: string): boolean {
  return /\br\./.test(text);
}
