/** Shapes of files, transfers, access and members. */
import { z } from "@hono/zod-openapi";
import { PERSISTENT_ID_TYPES } from "../../../schema/builtin/file.ts";
import { TRANSFER_ADAPTERS } from "../../../schema/builtin/instrument.ts";
import { TRANSFER_STATUSES } from "../../../schema/builtin/transfer.ts";
import { anyObject, id, instant, pageQuery, uuid, word } from "./shared.ts";

/** A file. */
export const FileRead = z
  .object({
    id,
    persistent_id: z.string(),
    persistent_id_type: z.enum(PERSISTENT_ID_TYPES),
    instrument_id: id,
    source_path: z.string(),
    filename: z.string(),
    size_bytes: z.int().nullable(),
    source_mtime: instant.nullable(),
    xxhash: z.string().nullable(),
    sha256: z.string().nullable(),
    s3_path: z.string().nullable(),
    first_discovered_at: instant,
    metadata_: anyObject,
    owner_id: z.string().nullable(),
  })
  .openapi("HarvestedFileRead", {
    example: {
      id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de009",
      persistent_id: "ark:/99999/fk4ci7ekz7itnbnhjcwijtbif2aaa",
      persistent_id_type: "ark",
      instrument_id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de001",
      source_path: "20260115_glucose_1H/acqus",
      filename: "acqus",
      size_bytes: 8192,
      source_mtime: "2026-01-15T09:00:00.000000Z",
      xxhash: "26c7827d889f6da3",
      sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
      s3_path: "archive/MR 3/20260115_glucose_1H/acqus",
      first_discovered_at: "2026-03-01T20:58:56.733048Z",
      metadata_: { compound: "glucose" },
      owner_id: null,
    },
  });

/** A transfer. */
export const TransferRead = z
  .object({
    id,
    file_id: id,
    storage_location_id: id,
    destination_path: z.string().nullable(),
    transfer_adapter: z.enum(TRANSFER_ADAPTERS),
    status: z.enum(TRANSFER_STATUSES),
    bytes_transferred: z.int().nullable(),
    source_checksum: z.string().nullable(),
    dest_checksum: z.string().nullable(),
    checksum_verified: z.boolean().nullable(),
    started_at: instant.nullable(),
    completed_at: instant.nullable(),
    error_message: z.string().nullable(),
    prefect_flow_run_id: z.string().nullable(),
  })
  .openapi("HarvestTransferRead", {
    example: {
      id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de010",
      file_id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de009",
      storage_location_id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de002",
      destination_path: "/archive/MR 3/20260115_glucose_1H/acqus",
      transfer_adapter: "rclone",
      status: "completed",
      bytes_transferred: 8192,
      source_checksum: "26c7827d889f6da3",
      dest_checksum: "26c7827d889f6da3",
      checksum_verified: true,
      started_at: "2026-03-01T20:58:57.000000Z",
      completed_at: "2026-03-01T20:58:58.000000Z",
      error_message: null,
      prefect_flow_run_id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de008",
    },
  });

/** Which files a list shows. */
export const fileQuery = z.strictObject({
  ...pageQuery,
  instrument_id: uuid.optional().openapi({
    type: "string",
    format: "uuid",
    description: "Only the files of this instrument.",
  }),
});

/** Which transfers a list shows. */
export const transferQuery = z.strictObject({
  ...pageQuery,
  file_id: uuid.optional().openapi({
    type: "string",
    format: "uuid",
    description: "Only the transfers of this file.",
  }),
});

const GRANTEES = ["user", "group", "project"] as const;

/** A new grant. */
export const GrantCreate = z
  .object({ grantee_type: word(GRANTEES), grantee_id: uuid })
  .openapi("FileGrantCreate");

/** A grant. */
export const GrantRead = z
  .object({
    id,
    file_id: id,
    grantee_type: z.string(),
    grantee_id: z.string(),
    granted_at: instant,
  })
  .openapi("FileGrantRead");

/** A user to give access to. */
export const UserMember = z.object({ user_id: uuid }).openapi("HarvestUserMember");

/** A user with access to an instrument. */
export const AccessRead = z
  .object({ instrument_id: id, user_id: id, granted_at: instant })
  .openapi("InstrumentAccessRead");

/** A member of a group. */
export const GroupMember = z
  .object({ group_id: z.string(), user_id: z.string(), email: z.string().nullable() })
  .openapi("GroupMemberRead");

const MEMBERS = ["user", "group"] as const;

/** A new member of a project. */
export const ProjectMemberCreate = z
  .object({ member_type: word(MEMBERS), member_id: uuid })
  .openapi("ProjectMemberCreate");

/** A member of a project. */
export const ProjectMember = z
  .object({ project_id: z.string(), member_type: z.string(), member_id: z.string() })
  .openapi("ProjectMemberRead");
