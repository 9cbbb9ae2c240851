-- Secrets that are kept for others (passwords, keys of storage, of webhooks), encrypted: the current
-- ones alone, beside the resource that they belong to, so that no version of it holds one.
CREATE TABLE secrets (
  -- Identifier of the resource.
  resource TEXT NOT NULL,
  -- Which of its secrets, e.g. password.
  name TEXT NOT NULL,
  -- Version, id of the key, nonce and AES-256-GCM text; bound to resource and name.
  ciphertext TEXT NOT NULL,
  PRIMARY KEY (resource, name)
) STRICT, WITHOUT ROWID;

-- Tombstones of a payload type, for those who look for what can be restored.
CREATE INDEX resources_buried ON resources (payload_type, created_at, identifier) WHERE is_deleted = 1;

-- The typed projections of what is harvested. A test holds this file equal to the types.

CREATE TABLE "x_instrument" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_name" TEXT,
  "f_description" TEXT,
  "f_location" TEXT,
  "f_pid" TEXT,
  "f_cifs_host" TEXT,
  "f_cifs_share" TEXT,
  "f_cifs_base_path" TEXT,
  "f_service_account_id" TEXT,
  "f_transfer_adapter" TEXT,
  "f_enabled" INTEGER,
  "f_last_harvested_at" TEXT
) STRICT;
CREATE INDEX "x_instrument_created" ON "x_instrument" (created_at DESC, identifier);
CREATE INDEX "x_instrument_created_asc" ON "x_instrument" (created_at, identifier);
CREATE INDEX "x_instrument_name_created" ON "x_instrument" ("f_name", created_at DESC, identifier);
CREATE INDEX "x_instrument_name_asc" ON "x_instrument" ("f_name", identifier);
CREATE INDEX "x_instrument_name_desc" ON "x_instrument" ("f_name" DESC, identifier);

CREATE TABLE "x_storage_location" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_name" TEXT,
  "f_type" TEXT,
  "f_base_path" TEXT,
  "f_enabled" INTEGER,
  "f_secret_members" TEXT,
  "f_secrets_set_at" TEXT
) STRICT;
CREATE INDEX "x_storage_location_created" ON "x_storage_location" (created_at DESC, identifier);
CREATE INDEX "x_storage_location_created_asc" ON "x_storage_location" (created_at, identifier);
CREATE INDEX "x_storage_location_name_created" ON "x_storage_location" ("f_name", created_at DESC, identifier);
CREATE INDEX "x_storage_location_name_asc" ON "x_storage_location" ("f_name", identifier);
CREATE INDEX "x_storage_location_name_desc" ON "x_storage_location" ("f_name" DESC, identifier);

CREATE TABLE "x_service_account" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_name" TEXT,
  "f_domain" TEXT,
  "f_username" TEXT,
  "f_secrets_set_at" TEXT
) STRICT;
CREATE INDEX "x_service_account_created" ON "x_service_account" (created_at DESC, identifier);
CREATE INDEX "x_service_account_created_asc" ON "x_service_account" (created_at, identifier);

CREATE TABLE "x_harvest_schedule" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_instrument_id" TEXT,
  "f_default_storage_location_id" TEXT,
  "f_cron_expression" TEXT,
  "f_timezone" TEXT,
  "f_enabled" INTEGER,
  "f_prefect_deployment_id" TEXT
) STRICT;
CREATE INDEX "x_harvest_schedule_created" ON "x_harvest_schedule" (created_at DESC, identifier);
CREATE INDEX "x_harvest_schedule_created_asc" ON "x_harvest_schedule" (created_at, identifier);
CREATE INDEX "x_harvest_schedule_instrument_id_created" ON "x_harvest_schedule" ("f_instrument_id", created_at DESC, identifier);
CREATE INDEX "x_harvest_schedule_instrument_id_asc" ON "x_harvest_schedule" ("f_instrument_id", identifier);
CREATE INDEX "x_harvest_schedule_instrument_id_desc" ON "x_harvest_schedule" ("f_instrument_id" DESC, identifier);
CREATE INDEX "x_harvest_schedule_enabled_created" ON "x_harvest_schedule" ("f_enabled", created_at DESC, identifier);

