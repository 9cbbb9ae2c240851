-- Who is calling, and what they may do: keys, policies, sessions, the audit of what is no write of
-- resources, and the payload types that decide who belongs together.

-- Which route a write came through.
ALTER TABLE transactions ADD COLUMN route TEXT NOT NULL DEFAULT '';

-- API keys. Only a digest of the secret is kept; the secret itself has 256 random bits.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  secret_digest TEXT NOT NULL,
  description TEXT,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;

-- What subjects may do beyond their role.
CREATE TABLE policies (
  id TEXT PRIMARY KEY,
  description TEXT,
  -- JSON array of payload types, or of '*' alone.
  payload_types TEXT NOT NULL,
  -- JSON array of actions.
  actions TEXT NOT NULL,
  -- 1: only on resources that the subject owns.
  owner_only INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;

-- Whom a policy is for: apk:<key>, user:<id> or role:<role>.
CREATE TABLE policy_subjects (
  subject TEXT NOT NULL,
  policy TEXT NOT NULL,
  PRIMARY KEY (subject, policy)
) STRICT, WITHOUT ROWID;
CREATE INDEX policy_subjects_policy ON policy_subjects (policy);

-- One row for each chain of refresh tokens: it keeps a digest of the only one that is good.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  principal TEXT NOT NULL,
  token_version INTEGER NOT NULL,
  refresh_digest TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_principal ON sessions (principal);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- What is to be told later beside writes of resources: reads of restricted ones, changes of accounts.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  recorded_at INTEGER NOT NULL,
  principal TEXT NOT NULL,
  surface TEXT NOT NULL,
  operation TEXT NOT NULL,
  route TEXT NOT NULL,
  request_id TEXT NOT NULL,
  resources INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_recorded ON audit (recorded_at, id);
CREATE TRIGGER audit_closed_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit never changes'); END;
CREATE TRIGGER audit_closed_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit never changes'); END;

CREATE TABLE "x_group" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_name" TEXT,
  "f_description" TEXT
) STRICT;
CREATE INDEX "x_group_created" ON "x_group" (created_at DESC, identifier);
CREATE INDEX "x_group_created_asc" ON "x_group" (created_at, identifier);
CREATE INDEX "x_group_name_created" ON "x_group" ("f_name", created_at DESC, identifier);
CREATE INDEX "x_group_name_asc" ON "x_group" ("f_name", identifier);
CREATE INDEX "x_group_name_desc" ON "x_group" ("f_name" DESC, identifier);

CREATE TABLE "x_project" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_name" TEXT,
  "f_description" TEXT
) STRICT;
CREATE INDEX "x_project_created" ON "x_project" (created_at DESC, identifier);
CREATE INDEX "x_project_created_asc" ON "x_project" (created_at, identifier);
CREATE INDEX "x_project_name_created" ON "x_project" ("f_name", created_at DESC, identifier);
CREATE INDEX "x_project_name_asc" ON "x_project" ("f_name", identifier);
CREATE INDEX "x_project_name_desc" ON "x_project" ("f_name" DESC, identifier);

CREATE TABLE "x_membership" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_container_id" TEXT,
  "f_member_type" TEXT,
  "f_member_id" TEXT
) STRICT;
CREATE INDEX "x_membership_created" ON "x_membership" (created_at DESC, identifier);
CREATE INDEX "x_membership_created_asc" ON "x_membership" (created_at, identifier);
CREATE INDEX "x_membership_container_id_created" ON "x_membership" ("f_container_id", created_at DESC, identifier);
CREATE INDEX "x_membership_container_id_asc" ON "x_membership" ("f_container_id", identifier);
CREATE INDEX "x_membership_container_id_desc" ON "x_membership" ("f_container_id" DESC, identifier);
CREATE INDEX "x_membership_member_id_created" ON "x_membership" ("f_member_id", created_at DESC, identifier);
CREATE INDEX "x_membership_member_id_asc" ON "x_membership" ("f_member_id", identifier);
CREATE INDEX "x_membership_member_id_desc" ON "x_membership" ("f_member_id" DESC, identifier);

-- Whom the live grants are for: the grantee itself, members of a live group or project, and members
-- of a live group in a live project.
CREATE VIEW grantees (resource, principal) AS
  SELECT g."f_resource_identifier", g."f_grantee_type" || ':' || g."f_grantee_id" FROM x_grant g
  UNION ALL
  SELECT g."f_resource_identifier", m."f_member_type" || ':' || m."f_member_id" FROM x_grant g
    CROSS JOIN resources c ON c.identifier = g."f_grantee_id"
    CROSS JOIN x_membership m ON m."f_container_id" = c.identifier
    WHERE g."f_grantee_type" IN ('group', 'project') AND c.payload_type = g."f_grantee_type"
      AND c.is_deleted = 0
  UNION ALL
  SELECT g."f_resource_identifier", n."f_member_type" || ':' || n."f_member_id" FROM x_grant g
    CROSS JOIN resources c ON c.identifier = g."f_grantee_id"
    CROSS JOIN x_membership m ON m."f_container_id" = c.identifier
    CROSS JOIN resources k ON k.identifier = m."f_member_id"
    CROSS JOIN x_membership n ON n."f_container_id" = k.identifier
    WHERE g."f_grantee_type" = 'project' AND c.payload_type = 'project' AND c.is_deleted = 0
      AND m."f_member_type" = 'group' AND k.payload_type = 'group' AND k.is_deleted = 0;
