-- Who may see a row stands in the row: 0, everybody and also the anonymous; 1, everybody with a token;
-- 2, those alone who own it or something above it, or have a grant. Indexes that give pages in order
-- begin with it, so that a reader's page costs nothing for what the reader does not see. A row without
-- a class counts as restricted: the code before this one does not write it.

ALTER TABLE resources ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;

-- What a walk from a restricted row up to who may see it needs, all of it worked out in the batch that
-- changes a level or a parent: the row of its parent (NULL for a root), the uppermost restricted row
-- above it or itself, and its owner.
ALTER TABLE restricted ADD COLUMN parent INTEGER;
ALTER TABLE restricted ADD COLUMN top INTEGER;
ALTER TABLE restricted ADD COLUMN owner TEXT;

-- Open rows with something restricted below them: whose owners and grantees see that too.
CREATE TABLE restricted_above (
  rid INTEGER PRIMARY KEY,
  parent INTEGER,
  owner TEXT NOT NULL
) STRICT;

-- Worked out anew from the levels and parents that there are.
DELETE FROM restricted;
INSERT INTO restricted (rid, parent, top, owner)
WITH RECURSIVE
  own(rid, parent) AS (
    SELECT r.rid, r.parent_identifier FROM resources r WHERE r.access_level = 'restricted'),
  up(rid, parent, is_below) AS (
    SELECT o.rid, o.parent, 0 FROM own o
    UNION
    SELECT up.rid, p.parent_identifier, p.access_level = 'restricted'
    FROM up CROSS JOIN resources p ON p.identifier = up.parent WHERE up.is_below = 0),
  down(rid, identifier, top) AS (
    SELECT r.rid, r.identifier, r.rid FROM own o CROSS JOIN resources r ON r.rid = o.rid
      WHERE o.rid NOT IN (SELECT up.rid FROM up WHERE up.is_below = 1)
    UNION ALL
    SELECT c.rid, c.identifier, d.top FROM down d
    CROSS JOIN resources c ON c.parent_identifier = d.identifier)
SELECT d.rid, p.rid, d.top, r.owner FROM down d
CROSS JOIN resources r ON r.rid = d.rid
LEFT JOIN resources p ON p.identifier = r.parent_identifier;

INSERT INTO restricted_above (rid, parent, owner)
WITH RECURSIVE up(rid, parent) AS (
  SELECT p.rid, p.parent_identifier FROM restricted q CROSS JOIN resources p ON p.rid = q.parent
    WHERE q.rid = q.top
  UNION
  SELECT p.rid, p.parent_identifier FROM up CROSS JOIN resources p ON p.identifier = up.parent)
SELECT up.rid, p.rid, r.owner FROM up
CROSS JOIN resources r ON r.rid = up.rid
LEFT JOIN resources p ON p.identifier = up.parent;

CREATE INDEX restricted_parent ON restricted (parent, owner);
CREATE INDEX restricted_owner ON restricted (owner, top);
CREATE INDEX restricted_above_parent ON restricted_above (parent);
CREATE INDEX restricted_above_owner ON restricted_above (owner);

DROP INDEX resources_created;
DROP INDEX resources_parent;
DROP INDEX resources_buried;
UPDATE resources SET visibility = CASE
  WHEN EXISTS (SELECT 1 FROM restricted q WHERE q.rid = resources.rid) THEN 2
  WHEN access_level = 'public' THEN 0 ELSE 1 END;
CREATE INDEX resources_parent ON resources (parent_identifier, is_deleted, visibility);
CREATE INDEX resources_created ON resources (visibility, created_at DESC, identifier);
CREATE INDEX resources_buried ON resources (payload_type, visibility, created_at, identifier)
  WHERE is_deleted = 1;

-- Rows whose place in the tree, level or parent a batch has changed, and what follows below them.
-- Empty between batches.
CREATE TABLE visibility_refresh (
  rid INTEGER PRIMARY KEY,
  payload_type TEXT NOT NULL,
  parent INTEGER,
  -- NULL: it is not restricted.
  top INTEGER,
  owner TEXT NOT NULL,
  visibility INTEGER NOT NULL
) STRICT;

-- Edges are followed from their sources: what a reader does not see at their other end is passed by.
ALTER TABLE edges ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX edges_source;
UPDATE edges SET visibility =
  coalesce((SELECT r.visibility FROM resources r WHERE r.identifier = edges.target), 2);
CREATE INDEX edges_source ON edges (kind, source, visibility, target);

