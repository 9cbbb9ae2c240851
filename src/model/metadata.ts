/** The metadata members of a resource, by name: the only list of them. On the wire, payload fields are next to them. */

/** Members that callers write. */
export const WRITABLE_MEMBERS = [
  "identifier",
  "payload_type",
  "parent_identifier",
  "derived_from",
  "license",
  "access_level",
] as const;

/**
 * Members that the store sets. They are refused as input, because they would have no effect.
 */
export const STORE_MEMBERS = [
  "schema_version",
  "version",
  "created_at",
  "updated_at",
  "children",
  "owner",
] as const;

/** The member by which an update deletes or restores. */
const DELETION_MEMBER = "is_deleted";

/** All of them. A payload field cannot have the name of one. */
export const METADATA_NAMES: ReadonlySet<string> = new Set([
  ...WRITABLE_MEMBERS,
  DELETION_MEMBER,
  ...STORE_MEMBERS,
]);

/**
 * Members of a resource that responses contain: not its owner and, for a live one, not its
 * deletion.
 */
export const RESPONSE_MEMBERS: ReadonlySet<string> = new Set(
  [...METADATA_NAMES].filter((name) => name !== DELETION_MEMBER && name !== "owner"),
);

/** Members that conditions and sorts may name. */
export const METADATA_COLUMNS = [
  "identifier",
  "payload_type",
  "schema_version",
  "version",
  "parent_identifier",
  "license",
  "access_level",
  "owner",
  "created_at",
  "updated_at",
] as const satisfies readonly (
  | (typeof WRITABLE_MEMBERS)[number]
  | (typeof STORE_MEMBERS)[number]
)[];

/** One of the metadata columns. */
export type MetadataColumn = (typeof METADATA_COLUMNS)[number];
