-- Sources: datasets, the revisions of their specifications, and the pipelines of these; typed
-- projections as in 0002.

CREATE TABLE "x_source_spec" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_owner_id" TEXT,
  "f_dataset" TEXT,
  "f_owner_name" TEXT,
  "f_findability" TEXT,
  "f_listed_as" TEXT,
  "f_schedule" TEXT,
  "f_scheduled_for" TEXT,
  "f_modified_at" TEXT,
  "f_latest" INTEGER,
  "f_successful" INTEGER,
  "f_certified" INTEGER
) STRICT;
CREATE INDEX "x_source_spec_created" ON "x_source_spec" (created_at DESC, identifier);
CREATE INDEX "x_source_spec_created_asc" ON "x_source_spec" (created_at, identifier);
CREATE INDEX IF NOT EXISTS "x_source_spec_owner_id_created" ON "x_source_spec" ("f_owner_id", created_at DESC, identifier);
CREATE INDEX IF NOT EXISTS "x_source_spec_owner_id_asc" ON "x_source_spec" ("f_owner_id", identifier);
CREATE INDEX IF NOT EXISTS "x_source_spec_owner_id_desc" ON "x_source_spec" ("f_owner_id" DESC, identifier);
CREATE INDEX IF NOT EXISTS "x_source_spec_scheduled_for_created" ON "x_source_spec" ("f_scheduled_for", created_at DESC, identifier);
CREATE INDEX IF NOT EXISTS "x_source_spec_scheduled_for_asc" ON "x_source_spec" ("f_scheduled_for", identifier);
CREATE INDEX IF NOT EXISTS "x_source_spec_scheduled_for_desc" ON "x_source_spec" ("f_scheduled_for" DESC, identifier);

CREATE TABLE "x_source_revision" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_number" INTEGER,
  "f_status" TEXT,
  "f_findability" TEXT,
  "f_errors" TEXT,
  "f_logs" TEXT,
  "f_ended_at" TEXT,
  "f_trigger" TEXT
) STRICT;
CREATE INDEX "x_source_revision_created" ON "x_source_revision" (created_at DESC, identifier);
CREATE INDEX "x_source_revision_created_asc" ON "x_source_revision" (created_at, identifier);
CREATE INDEX IF NOT EXISTS "x_source_revision_status_created" ON "x_source_revision" ("f_status", created_at DESC, identifier);
CREATE INDEX IF NOT EXISTS "x_source_revision_status_asc" ON "x_source_revision" ("f_status", identifier);
CREATE INDEX IF NOT EXISTS "x_source_revision_status_desc" ON "x_source_revision" ("f_status" DESC, identifier);

CREATE TABLE "x_pipeline" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_title" TEXT,
  "f_kind" TEXT,
  "f_status" TEXT,
  "f_resource" TEXT,
  "f_dependencies" TEXT,
  "f_errors" TEXT,
  "f_logs" TEXT,
  "f_is_reported" INTEGER
) STRICT;
CREATE INDEX "x_pipeline_created" ON "x_pipeline" (created_at DESC, identifier);
CREATE INDEX "x_pipeline_created_asc" ON "x_pipeline" (created_at, identifier);

-- Who works on the revisions of a dataset: one at a time. A lease, not data: whoever holds it renews
-- it, and another takes over once it has run out.
CREATE TABLE source_leases (
  dataset TEXT PRIMARY KEY,
  -- Unlike that of everybody who held it before.
  token TEXT NOT NULL,
  -- How often it was taken since the work last went on.
  attempts INTEGER NOT NULL,
  touched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