-- Tables of registered types get the column from the code, which knows their indexes, before it reads
-- any of them.
CREATE TABLE projection_upgrades (payload_type TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO projection_upgrades (payload_type) SELECT DISTINCT s.payload_type FROM schemas s;

-- The typed projections. A test holds the indexes equal to the types.

ALTER TABLE "x_datasource" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_datasource_created_asc";
DROP INDEX "x_datasource_created";
UPDATE "x_datasource" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_datasource".rid);
CREATE INDEX "x_datasource_created_asc" ON "x_datasource" (visibility, created_at, identifier);
CREATE INDEX "x_datasource_created" ON "x_datasource" (visibility, created_at DESC, identifier);

ALTER TABLE "x_patient" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_patient_patient_birth_year_created";
DROP INDEX "x_patient_patient_birth_year_asc";
DROP INDEX "x_patient_patient_birth_year_desc";
DROP INDEX "x_patient_created_asc";
DROP INDEX "x_patient_created";
UPDATE "x_patient" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_patient".rid);
CREATE INDEX "x_patient_patient_birth_year_created" ON "x_patient" ("f_patient_birth_year", visibility, created_at DESC, identifier);
CREATE INDEX "x_patient_patient_birth_year_asc" ON "x_patient" (visibility, "f_patient_birth_year", identifier);
CREATE INDEX "x_patient_patient_birth_year_desc" ON "x_patient" (visibility, "f_patient_birth_year" DESC, identifier);
CREATE INDEX "x_patient_created_asc" ON "x_patient" (visibility, created_at, identifier);
CREATE INDEX "x_patient_created" ON "x_patient" (visibility, created_at DESC, identifier);

ALTER TABLE "x_study" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_study_study_date_created";
DROP INDEX "x_study_study_date_asc";
DROP INDEX "x_study_study_date_desc";
DROP INDEX "x_study_study_instance_uid_created";
DROP INDEX "x_study_study_instance_uid_asc";
DROP INDEX "x_study_study_instance_uid_desc";
DROP INDEX "x_study_created_asc";
DROP INDEX "x_study_created";
UPDATE "x_study" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_study".rid);
CREATE INDEX "x_study_study_date_created" ON "x_study" ("f_study_date", visibility, created_at DESC, identifier);
CREATE INDEX "x_study_study_date_asc" ON "x_study" (visibility, "f_study_date", identifier);
CREATE INDEX "x_study_study_date_desc" ON "x_study" (visibility, "f_study_date" DESC, identifier);
CREATE INDEX "x_study_study_instance_uid_created" ON "x_study" ("f_study_instance_uid", visibility, created_at DESC, identifier);
CREATE INDEX "x_study_study_instance_uid_asc" ON "x_study" (visibility, "f_study_instance_uid", identifier);
CREATE INDEX "x_study_study_instance_uid_desc" ON "x_study" (visibility, "f_study_instance_uid" DESC, identifier);
CREATE INDEX "x_study_created_asc" ON "x_study" (visibility, created_at, identifier);
CREATE INDEX "x_study_created" ON "x_study" (visibility, created_at DESC, identifier);

ALTER TABLE "x_series" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_series_modality_created";
DROP INDEX "x_series_modality_asc";
DROP INDEX "x_series_modality_desc";
DROP INDEX "x_series_series_instance_uid_created";
DROP INDEX "x_series_series_instance_uid_asc";
DROP INDEX "x_series_series_instance_uid_desc";
DROP INDEX "x_series_created_asc";
DROP INDEX "x_series_created";
UPDATE "x_series" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_series".rid);
CREATE INDEX "x_series_modality_created" ON "x_series" ("f_modality", visibility, created_at DESC, identifier);
CREATE INDEX "x_series_modality_asc" ON "x_series" (visibility, "f_modality", identifier);
CREATE INDEX "x_series_modality_desc" ON "x_series" (visibility, "f_modality" DESC, identifier);
CREATE INDEX "x_series_series_instance_uid_created" ON "x_series" ("f_series_instance_uid", visibility, created_at DESC, identifier);
CREATE INDEX "x_series_series_instance_uid_asc" ON "x_series" (visibility, "f_series_instance_uid", identifier);
CREATE INDEX "x_series_series_instance_uid_desc" ON "x_series" (visibility, "f_series_instance_uid" DESC, identifier);
CREATE INDEX "x_series_created_asc" ON "x_series" (visibility, created_at, identifier);
CREATE INDEX "x_series_created" ON "x_series" (visibility, created_at DESC, identifier);

ALTER TABLE "x_image" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_image_modality_created";
DROP INDEX "x_image_modality_asc";
DROP INDEX "x_image_modality_desc";
DROP INDEX "x_image_patient_age_years_created";
DROP INDEX "x_image_patient_age_years_asc";
DROP INDEX "x_image_patient_age_years_desc";
DROP INDEX "x_image_created_asc";
DROP INDEX "x_image_created";
UPDATE "x_image" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_image".rid);
CREATE INDEX "x_image_modality_created" ON "x_image" ("f_modality", visibility, created_at DESC, identifier);
CREATE INDEX "x_image_modality_asc" ON "x_image" (visibility, "f_modality", identifier);
CREATE INDEX "x_image_modality_desc" ON "x_image" (visibility, "f_modality" DESC, identifier);
CREATE INDEX "x_image_patient_age_years_created" ON "x_image" ("f_patient_age_years", visibility, created_at DESC, identifier);
CREATE INDEX "x_image_patient_age_years_asc" ON "x_image" (visibility, "f_patient_age_years", identifier);
CREATE INDEX "x_image_patient_age_years_desc" ON "x_image" (visibility, "f_patient_age_years" DESC, identifier);
CREATE INDEX "x_image_created_asc" ON "x_image" (visibility, created_at, identifier);
CREATE INDEX "x_image_created" ON "x_image" (visibility, created_at DESC, identifier);

ALTER TABLE "x_volume" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_volume_modality_created";
DROP INDEX "x_volume_modality_asc";
DROP INDEX "x_volume_modality_desc";
DROP INDEX "x_volume_patient_age_years_created";
DROP INDEX "x_volume_patient_age_years_asc";
DROP INDEX "x_volume_patient_age_years_desc";
DROP INDEX "x_volume_created_asc";
DROP INDEX "x_volume_created";
UPDATE "x_volume" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_volume".rid);
CREATE INDEX "x_volume_modality_created" ON "x_volume" ("f_modality", visibility, created_at DESC, identifier);
CREATE INDEX "x_volume_modality_asc" ON "x_volume" (visibility, "f_modality", identifier);
CREATE INDEX "x_volume_modality_desc" ON "x_volume" (visibility, "f_modality" DESC, identifier);
CREATE INDEX "x_volume_patient_age_years_created" ON "x_volume" ("f_patient_age_years", visibility, created_at DESC, identifier);
CREATE INDEX "x_volume_patient_age_years_asc" ON "x_volume" (visibility, "f_patient_age_years", identifier);
CREATE INDEX "x_volume_patient_age_years_desc" ON "x_volume" (visibility, "f_patient_age_years" DESC, identifier);
CREATE INDEX "x_volume_created_asc" ON "x_volume" (visibility, created_at, identifier);
CREATE INDEX "x_volume_created" ON "x_volume" (visibility, created_at DESC, identifier);

ALTER TABLE "x_annotation" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_annotation_label_created";
DROP INDEX "x_annotation_label_asc";
DROP INDEX "x_annotation_label_desc";
DROP INDEX "x_annotation_created_asc";
DROP INDEX "x_annotation_created";
UPDATE "x_annotation" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_annotation".rid);
CREATE INDEX "x_annotation_label_created" ON "x_annotation" ("f_label", visibility, created_at DESC, identifier);
CREATE INDEX "x_annotation_label_asc" ON "x_annotation" (visibility, "f_label", identifier);
CREATE INDEX "x_annotation_label_desc" ON "x_annotation" (visibility, "f_label" DESC, identifier);
CREATE INDEX "x_annotation_created_asc" ON "x_annotation" (visibility, created_at, identifier);
CREATE INDEX "x_annotation_created" ON "x_annotation" (visibility, created_at DESC, identifier);

ALTER TABLE "x_segmentation" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_segmentation_label_created";
DROP INDEX "x_segmentation_label_asc";
DROP INDEX "x_segmentation_label_desc";
DROP INDEX "x_segmentation_created_asc";
DROP INDEX "x_segmentation_created";
UPDATE "x_segmentation" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_segmentation".rid);
CREATE INDEX "x_segmentation_label_created" ON "x_segmentation" ("f_label", visibility, created_at DESC, identifier);
CREATE INDEX "x_segmentation_label_asc" ON "x_segmentation" (visibility, "f_label", identifier);
CREATE INDEX "x_segmentation_label_desc" ON "x_segmentation" (visibility, "f_label" DESC, identifier);
CREATE INDEX "x_segmentation_created_asc" ON "x_segmentation" (visibility, created_at, identifier);
CREATE INDEX "x_segmentation_created" ON "x_segmentation" (visibility, created_at DESC, identifier);

ALTER TABLE "x_report" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_report_report_date_created";
DROP INDEX "x_report_report_date_asc";
DROP INDEX "x_report_report_date_desc";
DROP INDEX "x_report_created_asc";
DROP INDEX "x_report_created";
UPDATE "x_report" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_report".rid);
CREATE INDEX "x_report_report_date_created" ON "x_report" ("f_report_date", visibility, created_at DESC, identifier);
CREATE INDEX "x_report_report_date_asc" ON "x_report" (visibility, "f_report_date", identifier);
CREATE INDEX "x_report_report_date_desc" ON "x_report" (visibility, "f_report_date" DESC, identifier);
CREATE INDEX "x_report_created_asc" ON "x_report" (visibility, created_at, identifier);
CREATE INDEX "x_report_created" ON "x_report" (visibility, created_at DESC, identifier);

ALTER TABLE "x_model" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_model_name_created";
DROP INDEX "x_model_name_asc";
DROP INDEX "x_model_name_desc";
DROP INDEX "x_model_created_asc";
DROP INDEX "x_model_created";
UPDATE "x_model" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_model".rid);
CREATE INDEX "x_model_name_created" ON "x_model" ("f_name", visibility, created_at DESC, identifier);
CREATE INDEX "x_model_name_asc" ON "x_model" (visibility, "f_name", identifier);
CREATE INDEX "x_model_name_desc" ON "x_model" (visibility, "f_name" DESC, identifier);
CREATE INDEX "x_model_created_asc" ON "x_model" (visibility, created_at, identifier);
CREATE INDEX "x_model_created" ON "x_model" (visibility, created_at DESC, identifier);

ALTER TABLE "x_dataset" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_dataset_name_created";
DROP INDEX "x_dataset_name_asc";
DROP INDEX "x_dataset_name_desc";
DROP INDEX "x_dataset_created_asc";
DROP INDEX "x_dataset_created";
UPDATE "x_dataset" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_dataset".rid);
CREATE INDEX "x_dataset_name_created" ON "x_dataset" ("f_name", visibility, created_at DESC, identifier);
CREATE INDEX "x_dataset_name_asc" ON "x_dataset" (visibility, "f_name", identifier);
CREATE INDEX "x_dataset_name_desc" ON "x_dataset" (visibility, "f_name" DESC, identifier);
CREATE INDEX "x_dataset_created_asc" ON "x_dataset" (visibility, created_at, identifier);
CREATE INDEX "x_dataset_created" ON "x_dataset" (visibility, created_at DESC, identifier);

ALTER TABLE "x_artefact" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_artefact_repo_created";
DROP INDEX "x_artefact_repo_asc";
DROP INDEX "x_artefact_repo_desc";
DROP INDEX "x_artefact_path_created";
DROP INDEX "x_artefact_path_asc";
DROP INDEX "x_artefact_path_desc";
DROP INDEX "x_artefact_created_asc";
DROP INDEX "x_artefact_created";
UPDATE "x_artefact" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_artefact".rid);
CREATE INDEX "x_artefact_repo_created" ON "x_artefact" ("f_repo", visibility, created_at DESC, identifier);
CREATE INDEX "x_artefact_repo_asc" ON "x_artefact" (visibility, "f_repo", identifier);
CREATE INDEX "x_artefact_repo_desc" ON "x_artefact" (visibility, "f_repo" DESC, identifier);
CREATE INDEX "x_artefact_path_created" ON "x_artefact" ("f_path", visibility, created_at DESC, identifier);
CREATE INDEX "x_artefact_path_asc" ON "x_artefact" (visibility, "f_path", identifier);
CREATE INDEX "x_artefact_path_desc" ON "x_artefact" (visibility, "f_path" DESC, identifier);
CREATE INDEX "x_artefact_created_asc" ON "x_artefact" (visibility, created_at, identifier);
CREATE INDEX "x_artefact_created" ON "x_artefact" (visibility, created_at DESC, identifier);

ALTER TABLE "x_table" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_table_created_asc";
DROP INDEX "x_table_created";
UPDATE "x_table" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_table".rid);
CREATE INDEX "x_table_created_asc" ON "x_table" (visibility, created_at, identifier);
CREATE INDEX "x_table_created" ON "x_table" (visibility, created_at DESC, identifier);

ALTER TABLE "x_group" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_group_name_created";
DROP INDEX "x_group_name_asc";
DROP INDEX "x_group_name_desc";
DROP INDEX "x_group_created_asc";
DROP INDEX "x_group_created";
UPDATE "x_group" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_group".rid);
CREATE INDEX "x_group_name_created" ON "x_group" ("f_name", visibility, created_at DESC, identifier);
CREATE INDEX "x_group_name_asc" ON "x_group" (visibility, "f_name", identifier);
CREATE INDEX "x_group_name_desc" ON "x_group" (visibility, "f_name" DESC, identifier);
CREATE INDEX "x_group_created_asc" ON "x_group" (visibility, created_at, identifier);
CREATE INDEX "x_group_created" ON "x_group" (visibility, created_at DESC, identifier);

ALTER TABLE "x_project" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_project_name_created";
DROP INDEX "x_project_name_asc";
DROP INDEX "x_project_name_desc";
DROP INDEX "x_project_created_asc";
DROP INDEX "x_project_created";
UPDATE "x_project" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_project".rid);
CREATE INDEX "x_project_name_created" ON "x_project" ("f_name", visibility, created_at DESC, identifier);
CREATE INDEX "x_project_name_asc" ON "x_project" (visibility, "f_name", identifier);
CREATE INDEX "x_project_name_desc" ON "x_project" (visibility, "f_name" DESC, identifier);
CREATE INDEX "x_project_created_asc" ON "x_project" (visibility, created_at, identifier);
CREATE INDEX "x_project_created" ON "x_project" (visibility, created_at DESC, identifier);

ALTER TABLE "x_membership" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_membership_container_id_created";
DROP INDEX "x_membership_container_id_asc";
DROP INDEX "x_membership_container_id_desc";
DROP INDEX "x_membership_member_id_created";
DROP INDEX "x_membership_member_id_asc";
DROP INDEX "x_membership_member_id_desc";
DROP INDEX "x_membership_created_asc";
DROP INDEX "x_membership_created";
UPDATE "x_membership" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_membership".rid);
CREATE INDEX "x_membership_container_id_created" ON "x_membership" ("f_container_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_membership_container_id_asc" ON "x_membership" (visibility, "f_container_id", identifier);
CREATE INDEX "x_membership_container_id_desc" ON "x_membership" (visibility, "f_container_id" DESC, identifier);
CREATE INDEX "x_membership_member_id_created" ON "x_membership" ("f_member_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_membership_member_id_asc" ON "x_membership" (visibility, "f_member_id", identifier);
CREATE INDEX "x_membership_member_id_desc" ON "x_membership" (visibility, "f_member_id" DESC, identifier);
CREATE INDEX "x_membership_created_asc" ON "x_membership" (visibility, created_at, identifier);
CREATE INDEX "x_membership_created" ON "x_membership" (visibility, created_at DESC, identifier);

ALTER TABLE "x_grant" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_grant_resource_identifier_created";
DROP INDEX "x_grant_resource_identifier_asc";
DROP INDEX "x_grant_resource_identifier_desc";
DROP INDEX "x_grant_grantee_id_created";
DROP INDEX "x_grant_grantee_id_asc";
DROP INDEX "x_grant_grantee_id_desc";
DROP INDEX "x_grant_created_asc";
DROP INDEX "x_grant_created";
UPDATE "x_grant" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_grant".rid);
CREATE INDEX "x_grant_resource_identifier_created" ON "x_grant" ("f_resource_identifier", visibility, created_at DESC, identifier);
CREATE INDEX "x_grant_resource_identifier_asc" ON "x_grant" (visibility, "f_resource_identifier", identifier);
CREATE INDEX "x_grant_resource_identifier_desc" ON "x_grant" (visibility, "f_resource_identifier" DESC, identifier);
CREATE INDEX "x_grant_grantee_id_created" ON "x_grant" ("f_grantee_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_grant_grantee_id_asc" ON "x_grant" (visibility, "f_grantee_id", identifier);
CREATE INDEX "x_grant_grantee_id_desc" ON "x_grant" (visibility, "f_grantee_id" DESC, identifier);
CREATE INDEX "x_grant_created_asc" ON "x_grant" (visibility, created_at, identifier);
CREATE INDEX "x_grant_created" ON "x_grant" (visibility, created_at DESC, identifier);

ALTER TABLE "x_source_spec" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_source_spec_owner_id_created";
DROP INDEX "x_source_spec_owner_id_asc";
DROP INDEX "x_source_spec_owner_id_desc";
DROP INDEX "x_source_spec_scheduled_for_created";
DROP INDEX "x_source_spec_scheduled_for_asc";
DROP INDEX "x_source_spec_scheduled_for_desc";
DROP INDEX "x_source_spec_created_asc";
DROP INDEX "x_source_spec_created";
UPDATE "x_source_spec" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_source_spec".rid);
CREATE INDEX "x_source_spec_owner_id_created" ON "x_source_spec" ("f_owner_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_source_spec_owner_id_asc" ON "x_source_spec" (visibility, "f_owner_id", identifier);
CREATE INDEX "x_source_spec_owner_id_desc" ON "x_source_spec" (visibility, "f_owner_id" DESC, identifier);
CREATE INDEX "x_source_spec_scheduled_for_created" ON "x_source_spec" ("f_scheduled_for", visibility, created_at DESC, identifier);
CREATE INDEX "x_source_spec_scheduled_for_asc" ON "x_source_spec" (visibility, "f_scheduled_for", identifier);
CREATE INDEX "x_source_spec_scheduled_for_desc" ON "x_source_spec" (visibility, "f_scheduled_for" DESC, identifier);
CREATE INDEX "x_source_spec_created_asc" ON "x_source_spec" (visibility, created_at, identifier);
CREATE INDEX "x_source_spec_created" ON "x_source_spec" (visibility, created_at DESC, identifier);

ALTER TABLE "x_source_revision" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_source_revision_status_created";
DROP INDEX "x_source_revision_status_asc";
DROP INDEX "x_source_revision_status_desc";
DROP INDEX "x_source_revision_created_asc";
DROP INDEX "x_source_revision_created";
UPDATE "x_source_revision" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_source_revision".rid);
CREATE INDEX "x_source_revision_status_created" ON "x_source_revision" ("f_status", visibility, created_at DESC, identifier);
CREATE INDEX "x_source_revision_status_asc" ON "x_source_revision" (visibility, "f_status", identifier);
CREATE INDEX "x_source_revision_status_desc" ON "x_source_revision" (visibility, "f_status" DESC, identifier);
CREATE INDEX "x_source_revision_created_asc" ON "x_source_revision" (visibility, created_at, identifier);
CREATE INDEX "x_source_revision_created" ON "x_source_revision" (visibility, created_at DESC, identifier);

ALTER TABLE "x_pipeline" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_pipeline_created_asc";
DROP INDEX "x_pipeline_created";
UPDATE "x_pipeline" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_pipeline".rid);
CREATE INDEX "x_pipeline_created_asc" ON "x_pipeline" (visibility, created_at, identifier);
CREATE INDEX "x_pipeline_created" ON "x_pipeline" (visibility, created_at DESC, identifier);

ALTER TABLE "x_instrument" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_instrument_name_created";
DROP INDEX "x_instrument_name_asc";
DROP INDEX "x_instrument_name_desc";
DROP INDEX "x_instrument_created_asc";
DROP INDEX "x_instrument_created";
UPDATE "x_instrument" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_instrument".rid);
CREATE INDEX "x_instrument_name_created" ON "x_instrument" ("f_name", visibility, created_at DESC, identifier);
CREATE INDEX "x_instrument_name_asc" ON "x_instrument" (visibility, "f_name", identifier);
CREATE INDEX "x_instrument_name_desc" ON "x_instrument" (visibility, "f_name" DESC, identifier);
CREATE INDEX "x_instrument_created_asc" ON "x_instrument" (visibility, created_at, identifier);
CREATE INDEX "x_instrument_created" ON "x_instrument" (visibility, created_at DESC, identifier);

ALTER TABLE "x_storage_location" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_storage_location_name_created";
DROP INDEX "x_storage_location_name_asc";
DROP INDEX "x_storage_location_name_desc";
DROP INDEX "x_storage_location_created_asc";
DROP INDEX "x_storage_location_created";
UPDATE "x_storage_location" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_storage_location".rid);
CREATE INDEX "x_storage_location_name_created" ON "x_storage_location" ("f_name", visibility, created_at DESC, identifier);
CREATE INDEX "x_storage_location_name_asc" ON "x_storage_location" (visibility, "f_name", identifier);
CREATE INDEX "x_storage_location_name_desc" ON "x_storage_location" (visibility, "f_name" DESC, identifier);
CREATE INDEX "x_storage_location_created_asc" ON "x_storage_location" (visibility, created_at, identifier);
CREATE INDEX "x_storage_location_created" ON "x_storage_location" (visibility, created_at DESC, identifier);

ALTER TABLE "x_service_account" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_service_account_created_asc";
DROP INDEX "x_service_account_created";
UPDATE "x_service_account" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_service_account".rid);
CREATE INDEX "x_service_account_created_asc" ON "x_service_account" (visibility, created_at, identifier);
CREATE INDEX "x_service_account_created" ON "x_service_account" (visibility, created_at DESC, identifier);

ALTER TABLE "x_harvest_schedule" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_harvest_schedule_instrument_id_created";
DROP INDEX "x_harvest_schedule_instrument_id_asc";
DROP INDEX "x_harvest_schedule_instrument_id_desc";
DROP INDEX "x_harvest_schedule_enabled_created";
DROP INDEX "x_harvest_schedule_created_asc";
DROP INDEX "x_harvest_schedule_created";
UPDATE "x_harvest_schedule" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_harvest_schedule".rid);
CREATE INDEX "x_harvest_schedule_instrument_id_created" ON "x_harvest_schedule" ("f_instrument_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_harvest_schedule_instrument_id_asc" ON "x_harvest_schedule" (visibility, "f_instrument_id", identifier);
CREATE INDEX "x_harvest_schedule_instrument_id_desc" ON "x_harvest_schedule" (visibility, "f_instrument_id" DESC, identifier);
CREATE INDEX "x_harvest_schedule_enabled_created" ON "x_harvest_schedule" ("f_enabled", visibility, created_at DESC, identifier);
CREATE INDEX "x_harvest_schedule_created_asc" ON "x_harvest_schedule" (visibility, created_at, identifier);
CREATE INDEX "x_harvest_schedule_created" ON "x_harvest_schedule" (visibility, created_at DESC, identifier);

ALTER TABLE "x_hook" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_hook_instrument_id_created";
DROP INDEX "x_hook_instrument_id_asc";
DROP INDEX "x_hook_instrument_id_desc";
DROP INDEX "x_hook_created_asc";
DROP INDEX "x_hook_created";
UPDATE "x_hook" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_hook".rid);
CREATE INDEX "x_hook_instrument_id_created" ON "x_hook" ("f_instrument_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_hook_instrument_id_asc" ON "x_hook" (visibility, "f_instrument_id", identifier);
CREATE INDEX "x_hook_instrument_id_desc" ON "x_hook" (visibility, "f_instrument_id" DESC, identifier);
CREATE INDEX "x_hook_created_asc" ON "x_hook" (visibility, created_at, identifier);
CREATE INDEX "x_hook_created" ON "x_hook" (visibility, created_at DESC, identifier);

ALTER TABLE "x_instrument_access" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_instrument_access_instrument_id_created";
DROP INDEX "x_instrument_access_instrument_id_asc";
DROP INDEX "x_instrument_access_instrument_id_desc";
DROP INDEX "x_instrument_access_user_id_created";
DROP INDEX "x_instrument_access_user_id_asc";
DROP INDEX "x_instrument_access_user_id_desc";
DROP INDEX "x_instrument_access_created_asc";
DROP INDEX "x_instrument_access_created";
UPDATE "x_instrument_access" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_instrument_access".rid);
CREATE INDEX "x_instrument_access_instrument_id_created" ON "x_instrument_access" ("f_instrument_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_instrument_access_instrument_id_asc" ON "x_instrument_access" (visibility, "f_instrument_id", identifier);
CREATE INDEX "x_instrument_access_instrument_id_desc" ON "x_instrument_access" (visibility, "f_instrument_id" DESC, identifier);
CREATE INDEX "x_instrument_access_user_id_created" ON "x_instrument_access" ("f_user_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_instrument_access_user_id_asc" ON "x_instrument_access" (visibility, "f_user_id", identifier);
CREATE INDEX "x_instrument_access_user_id_desc" ON "x_instrument_access" (visibility, "f_user_id" DESC, identifier);
CREATE INDEX "x_instrument_access_created_asc" ON "x_instrument_access" (visibility, created_at, identifier);
CREATE INDEX "x_instrument_access_created" ON "x_instrument_access" (visibility, created_at DESC, identifier);

ALTER TABLE "x_harvest_run" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_harvest_run_schedule_id_created";
DROP INDEX "x_harvest_run_schedule_id_asc";
DROP INDEX "x_harvest_run_schedule_id_desc";
DROP INDEX "x_harvest_run_status_created";
DROP INDEX "x_harvest_run_status_asc";
DROP INDEX "x_harvest_run_status_desc";
DROP INDEX "x_harvest_run_created_asc";
DROP INDEX "x_harvest_run_created";
UPDATE "x_harvest_run" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_harvest_run".rid);
CREATE INDEX "x_harvest_run_schedule_id_created" ON "x_harvest_run" ("f_schedule_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_harvest_run_schedule_id_asc" ON "x_harvest_run" (visibility, "f_schedule_id", identifier);
CREATE INDEX "x_harvest_run_schedule_id_desc" ON "x_harvest_run" (visibility, "f_schedule_id" DESC, identifier);
CREATE INDEX "x_harvest_run_status_created" ON "x_harvest_run" ("f_status", visibility, created_at DESC, identifier);
CREATE INDEX "x_harvest_run_status_asc" ON "x_harvest_run" (visibility, "f_status", identifier);
CREATE INDEX "x_harvest_run_status_desc" ON "x_harvest_run" (visibility, "f_status" DESC, identifier);
CREATE INDEX "x_harvest_run_created_asc" ON "x_harvest_run" (visibility, created_at, identifier);
CREATE INDEX "x_harvest_run_created" ON "x_harvest_run" (visibility, created_at DESC, identifier);

ALTER TABLE "x_file" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_file_instrument_id_created";
DROP INDEX "x_file_instrument_id_asc";
DROP INDEX "x_file_instrument_id_desc";
DROP INDEX "x_file_persistent_id_created";
DROP INDEX "x_file_persistent_id_asc";
DROP INDEX "x_file_persistent_id_desc";
DROP INDEX "x_file_created_asc";
DROP INDEX "x_file_created";
UPDATE "x_file" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_file".rid);
CREATE INDEX "x_file_instrument_id_created" ON "x_file" ("f_instrument_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_file_instrument_id_asc" ON "x_file" (visibility, "f_instrument_id", identifier);
CREATE INDEX "x_file_instrument_id_desc" ON "x_file" (visibility, "f_instrument_id" DESC, identifier);
CREATE INDEX "x_file_persistent_id_created" ON "x_file" ("f_persistent_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_file_persistent_id_asc" ON "x_file" (visibility, "f_persistent_id", identifier);
CREATE INDEX "x_file_persistent_id_desc" ON "x_file" (visibility, "f_persistent_id" DESC, identifier);
CREATE INDEX "x_file_created_asc" ON "x_file" (visibility, created_at, identifier);
CREATE INDEX "x_file_created" ON "x_file" (visibility, created_at DESC, identifier);

ALTER TABLE "x_transfer" ADD COLUMN visibility INTEGER NOT NULL DEFAULT 2;
DROP INDEX "x_transfer_file_id_created";
DROP INDEX "x_transfer_file_id_asc";
DROP INDEX "x_transfer_file_id_desc";
DROP INDEX "x_transfer_started_at_created";
DROP INDEX "x_transfer_started_at_asc";
DROP INDEX "x_transfer_started_at_desc";
DROP INDEX "x_transfer_created_asc";
DROP INDEX "x_transfer_created";
UPDATE "x_transfer" SET visibility = (SELECT r.visibility FROM resources r WHERE r.rid = "x_transfer".rid);
CREATE INDEX "x_transfer_file_id_created" ON "x_transfer" ("f_file_id", visibility, created_at DESC, identifier);
CREATE INDEX "x_transfer_file_id_asc" ON "x_transfer" (visibility, "f_file_id", identifier);
CREATE INDEX "x_transfer_file_id_desc" ON "x_transfer" (visibility, "f_file_id" DESC, identifier);
CREATE INDEX "x_transfer_started_at_created" ON "x_transfer" ("f_started_at", visibility, created_at DESC, identifier);
CREATE INDEX "x_transfer_started_at_asc" ON "x_transfer" (visibility, "f_started_at", identifier);
CREATE INDEX "x_transfer_started_at_desc" ON "x_transfer" (visibility, "f_started_at" DESC, identifier);
CREATE INDEX "x_transfer_created_asc" ON "x_transfer" (visibility, created_at, identifier);
CREATE INDEX "x_transfer_created" ON "x_transfer" (visibility, created_at DESC, identifier);
