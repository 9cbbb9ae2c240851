-- Whether a row is granted to somebody is asked of the row: who is granted much pays nothing for it.
CREATE INDEX "x_grant_pair" ON "x_grant" ("f_resource_identifier", "f_grantee_id", "f_grantee_type");
CREATE INDEX "x_instrument_access_pair" ON "x_instrument_access" ("f_instrument_id", "f_user_id");
