-- Why something was written, in the words of whoever wrote it; NULL: no reason was given.
ALTER TABLE transactions ADD COLUMN reason TEXT;
ALTER TABLE audit ADD COLUMN reason TEXT;
ALTER TABLE schemas ADD COLUMN reason TEXT;
ALTER TABLE entities ADD COLUMN reason TEXT;
