-- Which resources name an object in the bucket, and since when: only by one of these rows does a
-- resource open an object. Written in the batch of the version that names it, from the fields that
-- its payload type declares.
CREATE TABLE object_references (
  -- Key of the object. Rows that this migration made hold what the resource says, which may be an
  -- s3:// address of the bucket.
  path TEXT NOT NULL,
  -- The row of resources that names it.
  rid INTEGER NOT NULL,
  -- The field of its payload.
  field TEXT NOT NULL,
  tx_from INTEGER NOT NULL,
  -- The transaction that ended it; NULL while it holds.
  tx_to INTEGER,
  -- 0: who named it could have opened the object to anybody. 1: who named it could only read it.
  is_copy INTEGER NOT NULL,
  PRIMARY KEY (path, rid, field, tx_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX object_references_resource ON object_references (rid, tx_to);

-- What resources named so far. What a harvest or a source has made is opened by its own resources,
-- by those of its owner and by those of administrators: others have named it without a right.
INSERT OR IGNORE INTO object_references (path, rid, field, tx_from, tx_to, is_copy)
WITH named (path, rid, owner, tx_from, tx_to) AS (
  SELECT r.payload ->> 's3_path', r.rid, r.owner, r.tx_from, NULL FROM resources r
    WHERE r.payload_type IN ('image', 'volume', 'annotation', 'segmentation', 'report', 'model',
      'artefact', 'table') AND r.is_deleted = 0 AND r.payload ->> 's3_path' IS NOT NULL
  UNION ALL
  SELECT h.payload ->> 's3_path', h.rid, h.owner, h.tx_from, h.tx_to FROM history h
    WHERE h.payload_type IN ('image', 'volume', 'annotation', 'segmentation', 'report', 'model',
      'artefact', 'table') AND h.is_deleted = 0 AND h.payload ->> 's3_path' IS NOT NULL),
keyed (path, rid, owner, tx_from, tx_to, key) AS (
  SELECT n.path, n.rid, n.owner, n.tx_from, n.tx_to, CASE WHEN substr(n.path, 1, 5) = 's3://'
    THEN substr(n.path, 6 + instr(substr(n.path, 6), '/')) ELSE n.path END FROM named n),
administrators (owner) AS (SELECT 'user:' || u.id FROM users u WHERE u.role = 'admin')
SELECT k.path, k.rid, 's3_path', k.tx_from, k.tx_to,
  EXISTS (SELECT 1 FROM uploads u WHERE u.path = k.key AND u.principal <> k.owner)
FROM keyed k
WHERE k.owner IN (SELECT owner FROM administrators)
  OR (k.key NOT IN (SELECT ltrim(f.f_destination_path, '/') FROM x_file f
      WHERE f.f_destination_path IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM resources s
      CROSS JOIN resources p ON p.identifier = s.parent_identifier
      WHERE s.identifier = k.key AND s.rid <> k.rid AND s.owner <> k.owner
        AND p.payload_type = 'source_revision'));

DROP INDEX resources_s3_path;
DROP INDEX history_s3_path;

-- First segments of the keys below which harvested files lie: neither uploads nor sources may have
-- them.
CREATE TABLE harvest_prefixes (
  prefix TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO harvest_prefixes (prefix)
SELECT substr(b.path, 1, instr(b.path || '/', '/') - 1) FROM (
  SELECT ltrim(l.payload ->> 'base_path', '/') AS path FROM resources l
    WHERE l.payload_type = 'storage_location' AND l.payload ->> 'type' = 's3'
  UNION
  SELECT ltrim(f.f_destination_path, '/') FROM x_file f
    CROSS JOIN resources l ON l.identifier = f.f_storage_location_id
    WHERE l.payload ->> 'type' = 's3' AND f.f_destination_path IS NOT NULL) b
WHERE b.path <> '';

-- Copies of harvested files that the server has yet to read through: whether each is what was found.
CREATE TABLE object_checks (
  -- Identifier of the file.
  file TEXT PRIMARY KEY,
  -- How often it was begun.
  attempts INTEGER NOT NULL,
  -- Not before this instant, in microseconds: somebody may be at it until then.
  due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX object_checks_due ON object_checks (due_at);

-- What was harvested into a bucket before: those who see such a file get it once it was checked.
INSERT INTO object_checks (file, attempts, due_at)
SELECT f.identifier, 0, 0 FROM x_transfer t
  CROSS JOIN x_file f ON f.identifier = t.f_file_id
  CROSS JOIN resources l ON l.identifier = t.f_storage_location_id
  WHERE t.f_status = 'completed' AND l.payload ->> 'type' = 's3'
  GROUP BY f.identifier;

-- Through which resources objects were given out, and how many rows of an export are restricted.
-- Identifiers as a JSON array; NULL for other events.
ALTER TABLE audit ADD COLUMN identifiers TEXT;
-- NULL for exports of before.
ALTER TABLE exports ADD COLUMN restricted_rows INTEGER;

-- The projection of files with the key of their copy; no two files have the same.
ALTER TABLE x_file ADD COLUMN f_s3_path TEXT;
CREATE UNIQUE INDEX "x_file_s3_path_key" ON "x_file" ("f_s3_path");
