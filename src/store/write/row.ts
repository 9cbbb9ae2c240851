import type { AccessLevel } from "../../model/resource.ts";

/** An existing resource as the plan sees it. */
export interface LoadedRow {
  readonly rid: number;
  readonly identifier: string;
  readonly payload_type: string;
  readonly schema_version: string;
  readonly version: number;
  readonly parent_identifier: string | null;
  /** JSON text; null for none, and where the plan does not need it. */
  readonly derived_from: string | null;
  readonly license: string | null;
  readonly access_level: AccessLevel;
  readonly owner: string;
  readonly is_deleted: number;
  /** 1 when it or an ancestor is restricted. */
  readonly is_restricted: number;
  /** 1 when the caller may see it. */
  readonly is_visible: number;
  readonly created_at: number;
  readonly updated_at: number;
  /** Bytes of payload and sources as they are stored. */
  readonly bytes: number;
  /** JSON text; null where the plan does not need it. */
  readonly payload: string | null;
}
