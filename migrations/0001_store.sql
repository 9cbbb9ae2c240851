-- One row per committed write: the audit record, the position in the change feed and the snapshot
-- that a cursor pins. recorded_at (microseconds) is strictly increasing.
CREATE TABLE transactions (
  id INTEGER PRIMARY KEY,
  recorded_at INTEGER NOT NULL UNIQUE,
  principal TEXT NOT NULL,
  surface TEXT NOT NULL,
  operation TEXT NOT NULL,
  request_id TEXT NOT NULL,
  resources INTEGER NOT NULL,
  -- Rows of resources that this transaction created: first_rid .. first_rid + created - 1.
  first_rid INTEGER NOT NULL,
  created INTEGER NOT NULL,
  -- JSON array of the rids of existing resources that it changed.
  changed TEXT NOT NULL
) STRICT;

-- The current version of each identifier, tombstones included.
CREATE TABLE resources (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL UNIQUE,
  payload_type TEXT NOT NULL,
  schema_version TEXT NOT NULL,
  version INTEGER NOT NULL,
  parent_identifier TEXT,
  derived_from TEXT,
  license TEXT,
  access_level TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL,
  payload TEXT NOT NULL
) STRICT;
CREATE INDEX resources_parent ON resources (parent_identifier, is_deleted);
CREATE INDEX resources_created ON resources (created_at DESC, identifier);

-- Superseded versions, valid for transactions in [tx_from, tx_to).
CREATE TABLE history (
  hid INTEGER PRIMARY KEY,
  rid INTEGER NOT NULL,
  identifier TEXT NOT NULL,
  payload_type TEXT NOT NULL,
  schema_version TEXT NOT NULL,
  version INTEGER NOT NULL,
  parent_identifier TEXT,
  derived_from TEXT,
  license TEXT,
  access_level TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL,
  payload TEXT NOT NULL,
  tx_to INTEGER NOT NULL,
  CHECK (tx_from < tx_to)
) STRICT;
CREATE INDEX history_identifier ON history (identifier, tx_to);
CREATE INDEX history_payload_type ON history (payload_type, tx_to);
CREATE INDEX history_parent ON history (parent_identifier, tx_to);

-- Resources that are restricted themselves or lie below one that is. Derived from resources.
CREATE TABLE restricted (rid INTEGER PRIMARY KEY) STRICT;

-- Edges of the derivation graph: target was derived from source, for transactions in [tx_from, tx_to).
CREATE TABLE edges (
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  source TEXT NOT NULL,
  tx_from INTEGER NOT NULL,
  tx_to INTEGER,
  PRIMARY KEY (kind, target, source, tx_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX edges_source ON edges (kind, source, target);

-- Which number an external identifier got within its scope (a datasource or a patient). The
-- external identifier itself is not kept, only a salted digest.
CREATE TABLE allocations (
  scope TEXT NOT NULL,
  number INTEGER NOT NULL,
  digest TEXT NOT NULL,
  identifier TEXT NOT NULL,
  PRIMARY KEY (scope, number),
  UNIQUE (scope, digest)
) STRICT, WITHOUT ROWID;

-- Answers already given to calls with an Idempotency-Key.
CREATE TABLE idempotency (
  principal TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  receipt TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_recorded ON idempotency (recorded_at);

-- Payload types registered at run time, one row per version.
CREATE TABLE schemas (
  payload_type TEXT NOT NULL,
  version TEXT NOT NULL,
  ordinal INTEGER NOT NULL UNIQUE,
  definition TEXT NOT NULL,
  registered_at INTEGER NOT NULL,
  registered_by TEXT NOT NULL,
  PRIMARY KEY (payload_type, version)
) STRICT;

-- Who may log in. Credentials are no resources: they have no readable history.
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'editor', 'user')),
  is_active INTEGER NOT NULL,
  token_version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_login_at INTEGER
) STRICT;

-- One row: how many registrations the schemas table has seen, and the salt of allocations.digest.
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  registry_version INTEGER NOT NULL,
  salt TEXT NOT NULL
) STRICT;
INSERT INTO state (id, registry_version, salt) VALUES (1, 0, lower(hex(randomblob(32))));

-- Preconditions of a batch: a row that breaks a check rolls the whole batch back.
CREATE TABLE guard (
  stale INTEGER NOT NULL DEFAULT 0 CONSTRAINT guard_stale CHECK (stale = 0)
) STRICT;

CREATE TRIGGER history_closed_update BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'history never changes'); END;
CREATE TRIGGER history_closed_delete BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'history never changes'); END;
CREATE TRIGGER transactions_closed_update BEFORE UPDATE ON transactions
BEGIN SELECT RAISE(ABORT, 'transactions never change'); END;
CREATE TRIGGER transactions_closed_delete BEFORE DELETE ON transactions
BEGIN SELECT RAISE(ABORT, 'transactions never change'); END;
CREATE TRIGGER resources_kept BEFORE DELETE ON resources
BEGIN SELECT RAISE(ABORT, 'resources are tombstoned, never deleted'); END;
