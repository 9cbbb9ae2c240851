-- Pages of several payload types, of the types that a key is limited to, and of what somebody owns are
-- put together from stretches of these indexes, one for each type and class of visibility, so that
-- rows of other types and of other owners are not read.

CREATE INDEX resources_type ON resources
  (payload_type, is_deleted, visibility, created_at DESC, identifier);
CREATE INDEX resources_owner ON resources
  (owner, is_deleted, payload_type, visibility, created_at DESC, identifier);

-- It holds tombstones apart as well.
DROP INDEX resources_buried;

-- What a grant on the uppermost row of a restricted subtree opens comes in order as well. What a row
-- says of itself never changes.
ALTER TABLE restricted ADD COLUMN payload_type TEXT;
ALTER TABLE restricted ADD COLUMN created_at INTEGER;
ALTER TABLE restricted ADD COLUMN identifier TEXT;

-- Where somebody's rows lie below rows of somebody else, who sees them by that. Below its own rows a
-- reader's own are found by their owner.
ALTER TABLE restricted ADD COLUMN parent_owner TEXT;
ALTER TABLE restricted_above ADD COLUMN parent_owner TEXT;

UPDATE restricted SET (payload_type, created_at, identifier) =
    (SELECT r.payload_type, r.created_at, r.identifier FROM resources r WHERE r.rid = restricted.rid),
  parent_owner = (SELECT p.owner FROM resources p WHERE p.rid = restricted.parent);
UPDATE restricted_above SET
  parent_owner = (SELECT p.owner FROM resources p WHERE p.rid = restricted_above.parent);

CREATE INDEX restricted_zone ON restricted (top, payload_type, created_at DESC, identifier);
CREATE INDEX restricted_foreign ON restricted (parent_owner) WHERE parent_owner <> owner;
CREATE INDEX restricted_above_foreign ON restricted_above (parent_owner) WHERE parent_owner <> owner;

-- The code before this one writes neither.
CREATE TRIGGER restricted_described AFTER INSERT ON restricted WHEN NEW.payload_type IS NULL BEGIN
  UPDATE restricted SET (payload_type, created_at, identifier) =
      (SELECT r.payload_type, r.created_at, r.identifier FROM resources r WHERE r.rid = NEW.rid),
    parent_owner = (SELECT p.owner FROM resources p WHERE p.rid = NEW.parent)
  WHERE rid = NEW.rid;
END;
CREATE TRIGGER restricted_moved AFTER UPDATE OF parent ON restricted
WHEN NEW.parent IS NOT OLD.parent AND NEW.parent_owner IS OLD.parent_owner BEGIN
  UPDATE restricted SET parent_owner = (SELECT p.owner FROM resources p WHERE p.rid = NEW.parent)
  WHERE rid = NEW.rid;
END;
CREATE TRIGGER restricted_above_described AFTER INSERT ON restricted_above
WHEN NEW.parent IS NOT NULL AND NEW.parent_owner IS NULL BEGIN
  UPDATE restricted_above SET parent_owner = (SELECT p.owner FROM resources p WHERE p.rid = NEW.parent)
  WHERE rid = NEW.rid;
END;
CREATE TRIGGER restricted_above_moved AFTER UPDATE OF parent ON restricted_above
WHEN NEW.parent IS NOT OLD.parent AND NEW.parent_owner IS OLD.parent_owner BEGIN
  UPDATE restricted_above SET parent_owner = (SELECT p.owner FROM resources p WHERE p.rid = NEW.parent)
  WHERE rid = NEW.rid;
END;
