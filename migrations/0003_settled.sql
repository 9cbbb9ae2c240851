-- Counts and statistics of the tree, worked out by the Cron Trigger as of one transaction. Derived
-- from resources and history at any time; reads add what has changed since, so they are never stale.

-- One row: the generation that reads use with its transaction, and the one that is being built.
CREATE TABLE settlement (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  generation INTEGER NOT NULL,
  tx INTEGER NOT NULL,
  -- What was counted and how: a generation of other rules is not used.
  rules TEXT NOT NULL,
  -- NULL: nothing is being built.
  building INTEGER,
  building_tx INTEGER,
  building_rules TEXT,
  -- The last row of resources that the building generation has seen, and the last that it will see;
  -- -1 until its copy of restricted is made.
  progress INTEGER,
  rid_last INTEGER
) STRICT;
INSERT INTO settlement (id, generation, tx, rules) VALUES (1, 0, 0, '');

-- The table restricted as it was at the transaction of a generation.
CREATE TABLE settled_restricted (
  generation INTEGER NOT NULL,
  rid INTEGER NOT NULL,
  PRIMARY KEY (generation, rid)
) STRICT, WITHOUT ROWID;

-- Live children and descendants of each resource that has any; restricted ones (1) and others (0).
CREATE TABLE settled_counts (
  generation INTEGER NOT NULL,
  rid INTEGER NOT NULL,
  restricted INTEGER NOT NULL,
  children INTEGER NOT NULL,
  descendants INTEGER NOT NULL,
  PRIMARY KEY (generation, rid, restricted)
) STRICT, WITHOUT ROWID;

-- What lies below each datasource, by dimension (e.g. modality) and member of it (e.g. CT).
CREATE TABLE settled_statistics (
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
