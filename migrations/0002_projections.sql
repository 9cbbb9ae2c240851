-- The typed projection of each built-in payload type: live rows only, rebuilt from resources at any
-- time. A test holds this file equal to the types.

CREATE TABLE "x_datasource" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_name" TEXT,
  "f_description" TEXT,
  "f_homepage_url" TEXT,
  "f_citation" TEXT,
  "f_country_code" TEXT
) STRICT;
CREATE INDEX "x_datasource_created" ON "x_datasource" (created_at DESC, identifier);
CREATE INDEX "x_datasource_created_asc" ON "x_datasource" (created_at, identifier);

CREATE TABLE "x_patient" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_patient_sex" TEXT,
  "f_patient_birth_year" INTEGER,
  "f_ethnic_group" TEXT,
  "f_patient_species" TEXT,
  "f_cohort" TEXT,
  "f_patient_identity_removed" INTEGER,
  "f_deidentification_method" TEXT
) STRICT;
CREATE INDEX "x_patient_created" ON "x_patient" (created_at DESC, identifier);
CREATE INDEX "x_patient_created_asc" ON "x_patient" (created_at, identifier);
CREATE INDEX "x_patient_patient_birth_year_created" ON "x_patient" ("f_patient_birth_year", created_at DESC, identifier);
CREATE INDEX "x_patient_patient_birth_year_asc" ON "x_patient" ("f_patient_birth_year", identifier);
CREATE INDEX "x_patient_patient_birth_year_desc" ON "x_patient" ("f_patient_birth_year" DESC, identifier);

CREATE TABLE "x_study" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_study_instance_uid" TEXT,
  "f_study_date" TEXT,
  "f_study_description" TEXT,
  "f_modalities_in_study" TEXT,
  "f_body_part_examined" TEXT,
  "f_patient_sex" TEXT,
  "f_patient_age_years" REAL,
  "f_follow_up_number" INTEGER,
  "f_number_of_series" INTEGER,
  "f_number_of_instances" INTEGER
) STRICT;
CREATE INDEX "x_study_created" ON "x_study" (created_at DESC, identifier);
CREATE INDEX "x_study_created_asc" ON "x_study" (created_at, identifier);
CREATE INDEX "x_study_study_date_created" ON "x_study" ("f_study_date", created_at DESC, identifier);
CREATE INDEX "x_study_study_date_asc" ON "x_study" ("f_study_date", identifier);
CREATE INDEX "x_study_study_date_desc" ON "x_study" ("f_study_date" DESC, identifier);
CREATE INDEX "x_study_study_instance_uid_created" ON "x_study" ("f_study_instance_uid", created_at DESC, identifier);
CREATE INDEX "x_study_study_instance_uid_asc" ON "x_study" ("f_study_instance_uid", identifier);
CREATE INDEX "x_study_study_instance_uid_desc" ON "x_study" ("f_study_instance_uid" DESC, identifier);

CREATE TABLE "x_series" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_study_instance_uid" TEXT,
  "f_series_instance_uid" TEXT,
  "f_series_number" INTEGER,
  "f_series_date" TEXT,
  "f_series_description" TEXT,
  "f_modality" TEXT,
  "f_body_part_examined" TEXT,
  "f_laterality" TEXT,
  "f_view_position" TEXT,
  "f_patient_position" TEXT,
  "f_protocol_name" TEXT,
  "f_manufacturer" TEXT,
  "f_manufacturer_model_name" TEXT,
  "f_acquisition_datetime" TEXT,
  "f_slice_thickness_mm" REAL,
  "f_spacing_between_slices_mm" REAL,
  "f_magnetic_field_strength_tesla" REAL,
  "f_repetition_time_ms" REAL,
  "f_echo_time_ms" REAL,
  "f_contrast_bolus_agent" TEXT,
  "f_convolution_kernel" TEXT,
  "f_number_of_instances" INTEGER
) STRICT;
CREATE INDEX "x_series_created" ON "x_series" (created_at DESC, identifier);
CREATE INDEX "x_series_created_asc" ON "x_series" (created_at, identifier);
CREATE INDEX "x_series_modality_created" ON "x_series" ("f_modality", created_at DESC, identifier);
CREATE INDEX "x_series_modality_asc" ON "x_series" ("f_modality", identifier);
CREATE INDEX "x_series_modality_desc" ON "x_series" ("f_modality" DESC, identifier);
CREATE INDEX "x_series_series_instance_uid_created" ON "x_series" ("f_series_instance_uid", created_at DESC, identifier);
CREATE INDEX "x_series_series_instance_uid_asc" ON "x_series" ("f_series_instance_uid", identifier);
CREATE INDEX "x_series_series_instance_uid_desc" ON "x_series" ("f_series_instance_uid" DESC, identifier);

