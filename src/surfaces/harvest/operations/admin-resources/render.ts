import { payloadOf } from "../../../../model/resource.ts";
import type { Row } from "../../../../store/index.ts";
import type { AdminResource } from "./kind.ts";

/** Renders a row. */
export function renderRow(row: Row): AdminResource {
  return {
    id: row.identifier,
    payload: payloadOf(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    isDeleted: row.is_deleted === 1,
  };
}