CREATE TABLE "x_hook" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_name" TEXT,
  "f_description" TEXT,
  "f_trigger" TEXT,
  "f_implementation" TEXT,
  "f_builtin_name" TEXT,
  "f_script_path" TEXT,
  "f_webhook_url" TEXT,
  "f_instrument_id" TEXT,
  "f_priority" INTEGER,
  "f_enabled" INTEGER,
  "f_secret_members" TEXT,
  "f_secrets_set_at" TEXT
) STRICT;
CREATE INDEX "x_hook_created" ON "x_hook" (created_at DESC, identifier);
CREATE INDEX "x_hook_created_asc" ON "x_hook" (created_at, identifier);
CREATE INDEX "x_hook_instrument_id_created" ON "x_hook" ("f_instrument_id", created_at DESC, identifier);
CREATE INDEX "x_hook_instrument_id_asc" ON "x_hook" ("f_instrument_id", identifier);
CREATE INDEX "x_hook_instrument_id_desc" ON "x_hook" ("f_instrument_id" DESC, identifier);

CREATE TABLE "x_instrument_access" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_instrument_id" TEXT,
  "f_user_id" TEXT
) STRICT;
CREATE INDEX "x_instrument_access_created" ON "x_instrument_access" (created_at DESC, identifier);
CREATE INDEX "x_instrument_access_created_asc" ON "x_instrument_access" (created_at, identifier);
CREATE INDEX "x_instrument_access_instrument_id_created" ON "x_instrument_access" ("f_instrument_id", created_at DESC, identifier);
CREATE INDEX "x_instrument_access_instrument_id_asc" ON "x_instrument_access" ("f_instrument_id", identifier);
CREATE INDEX "x_instrument_access_instrument_id_desc" ON "x_instrument_access" ("f_instrument_id" DESC, identifier);
CREATE INDEX "x_instrument_access_user_id_created" ON "x_instrument_access" ("f_user_id", created_at DESC, identifier);
CREATE INDEX "x_instrument_access_user_id_asc" ON "x_instrument_access" ("f_user_id", identifier);
CREATE INDEX "x_instrument_access_user_id_desc" ON "x_instrument_access" ("f_user_id" DESC, identifier);

CREATE TABLE "x_harvest_run" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_instrument_id" TEXT,
  "f_schedule_id" TEXT,
  "f_storage_location_id" TEXT,
  "f_status" TEXT,
  "f_scheduled_for" TEXT,
  "f_worker" TEXT,
  "f_seen_at" TEXT,
  "f_finished_at" TEXT
) STRICT;
CREATE INDEX "x_harvest_run_created" ON "x_harvest_run" (created_at DESC, identifier);
CREATE INDEX "x_harvest_run_created_asc" ON "x_harvest_run" (created_at, identifier);
CREATE INDEX "x_harvest_run_schedule_id_created" ON "x_harvest_run" ("f_schedule_id", created_at DESC, identifier);
CREATE INDEX "x_harvest_run_schedule_id_asc" ON "x_harvest_run" ("f_schedule_id", identifier);
CREATE INDEX "x_harvest_run_schedule_id_desc" ON "x_harvest_run" ("f_schedule_id" DESC, identifier);
CREATE INDEX "x_harvest_run_status_created" ON "x_harvest_run" ("f_status", created_at DESC, identifier);
CREATE INDEX "x_harvest_run_status_asc" ON "x_harvest_run" ("f_status", identifier);
CREATE INDEX "x_harvest_run_status_desc" ON "x_harvest_run" ("f_status" DESC, identifier);