CREATE TABLE "x_image" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_modality" TEXT,
  "f_body_part_examined" TEXT,
  "f_laterality" TEXT,
  "f_view_position" TEXT,
  "f_patient_position" TEXT,
  "f_protocol_name" TEXT,
  "f_manufacturer" TEXT,
  "f_manufacturer_model_name" TEXT,
  "f_acquisition_datetime" TEXT,
  "f_patient_sex" TEXT,
  "f_patient_age_years" REAL,
  "f_finding_labels" TEXT,
  "f_follow_up_number" INTEGER,
  "f_rows" INTEGER,
  "f_columns" INTEGER,
  "f_pixel_spacing_mm" TEXT,
  "f_slice_thickness_mm" REAL,
  "f_number_of_frames" INTEGER,
  "f_bits_allocated" INTEGER,
  "f_samples_per_pixel" INTEGER,
  "f_photometric_interpretation" TEXT,
  "f_burned_in_annotation" INTEGER,
  "f_tube_voltage_kv" REAL,
  "f_exposure_mas" REAL,
  "f_image_type" TEXT,
  "f_instance_number" INTEGER,
  "f_study_instance_uid" TEXT,
  "f_series_instance_uid" TEXT,
  "f_sop_instance_uid" TEXT,
  "f_sop_class_uid" TEXT,
  "f_transfer_syntax_uid" TEXT,
  "f_s3_path" TEXT,
  "f_file_name" TEXT,
  "f_content_type" TEXT,
  "f_size_bytes" INTEGER,
  "f_sha256" TEXT
) STRICT;
CREATE INDEX "x_image_created" ON "x_image" (created_at DESC, identifier);
CREATE INDEX "x_image_created_asc" ON "x_image" (created_at, identifier);
CREATE INDEX "x_image_modality_created" ON "x_image" ("f_modality", created_at DESC, identifier);
CREATE INDEX "x_image_modality_asc" ON "x_image" ("f_modality", identifier);
CREATE INDEX "x_image_modality_desc" ON "x_image" ("f_modality" DESC, identifier);
CREATE INDEX "x_image_patient_age_years_created" ON "x_image" ("f_patient_age_years", created_at DESC, identifier);
CREATE INDEX "x_image_patient_age_years_asc" ON "x_image" ("f_patient_age_years", identifier);
CREATE INDEX "x_image_patient_age_years_desc" ON "x_image" ("f_patient_age_years" DESC, identifier);

CREATE TABLE "x_volume" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_modality" TEXT,
  "f_body_part_examined" TEXT,
  "f_laterality" TEXT,
  "f_view_position" TEXT,
  "f_patient_position" TEXT,
  "f_protocol_name" TEXT,
  "f_manufacturer" TEXT,
  "f_manufacturer_model_name" TEXT,
  "f_acquisition_datetime" TEXT,
  "f_patient_sex" TEXT,
  "f_patient_age_years" REAL,
  "f_rows" INTEGER,
  "f_columns" INTEGER,
  "f_slices" INTEGER,
  "f_time_points" INTEGER,
  "f_voxel_spacing_mm" TEXT,
  "f_slice_thickness_mm" REAL,
  "f_orientation" TEXT,
  "f_data_type" TEXT,
  "f_format" TEXT,
  "f_study_instance_uid" TEXT,
  "f_series_instance_uid" TEXT,
  "f_s3_path" TEXT,
  "f_file_name" TEXT,
  "f_content_type" TEXT,
  "f_size_bytes" INTEGER,
  "f_sha256" TEXT
) STRICT;
CREATE INDEX "x_volume_created" ON "x_volume" (created_at DESC, identifier);
CREATE INDEX "x_volume_created_asc" ON "x_volume" (created_at, identifier);
CREATE INDEX "x_volume_modality_created" ON "x_volume" ("f_modality", created_at DESC, identifier);
CREATE INDEX "x_volume_modality_asc" ON "x_volume" ("f_modality", identifier);
CREATE INDEX "x_volume_modality_desc" ON "x_volume" ("f_modality" DESC, identifier);
CREATE INDEX "x_volume_patient_age_years_created" ON "x_volume" ("f_patient_age_years", created_at DESC, identifier);
CREATE INDEX "x_volume_patient_age_years_asc" ON "x_volume" ("f_patient_age_years", identifier);
CREATE INDEX "x_volume_patient_age_years_desc" ON "x_volume" ("f_patient_age_years" DESC, identifier);

