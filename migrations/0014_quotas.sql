-- How much of what is kept for a while, each principal has: triggers count it, so that a bound is one
-- row to look at, however much there is.
CREATE TABLE quota_usage (
  principal TEXT NOT NULL,
  -- The table that is counted. Of uploads those that nobody has finished.
  kind TEXT NOT NULL CHECK (kind IN ('idempotency', 'uploads', 'exports', 'tasks')),
  items INTEGER NOT NULL,
  -- Bytes of receipts, of exports' files, of the answers of tasks; 0 for uploads.
  bytes INTEGER NOT NULL,
  PRIMARY KEY (principal, kind)
) STRICT, WITHOUT ROWID;

INSERT INTO quota_usage (principal, kind, items, bytes)
  SELECT principal, 'idempotency', count(*), sum(octet_length(receipt)) FROM idempotency GROUP BY principal;
INSERT INTO quota_usage (principal, kind, items, bytes)
  SELECT principal, 'uploads', count(*), 0 FROM uploads
  WHERE state IN ('promised', 'refused', 'swept') GROUP BY principal;
INSERT INTO quota_usage (principal, kind, items, bytes)
  SELECT principal, 'exports', count(*), coalesce(sum(iif(path IS NULL, 0, size_bytes)), 0) FROM exports
  GROUP BY principal;

CREATE TRIGGER idempotency_counted AFTER INSERT ON idempotency
BEGIN
  INSERT INTO quota_usage (principal, kind, items, bytes)
    VALUES (NEW.principal, 'idempotency', 1, octet_length(NEW.receipt))
    ON CONFLICT (principal, kind) DO UPDATE SET items = items + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER idempotency_recounted AFTER UPDATE OF receipt ON idempotency
BEGIN
  UPDATE quota_usage SET bytes = bytes + octet_length(NEW.receipt) - octet_length(OLD.receipt)
    WHERE principal = NEW.principal AND kind = 'idempotency';
END;
CREATE TRIGGER idempotency_discounted AFTER DELETE ON idempotency
BEGIN
  UPDATE quota_usage SET items = items - 1, bytes = bytes - octet_length(OLD.receipt)
    WHERE principal = OLD.principal AND kind = 'idempotency';
END;

CREATE TRIGGER uploads_counted AFTER INSERT ON uploads
WHEN NEW.state IN ('promised', 'refused', 'swept')
BEGIN
  INSERT INTO quota_usage (principal, kind, items, bytes) VALUES (NEW.principal, 'uploads', 1, 0)
    ON CONFLICT (principal, kind) DO UPDATE SET items = items + 1;
END;
CREATE TRIGGER uploads_recounted AFTER UPDATE OF state ON uploads
WHEN (NEW.state IN ('promised', 'refused', 'swept')) <> (OLD.state IN ('promised', 'refused', 'swept'))
BEGIN
  INSERT INTO quota_usage (principal, kind, items, bytes)
    VALUES (NEW.principal, 'uploads', iif(NEW.state IN ('promised', 'refused', 'swept'), 1, -1), 0)
    ON CONFLICT (principal, kind) DO UPDATE SET items = items + excluded.items;
END;
CREATE TRIGGER uploads_discounted AFTER DELETE ON uploads
WHEN OLD.state IN ('promised', 'refused', 'swept')
BEGIN
  UPDATE quota_usage SET items = items - 1 WHERE principal = OLD.principal AND kind = 'uploads';
END;

CREATE TRIGGER exports_counted AFTER INSERT ON exports
BEGIN
  INSERT INTO quota_usage (principal, kind, items, bytes)
    VALUES (NEW.principal, 'exports', 1, iif(NEW.path IS NULL, 0, coalesce(NEW.size_bytes, 0)))
    ON CONFLICT (principal, kind) DO UPDATE SET items = items + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER exports_recounted AFTER UPDATE OF path, size_bytes ON exports
BEGIN
  UPDATE quota_usage SET bytes = bytes + iif(NEW.path IS NULL, 0, coalesce(NEW.size_bytes, 0))
      - iif(OLD.path IS NULL, 0, coalesce(OLD.size_bytes, 0))
    WHERE principal = NEW.principal AND kind = 'exports';
END;
CREATE TRIGGER exports_discounted AFTER DELETE ON exports
BEGIN
  UPDATE quota_usage
    SET items = items - 1, bytes = bytes - iif(OLD.path IS NULL, 0, coalesce(OLD.size_bytes, 0))
    WHERE principal = OLD.principal AND kind = 'exports';
END;

-- Rows of exports are removed a week after they have ended.
CREATE INDEX exports_ended ON exports (finished_at) WHERE state IN ('failed', 'expired');

-- The answers of tasks lie in the bucket. What a version of before has kept in pieces stays until it
-- expires and is no answer any more.
ALTER TABLE tasks ADD COLUMN form TEXT CHECK (form IN ('answer', 'found', 'written'));
ALTER TABLE tasks ADD COLUMN object TEXT;
ALTER TABLE tasks ADD COLUMN size_bytes INTEGER NOT NULL DEFAULT 0;

INSERT INTO quota_usage (principal, kind, items, bytes)
  SELECT principal, 'tasks', count(*), 0 FROM tasks WHERE part = 0 GROUP BY principal;

CREATE TRIGGER tasks_counted AFTER INSERT ON tasks WHEN NEW.part = 0
BEGIN
  INSERT INTO quota_usage (principal, kind, items, bytes)
    VALUES (NEW.principal, 'tasks', 1, NEW.size_bytes)
    ON CONFLICT (principal, kind) DO UPDATE SET items = items + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER tasks_recounted AFTER UPDATE OF size_bytes ON tasks WHEN NEW.part = 0
BEGIN
  UPDATE quota_usage SET bytes = bytes + NEW.size_bytes - OLD.size_bytes
    WHERE principal = NEW.principal AND kind = 'tasks';
END;
CREATE TRIGGER tasks_discounted AFTER DELETE ON tasks WHEN OLD.part = 0
BEGIN
  UPDATE quota_usage SET items = items - 1, bytes = bytes - OLD.size_bytes
    WHERE principal = OLD.principal AND kind = 'tasks';
END;

-- The oldest sessions of a principal end when it has too many.
CREATE INDEX sessions_started ON sessions (principal, started_at);
