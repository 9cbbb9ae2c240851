-- The closure of the tree, and counts and statistics over it, are kept up to date with what changes. What
-- was worked out before is dropped: all of it is made anew from resources and history.
DROP TABLE settlement;
DROP TABLE settled_restricted;
DROP TABLE settled_counts;
DROP TABLE settled_statistics;

-- Each resource as the rollups count it, with all its ancestors: live ones with a live parent, no others.
CREATE TABLE closure (
  rid INTEGER PRIMARY KEY,
  -- The rids of its ancestors from the root down, each with a slash behind it.
  path TEXT NOT NULL,
  -- How many there are.
  levels INTEGER NOT NULL,
  -- Those among them that are datasources, in the same form.
  sources TEXT NOT NULL,
  -- The version that is counted, and whether it was restricted.
  tx_from INTEGER NOT NULL,
  restricted INTEGER NOT NULL
) STRICT;
-- What lies below a resource: one stretch of this index.
CREATE INDEX closure_path ON closure (path);
-- Rows of trees from before there was a bound of depth, which are not counted; and what is to be removed.
CREATE INDEX closure_deep ON closure (restricted) WHERE levels > 32;
CREATE INDEX closure_gone ON closure (levels) WHERE levels = 0;

-- One row: how far closure and rollups have come, and the generation that is worked out beside them.
CREATE TABLE rollup_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- The generation that reads use; 0 before the first.
  generation INTEGER NOT NULL,
  -- The watermark: what later transactions changed is not counted yet, and neither is rollup_queue.
  tx INTEGER NOT NULL,
  -- The transaction up to which the queue is being filled; between batches the same as tx.
  target INTEGER NOT NULL,
  -- What is counted and how: a generation of other rules is not used.
  rules TEXT NOT NULL,
  -- How many resources were taken from the queue so far.
  refreshed INTEGER NOT NULL,
  -- NULL: no generation is being built.
  building INTEGER,
  building_tx INTEGER,
  building_rules TEXT,
  -- The last row of resources that the building generation has seen, and the last that it will see; -1
  -- until its copy of restricted is made.
  progress INTEGER,
  rid_last INTEGER,
  -- Rows in which closure and rollups were other than the last generation that was worked out.
  differences INTEGER NOT NULL
) STRICT;
INSERT INTO rollup_state (id, generation, tx, target, rules, refreshed, differences)
VALUES (1, 0, 0, 0, '', 0, 0);

-- Resources that transactions up to the watermark have changed, and that are to be counted anew; paths as in
-- closure.
CREATE TABLE rollup_queue (
  rid INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  levels INTEGER NOT NULL,
  sources TEXT NOT NULL
) STRICT;

-- What a batch adds to the rollups; empty between batches.
CREATE TABLE rollup_changes (
  rid INTEGER NOT NULL,
  restricted INTEGER NOT NULL,
  dimension TEXT NOT NULL,
  member TEXT NOT NULL,
  count INTEGER NOT NULL,
  bytes REAL NOT NULL,
  PRIMARY KEY (rid, restricted, dimension, member)
) STRICT, WITHOUT ROWID;

-- The table restricted as it was when the building generation was begun; empty when there is none.
CREATE TABLE rollup_restricted (
  rid INTEGER PRIMARY KEY
) STRICT;

-- Live children and descendants of each resource that has any; restricted ones (1) and others (0).
CREATE TABLE rollup_counts (
  generation INTEGER NOT NULL,
  rid INTEGER NOT NULL,
  restricted INTEGER NOT NULL,
  children INTEGER NOT NULL,
  descendants INTEGER NOT NULL,
  PRIMARY KEY (generation, rid, restricted)
) STRICT, WITHOUT ROWID;
CREATE INDEX rollup_counts_empty ON rollup_counts (descendants) WHERE descendants = 0;

-- What lies below each datasource, by dimension (e.g. modality) and member of it (e.g. CT).
CREATE TABLE rollup_statistics (
  generation INTEGER NOT NULL,
  rid INTEGER NOT NULL,
  restricted INTEGER NOT NULL,
  dimension TEXT NOT NULL,
  member TEXT NOT NULL,
  count INTEGER NOT NULL,
  -- A real number, since a sum of integers could overflow.
  bytes REAL NOT NULL,
  PRIMARY KEY (generation, rid, restricted, dimension, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX rollup_statistics_empty ON rollup_statistics (count) WHERE count = 0;