CREATE TABLE "x_annotation" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_label" TEXT,
  "f_finding_labels" TEXT,
  "f_shape" TEXT,
  "f_bounding_box_px" TEXT,
  "f_frame_number" INTEGER,
  "f_confidence" REAL,
  "f_annotator_kind" TEXT,
  "f_annotator_count" INTEGER,
  "f_s3_path" TEXT,
  "f_file_name" TEXT,
  "f_content_type" TEXT,
  "f_size_bytes" INTEGER,
  "f_sha256" TEXT
) STRICT;
CREATE INDEX "x_annotation_created" ON "x_annotation" (created_at DESC, identifier);
CREATE INDEX "x_annotation_created_asc" ON "x_annotation" (created_at, identifier);
CREATE INDEX "x_annotation_label_created" ON "x_annotation" ("f_label", created_at DESC, identifier);
CREATE INDEX "x_annotation_label_asc" ON "x_annotation" ("f_label", identifier);
CREATE INDEX "x_annotation_label_desc" ON "x_annotation" ("f_label" DESC, identifier);

CREATE TABLE "x_segmentation" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_label" TEXT,
  "f_segment_labels" TEXT,
  "f_segmentation_type" TEXT,
  "f_algorithm_type" TEXT,
  "f_algorithm_name" TEXT,
  "f_algorithm_version" TEXT,
  "f_dice_score" REAL,
  "f_volume_ml" REAL,
  "f_number_of_frames" INTEGER,
  "f_sop_instance_uid" TEXT,
  "f_s3_path" TEXT,
  "f_file_name" TEXT,
  "f_content_type" TEXT,
  "f_size_bytes" INTEGER,
  "f_sha256" TEXT
) STRICT;
CREATE INDEX "x_segmentation_created" ON "x_segmentation" (created_at DESC, identifier);
CREATE INDEX "x_segmentation_created_asc" ON "x_segmentation" (created_at, identifier);
CREATE INDEX "x_segmentation_label_created" ON "x_segmentation" ("f_label", created_at DESC, identifier);
CREATE INDEX "x_segmentation_label_asc" ON "x_segmentation" ("f_label", identifier);
CREATE INDEX "x_segmentation_label_desc" ON "x_segmentation" ("f_label" DESC, identifier);

CREATE TABLE "x_report" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_report_date" TEXT,
  "f_report_status" TEXT,
  "f_language_code" TEXT,
  "f_report_text" TEXT,
  "f_impression" TEXT,
  "f_finding_labels" TEXT,
  "f_sop_instance_uid" TEXT,
  "f_s3_path" TEXT,
  "f_file_name" TEXT,
  "f_content_type" TEXT,
  "f_size_bytes" INTEGER,
  "f_sha256" TEXT
) STRICT;
CREATE INDEX "x_report_created" ON "x_report" (created_at DESC, identifier);
CREATE INDEX "x_report_created_asc" ON "x_report" (created_at, identifier);
CREATE INDEX "x_report_report_date_created" ON "x_report" ("f_report_date", created_at DESC, identifier);
CREATE INDEX "x_report_report_date_asc" ON "x_report" ("f_report_date", identifier);
CREATE INDEX "x_report_report_date_desc" ON "x_report" ("f_report_date" DESC, identifier);

CREATE TABLE "x_model" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_name" TEXT,
  "f_model_version" TEXT,
  "f_description" TEXT,
  "f_task" TEXT,
  "f_architecture" TEXT,
  "f_framework" TEXT,
  "f_input_modalities" TEXT,
  "f_output_labels" TEXT,
  "f_parameter_count" INTEGER,
  "f_trained_at" TEXT,
  "f_repo" TEXT,
  "f_commit" TEXT,
  "f_s3_path" TEXT,
  "f_file_name" TEXT,
  "f_content_type" TEXT,
  "f_size_bytes" INTEGER,
  "f_sha256" TEXT
) STRICT;
CREATE INDEX "x_model_created" ON "x_model" (created_at DESC, identifier);
CREATE INDEX "x_model_created_asc" ON "x_model" (created_at, identifier);
CREATE INDEX "x_model_name_created" ON "x_model" ("f_name", created_at DESC, identifier);
CREATE INDEX "x_model_name_asc" ON "x_model" ("f_name", identifier);
CREATE INDEX "x_model_name_desc" ON "x_model" ("f_name" DESC, identifier);

