-- The values that resources have had in the indexed fields of their types, so that a page of the past is
-- found in its order: see src/store/read/past-values.ts. A job fills both tables from resources and history.

-- How far each indexed field has come.
CREATE TABLE past_fields (
  id INTEGER PRIMARY KEY,
  payload_type TEXT NOT NULL,
  field TEXT NOT NULL,
  -- The watermark: the values of all versions up to this transaction are there.
  tx INTEGER NOT NULL,
  -- The transaction up to which values are being added; between batches the same as tx.
  target INTEGER NOT NULL,
  UNIQUE (payload_type, field)
) STRICT;

-- One row for each value of a field that a resource has had, however often it had it.
CREATE TABLE past_values (
  field INTEGER NOT NULL,
  -- An empty blob, which sorts behind everything else, where it had none.
  value ANY NOT NULL,
  created_at INTEGER NOT NULL,
  identifier TEXT NOT NULL,
  rid INTEGER NOT NULL,
  -- The first transaction that gave it the value.
  tx_from INTEGER NOT NULL,
  -- How old that is, coarsely: one more where the transaction's number is four times as large.
  level INTEGER NOT NULL,
  PRIMARY KEY (field, value, created_at DESC, identifier)
) STRICT, WITHOUT ROWID;
CREATE INDEX past_values_order ON past_values (field, level, value, identifier, rid, tx_from);
