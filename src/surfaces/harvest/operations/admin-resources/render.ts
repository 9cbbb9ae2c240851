import { payloadOf } from "../records.ts";
import type { Row } from "../../../../store/index.ts";
import type { Shown } from "./kind.ts";

/** A row as it is shown. */
export const renderRow = (row: Row): Shown => ({
  id: row.identifier,
  payload: payloadOf(row),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  isDeleted: row.is_deleted === 1,
});
