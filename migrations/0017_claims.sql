-- Who has claimed a harvest run: NULL for runs that were claimed before this was noted.
ALTER TABLE x_harvest_run ADD COLUMN f_claimed_by TEXT;
