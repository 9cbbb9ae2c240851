-- Whether a row is granted to somebody is asked of the row: who is granted much pays nothing for it.
CREATE INDEX "x_grant_resource_identifier_grantee_id_group" ON "x_grant" ("f_resource_identifier", "f_grantee_id", visibility, identifier);
CREATE INDEX "x_instrument_access_instrument_id_user_id_group" ON "x_instrument_access" ("f_instrument_id", "f_user_id", visibility, identifier);

-- Of several that serve a statement alike SQLite takes the one that was made last: the order of creation.
DROP INDEX "x_grant_created_asc";
DROP INDEX "x_grant_created";
CREATE INDEX "x_grant_created_asc" ON "x_grant" (visibility, created_at, identifier);
CREATE INDEX "x_grant_created" ON "x_grant" (visibility, created_at DESC, identifier);
DROP INDEX "x_instrument_access_created_asc";
DROP INDEX "x_instrument_access_created";
CREATE INDEX "x_instrument_access_created_asc" ON "x_instrument_access" (visibility, created_at, identifier);
CREATE INDEX "x_instrument_access_created" ON "x_instrument_access" (visibility, created_at DESC, identifier);