CREATE TABLE "x_file" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_instrument_id" TEXT,
  "f_persistent_id" TEXT,
  "f_persistent_id_type" TEXT,
  "f_source_path" TEXT,
  "f_filename" TEXT,
  "f_size_bytes" INTEGER,
  "f_source_mtime" TEXT,
  "f_xxhash" TEXT,
  "f_sha256" TEXT,
  "f_decision" TEXT,
  "f_decision_message" TEXT,
  "f_storage_location_id" TEXT,
  "f_destination_path" TEXT
) STRICT;
CREATE INDEX "x_file_created" ON "x_file" (created_at DESC, identifier);
CREATE INDEX "x_file_created_asc" ON "x_file" (created_at, identifier);
CREATE INDEX "x_file_instrument_id_created" ON "x_file" ("f_instrument_id", created_at DESC, identifier);
CREATE INDEX "x_file_instrument_id_asc" ON "x_file" ("f_instrument_id", identifier);
CREATE INDEX "x_file_instrument_id_desc" ON "x_file" ("f_instrument_id" DESC, identifier);
CREATE INDEX "x_file_persistent_id_created" ON "x_file" ("f_persistent_id", created_at DESC, identifier);
CREATE INDEX "x_file_persistent_id_asc" ON "x_file" ("f_persistent_id", identifier);
CREATE INDEX "x_file_persistent_id_desc" ON "x_file" ("f_persistent_id" DESC, identifier);
CREATE UNIQUE INDEX "x_file_storage_location_id_destination_path_key" ON "x_file" ("f_storage_location_id", "f_destination_path");

CREATE TABLE "x_transfer" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_file_id" TEXT,
  "f_storage_location_id" TEXT,
  "f_destination_path" TEXT,
  "f_transfer_adapter" TEXT,
  "f_status" TEXT,
  "f_bytes_transferred" INTEGER,
  "f_source_checksum" TEXT,
  "f_dest_checksum" TEXT,
  "f_checksum_verified" INTEGER,
  "f_started_at" TEXT,
  "f_completed_at" TEXT,
  "f_error_message" TEXT,
  "f_harvest_run_id" TEXT
) STRICT;
CREATE INDEX "x_transfer_created" ON "x_transfer" (created_at DESC, identifier);
CREATE INDEX "x_transfer_created_asc" ON "x_transfer" (created_at, identifier);
CREATE INDEX "x_transfer_file_id_created" ON "x_transfer" ("f_file_id", created_at DESC, identifier);
CREATE INDEX "x_transfer_file_id_asc" ON "x_transfer" ("f_file_id", identifier);
CREATE INDEX "x_transfer_file_id_desc" ON "x_transfer" ("f_file_id" DESC, identifier);
CREATE INDEX "x_transfer_started_at_created" ON "x_transfer" ("f_started_at", created_at DESC, identifier);
CREATE INDEX "x_transfer_started_at_asc" ON "x_transfer" ("f_started_at", identifier);
CREATE INDEX "x_transfer_started_at_desc" ON "x_transfer" ("f_started_at" DESC, identifier);

-- Whom the live grants are for: the grantee itself, members of a live group or project, and members
-- of a live group in a live project; and users with access to an instrument. below is 1 where what
-- lies below the resource is opened, and not the resource itself.
DROP VIEW grantees;
CREATE VIEW grantees (resource, principal, below) AS
  SELECT g."f_resource_identifier", g."f_grantee_type" || ':' || g."f_grantee_id", 0 FROM x_grant g
  UNION ALL
  SELECT g."f_resource_identifier", m."f_member_type" || ':' || m."f_member_id", 0 FROM x_grant g
    CROSS JOIN resources c ON c.identifier = g."f_grantee_id"
    CROSS JOIN x_membership m ON m."f_container_id" = c.identifier
    WHERE g."f_grantee_type" IN ('group', 'project') AND c.payload_type = g."f_grantee_type"
      AND c.is_deleted = 0
  UNION ALL
  SELECT g."f_resource_identifier", n."f_member_type" || ':' || n."f_member_id", 0 FROM x_grant g
    CROSS JOIN resources c ON c.identifier = g."f_grantee_id"
    CROSS JOIN x_membership m ON m."f_container_id" = c.identifier
    CROSS JOIN resources k ON k.identifier = m."f_member_id"
    CROSS JOIN x_membership n ON n."f_container_id" = k.identifier
    WHERE g."f_grantee_type" = 'project' AND c.payload_type = 'project' AND c.is_deleted = 0
      AND m."f_member_type" = 'group' AND k.payload_type = 'group' AND k.is_deleted = 0
  UNION ALL
  SELECT a."f_instrument_id", 'user:' || a."f_user_id", 1 FROM x_instrument_access a;
