-- Objects that this server gave an upload URL for: whose they are, and how far they have come.
CREATE TABLE uploads (
  -- Key of the object in the bucket.
  path TEXT PRIMARY KEY,
  principal TEXT NOT NULL,
  -- promised: the URL was given out. refused: what arrived is not what was promised. finished: it is.
  -- kept: nobody finished it, but a resource names it. swept: its object is being removed.
  state TEXT NOT NULL CHECK (state IN ('promised', 'refused', 'finished', 'kept', 'swept')),
  -- What was promised, and from `finished` on what arrived; NULL where nobody said.
  content_type TEXT,
  size_bytes INTEGER,
  sha256 TEXT,
  created_at INTEGER NOT NULL,
  -- When the URL stops working.
  expires_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_open ON uploads (expires_at)
  WHERE state IN ('promised', 'refused', 'swept');

-- Exports: files that are made of a query, and how far they have come.
CREATE TABLE exports (
  id TEXT PRIMARY KEY,
  principal TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'succeeded', 'failed', 'expired')),
  -- What is to be written and on whose behalf, as JSON.
  task TEXT NOT NULL,
  -- How often it was begun.
  attempts INTEGER NOT NULL,
  -- Key of the file in the bucket; NULL before it is complete and after it was removed.
  path TEXT,
  row_count INTEGER,
  size_bytes INTEGER,
  -- Why it failed, in words.
  fault TEXT,
  created_at INTEGER NOT NULL,
  -- The last sign of life of the one who works on it.
  touched_at INTEGER NOT NULL,
  finished_at INTEGER,
  -- When its file is removed; NULL before it is complete.
  expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX exports_open ON exports (touched_at) WHERE state IN ('pending', 'running');
CREATE INDEX exports_owner ON exports (principal, created_at);
CREATE INDEX exports_expiry ON exports (expires_at) WHERE state = 'succeeded';

-- Which resources name an object, now and in the past: who sees one of them may read the object.
CREATE INDEX resources_s3_path ON resources (payload ->> 's3_path')
  WHERE payload ->> 's3_path' IS NOT NULL;
CREATE INDEX history_s3_path ON history (payload ->> 's3_path')
  WHERE payload ->> 's3_path' IS NOT NULL;
