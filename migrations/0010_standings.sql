-- A mark of what callers are known by: their accounts, keys, sessions and policies. Whatever changes
-- one of these draws another mark, so that who remembers a caller under the mark of now need not be
-- told again. Drawn and not counted: a database that was set back never comes to an old mark anew.

ALTER TABLE state ADD COLUMN standings TEXT NOT NULL DEFAULT '';
UPDATE state SET standings = lower(hex(randomblob(8)));

CREATE TRIGGER users_standing_changed AFTER UPDATE OF role, is_active, token_version ON users
BEGIN UPDATE state SET standings = lower(hex(randomblob(8))); END;
CREATE TRIGGER users_standing_ended AFTER DELETE ON users
BEGIN UPDATE state SET standings = lower(hex(randomblob(8))); END;
CREATE TRIGGER sessions_standing_ended AFTER DELETE ON sessions
BEGIN UPDATE state SET standings = lower(hex(randomblob(8))); END;
CREATE TRIGGER api_keys_standing_ended AFTER DELETE ON api_keys
BEGIN UPDATE state SET standings = lower(hex(randomblob(8))); END;
CREATE TRIGGER policies_standing_changed AFTER UPDATE ON policies
BEGIN UPDATE state SET standings = lower(hex(randomblob(8))); END;
CREATE TRIGGER policies_standing_ended AFTER DELETE ON policies
BEGIN UPDATE state SET standings = lower(hex(randomblob(8))); END;
CREATE TRIGGER policy_subjects_standing_begun AFTER INSERT ON policy_subjects
BEGIN UPDATE state SET standings = lower(hex(randomblob(8))); END;
CREATE TRIGGER policy_subjects_standing_changed AFTER UPDATE ON policy_subjects
BEGIN UPDATE state SET standings = lower(hex(randomblob(8))); END;
CREATE TRIGGER policy_subjects_standing_ended AFTER DELETE ON policy_subjects
BEGIN UPDATE state SET standings = lower(hex(randomblob(8))); END;
