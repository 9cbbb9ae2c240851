import type { resources } from "../tables/core.ts";

type Resource = typeof resources.$inferSelect;

type Kept =
  | "rid"
  | "identifier"
  | "payload_type"
  | "schema_version"
  | "version"
  | "parent_identifier"
  | "license"
  | "access_level"
  | "owner"
  | "is_deleted"
  | "created_at"
  | "updated_at";

/** An existing resource as the plan sees it. */
export interface LoadedRow extends Readonly<Pick<Resource, Kept>> {
  /** JSON text; null for none, and where the plan does not need it. */
  readonly derived_from: Resource["derived_from"];
  /** 1 when it or an ancestor is restricted. */
  readonly is_restricted: number;
  /** 1 when the caller may see it. */
  readonly is_visible: number;
  /** Bytes of payload and sources as they are stored. */
  readonly bytes: number;
  /** JSON text; null where the plan does not need it. */
  readonly payload: Resource["payload"] | null;
}
