-- Metadata of entities, one row for each change of it: versions, entityInfo, status, default version.
CREATE TABLE entities (
  entity TEXT NOT NULL,
  -- The registry version that the change made.
  ordinal INTEGER NOT NULL UNIQUE,
  -- The whole metadata after the change; NULL: the entity was deleted.
  state TEXT,
  recorded_at INTEGER NOT NULL,
  recorded_by TEXT NOT NULL,
  PRIMARY KEY (entity, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entities_closed_update BEFORE UPDATE ON entities
BEGIN SELECT RAISE(ABORT, 'the past of an entity never changes'); END;
CREATE TRIGGER entities_closed_delete BEFORE DELETE ON entities
BEGIN SELECT RAISE(ABORT, 'the past of an entity never changes'); END;

-- The last number of each sequence that fields draw from.
CREATE TABLE sequences (
  name TEXT PRIMARY KEY,
  last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Work that goes on after its call was answered, and what came of it: part 0 is the task itself, its
-- text NULL until the work is done; the others are the answer in pieces.
CREATE TABLE tasks (
  id TEXT NOT NULL,
  part INTEGER NOT NULL,
  principal TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  text TEXT,
  PRIMARY KEY (id, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_recorded ON tasks (recorded_at);