CREATE TABLE "x_dataset" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_name" TEXT,
  "f_dataset_version" TEXT,
  "f_description" TEXT,
  "f_homepage_url" TEXT,
  "f_doi" TEXT,
  "f_citation" TEXT,
  "f_keywords" TEXT,
  "f_release_date" TEXT,
  "f_split" TEXT,
  "f_resource_count" INTEGER,
  "f_size_bytes" INTEGER
) STRICT;
CREATE INDEX "x_dataset_created" ON "x_dataset" (created_at DESC, identifier);
CREATE INDEX "x_dataset_created_asc" ON "x_dataset" (created_at, identifier);
CREATE INDEX "x_dataset_name_created" ON "x_dataset" ("f_name", created_at DESC, identifier);
CREATE INDEX "x_dataset_name_asc" ON "x_dataset" ("f_name", identifier);
CREATE INDEX "x_dataset_name_desc" ON "x_dataset" ("f_name" DESC, identifier);

CREATE TABLE "x_artefact" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_repo" TEXT,
  "f_branch" TEXT,
  "f_path" TEXT,
  "f_commit" TEXT,
  "f_status" TEXT,
  "f_kind" TEXT,
  "f_started_at" TEXT,
  "f_finished_at" TEXT,
  "f_s3_path" TEXT,
  "f_file_name" TEXT,
  "f_content_type" TEXT,
  "f_size_bytes" INTEGER,
  "f_sha256" TEXT
) STRICT;
CREATE INDEX "x_artefact_created" ON "x_artefact" (created_at DESC, identifier);
CREATE INDEX "x_artefact_created_asc" ON "x_artefact" (created_at, identifier);
CREATE INDEX "x_artefact_repo_created" ON "x_artefact" ("f_repo", created_at DESC, identifier);
CREATE INDEX "x_artefact_repo_asc" ON "x_artefact" ("f_repo", identifier);
CREATE INDEX "x_artefact_repo_desc" ON "x_artefact" ("f_repo" DESC, identifier);
CREATE INDEX "x_artefact_path_created" ON "x_artefact" ("f_path", created_at DESC, identifier);
CREATE INDEX "x_artefact_path_asc" ON "x_artefact" ("f_path", identifier);
CREATE INDEX "x_artefact_path_desc" ON "x_artefact" ("f_path" DESC, identifier);

CREATE TABLE "x_table" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_name" TEXT,
  "f_description" TEXT,
  "f_format" TEXT,
  "f_compression" TEXT,
  "f_row_count" INTEGER,
  "f_column_count" INTEGER,
  "f_column_names" TEXT,
  "f_s3_path" TEXT,
  "f_file_name" TEXT,
  "f_content_type" TEXT,
  "f_size_bytes" INTEGER,
  "f_sha256" TEXT
) STRICT;
CREATE INDEX "x_table_created" ON "x_table" (created_at DESC, identifier);
CREATE INDEX "x_table_created_asc" ON "x_table" (created_at, identifier);

CREATE TABLE "x_grant" (
  rid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tx_from INTEGER NOT NULL,
  "f_resource_identifier" TEXT,
  "f_grantee_type" TEXT,
  "f_grantee_id" TEXT
) STRICT;
CREATE INDEX "x_grant_created" ON "x_grant" (created_at DESC, identifier);
CREATE INDEX "x_grant_created_asc" ON "x_grant" (created_at, identifier);
CREATE INDEX "x_grant_resource_identifier_created" ON "x_grant" ("f_resource_identifier", created_at DESC, identifier);
CREATE INDEX "x_grant_resource_identifier_asc" ON "x_grant" ("f_resource_identifier", identifier);
CREATE INDEX "x_grant_resource_identifier_desc" ON "x_grant" ("f_resource_identifier" DESC, identifier);
CREATE INDEX "x_grant_grantee_id_created" ON "x_grant" ("f_grantee_id", created_at DESC, identifier);
CREATE INDEX "x_grant_grantee_id_asc" ON "x_grant" ("f_grantee_id", identifier);
CREATE INDEX "x_grant_grantee_id_desc" ON "x_grant" ("f_grantee_id" DESC, identifier);
