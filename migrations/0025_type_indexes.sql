-- Rows of one payload type come in the order of creation from an index of resources (resources_type) that has
-- them by type and class of visibility: no projection has the same order once more.

DROP INDEX "x_datasource_created";
DROP INDEX "x_patient_created";
DROP INDEX "x_study_created";
DROP INDEX "x_series_created";
DROP INDEX "x_image_created";
DROP INDEX "x_volume_created";
DROP INDEX "x_annotation_created";
DROP INDEX "x_segmentation_created";
DROP INDEX "x_report_created";
DROP INDEX "x_model_created";
DROP INDEX "x_dataset_created";
DROP INDEX "x_artefact_created";
DROP INDEX "x_table_created";
DROP INDEX "x_group_created";
DROP INDEX "x_project_created";
DROP INDEX "x_membership_created";
DROP INDEX "x_grant_created";
DROP INDEX "x_source_spec_created";
DROP INDEX "x_source_revision_created";
DROP INDEX "x_pipeline_created";
DROP INDEX "x_instrument_created";
DROP INDEX "x_storage_location_created";
DROP INDEX "x_service_account_created";
DROP INDEX "x_harvest_schedule_created";
DROP INDEX "x_hook_created";
DROP INDEX "x_instrument_access_created";
DROP INDEX "x_harvest_run_created";
DROP INDEX "x_file_created";
DROP INDEX "x_transfer_created";

-- The code does the same for the tables of registered types, whose names it knows.
INSERT OR IGNORE INTO index_upgrades (payload_type) SELECT DISTINCT s.payload_type FROM schemas s;

-- Indexes that admins add to those of a payload type, or take away. Where a field is not named, it is indexed as
-- its type declares.
CREATE TABLE type_indexes (
  payload_type TEXT NOT NULL,
  field TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('building', 'ready', 'dropped')),
  -- The index holds the rows of the projection whose column k_<slot> has this mark; NULL until it is begun.
  slot INTEGER,
  mark INTEGER,
  -- The last row that has got its mark, and the last that gets it from the Cron Trigger.
  progress INTEGER NOT NULL,
  rid_last INTEGER NOT NULL,
  PRIMARY KEY (payload_type, field)
) STRICT, WITHOUT ROWID;

-- How many columns for marks the projection of a payload type has.
CREATE TABLE index_slots (payload_type TEXT PRIMARY KEY, slots INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- The age of the patient is no longer indexed from the start: its two indexes were written with every image,
-- and few filters name it. A store that has images gets them again, from the Cron Trigger.
DROP INDEX "x_image_patient_age_years_created";
DROP INDEX "x_image_patient_age_years_asc";
DROP INDEX "x_volume_patient_age_years_created";
DROP INDEX "x_volume_patient_age_years_asc";
INSERT INTO type_indexes (payload_type, field, state, slot, mark, progress, rid_last)
SELECT 'image', 'patient_age_years', 'building', NULL, NULL, 0, 0 WHERE EXISTS (SELECT 1 FROM x_image)
UNION ALL SELECT 'volume', 'patient_age_years', 'building', NULL, NULL, 0, 0 WHERE EXISTS (SELECT 1 FROM x_volume);
