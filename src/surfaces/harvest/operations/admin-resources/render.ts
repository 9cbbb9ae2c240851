import { payloadOf } from "../records.ts";
import type { Row } from "../../../../store/index.ts";
import type { Shown } from "./kind.ts";

/** A row as it is shown. */
export function renderRow(row: Row): Shown {
  return {
    id: row.identifier,
    payload: payloadOf(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    isDeleted: row.is_deleted === 1,
  };
}
