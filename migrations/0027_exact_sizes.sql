-- Sums of sizes are exact: whole blocks of 64 MiB (2^26 bytes), and in bytes what is left of each size. A real
-- number holds the latter exactly for more than a hundred million resources.
ALTER TABLE rollup_changes ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollup_statistics ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0;
