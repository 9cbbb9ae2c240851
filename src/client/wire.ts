// Made by `npm run client:types` from the schemas with which the server checks; a test holds
// the two equal. Not to be edited by hand.

/** Machine words of problems (docs/errors.md). */
export type ProblemCode =
  | "invalid_request"
  | "invalid_value"
  | "unknown_field"
  | "unknown_operator"
  | "unknown_payload_type"
  | "invalid_cursor"
  | "invalid_as_of"
  | "already_exists"
  | "tombstoned"
  | "cycle"
  | "missing_reference"
  | "not_found"
  | "unauthenticated"
  | "forbidden"
  | "conflict"
  | "idempotency_key_reused"
  | "in_progress"
  | "too_large"
  | "unsupported_media_type"
  | "method_not_allowed"
  | "range_not_satisfiable"
  | "too_many_requests"
  | "unavailable"
  | "internal";

/** A source of data: an archive, a hospital, a public collection. */
export interface DatasourcePayload {
  /** Name by which people know the source. */
  readonly name: string;
  /** What the source holds, for whom, and how it came about. */
  readonly description?: string | undefined;
  /** Address of the source's own page. */
  readonly homepage_url?: string | undefined;
  /** How the source is to be cited. */
  readonly citation?: string | undefined;
  /** Country of origin, ISO 3166-1 alpha-2. */
  readonly country_code?: string | undefined;
}

/** A pseudonymous person or animal; never a name or a hospital number. */
export interface PatientPayload {
  /** Sex: male, female or other. DICOM (0010,0040). */
  readonly patient_sex?: "M" | "F" | "O" | undefined;
  /** Year of birth; the day is never kept. DICOM (0010,0030). Unit: a. */
  readonly patient_birth_year?: number | undefined;
  /** Ethnic group, where a study needs it. DICOM (0010,2160). */
  readonly ethnic_group?: string | undefined;
  /** Species, for animals. DICOM (0010,2201). */
  readonly patient_species?: string | undefined;
  /** Group of the study design that the patient belongs to. */
  readonly cohort?: string | undefined;
  /** True when the source was de-identified. DICOM (0012,0062). */
  readonly patient_identity_removed?: boolean | undefined;
  /** How it was de-identified. DICOM (0012,0063). */
  readonly deidentification_method?: string | undefined;
}

/** One examination of a patient. */
export interface StudyPayload {
  /** Unique identifier of the study. DICOM (0020,000D). */
  readonly study_instance_uid?: string | undefined;
  /** Day on which the study began. DICOM (0008,0020). */
  readonly study_date?: string | undefined;
  /** What the study was, in words. DICOM (0008,1030). */
  readonly study_description?: string | undefined;
  /** Kinds of equipment used. DICOM (0008,0061). */
  readonly modalities_in_study?: readonly string[] | undefined;
  /** Part of the body, e.g. CHEST. DICOM (0018,0015). */
  readonly body_part_examined?: string | undefined;
  /** Sex: male, female or other. DICOM (0010,0040). */
  readonly patient_sex?: "M" | "F" | "O" | undefined;
  /** Age when acquired; fractions are allowed. DICOM (0010,1010). Unit: a. */
  readonly patient_age_years?: number | undefined;
  /** Position among the patient's studies, from 0. */
  readonly follow_up_number?: number | undefined;
  /** Series in the study. DICOM (0020,1206). */
  readonly number_of_series?: number | undefined;
  /** Objects in the study. DICOM (0020,1208). */
  readonly number_of_instances?: number | undefined;
}

/** Objects that one run of the equipment made. */
export interface SeriesPayload {
  /** Unique identifier of the study. DICOM (0020,000D). */
  readonly study_instance_uid?: string | undefined;
  /** Unique identifier of the series. DICOM (0020,000E). */
  readonly series_instance_uid?: string | undefined;
  /** Number within the study. DICOM (0020,0011). */
  readonly series_number?: number | undefined;
  /** Day on which the series began. DICOM (0008,0021). */
  readonly series_date?: string | undefined;
  /** What the series is, in words. DICOM (0008,103E). */
  readonly series_description?: string | undefined;
  /** Kind of equipment, e.g. CT, MR, DX, US. DICOM (0008,0060). */
  readonly modality?: string | undefined;
  /** Part of the body, e.g. CHEST. DICOM (0018,0015). */
  readonly body_part_examined?: string | undefined;
  /** Side of a paired body part: left, right, both or unpaired. DICOM (0020,0060). */
  readonly laterality?: "L" | "R" | "B" | "U" | undefined;
  /** Radiographic view, e.g. PA, AP, LL. DICOM (0018,5101). */
  readonly view_position?: string | undefined;
  /** Position relative to the equipment, e.g. HFS. DICOM (0018,5100). */
  readonly patient_position?: string | undefined;
  /** Protocol that was followed. DICOM (0018,1030). */
  readonly protocol_name?: string | undefined;
  /** Maker of the equipment. DICOM (0008,0070). */
  readonly manufacturer?: string | undefined;
  /** Model of the equipment. DICOM (0008,1090). */
  readonly manufacturer_model_name?: string | undefined;
  /** When the data were acquired. DICOM (0008,002A). */
  readonly acquisition_datetime?: string | undefined;
  /** Nominal thickness of a slice. DICOM (0018,0050). Unit: mm. */
  readonly slice_thickness_mm?: number | undefined;
  /** Distance of neighbouring slices. DICOM (0018,0088). Unit: mm. */
  readonly spacing_between_slices_mm?: number | undefined;
  /** Nominal field strength. DICOM (0018,0087). Unit: T. */
  readonly magnetic_field_strength_tesla?: number | undefined;
  /** Time between excitation pulses. DICOM (0018,0080). Unit: ms. */
  readonly repetition_time_ms?: number | undefined;
  /** Time from excitation to the echo's peak. DICOM (0018,0081). Unit: ms. */
  readonly echo_time_ms?: number | undefined;
  /** Contrast agent that was given. DICOM (0018,0010). */
  readonly contrast_bolus_agent?: string | undefined;
  /** Reconstruction kernel. DICOM (0018,1210). */
  readonly convolution_kernel?: string | undefined;
  /** Objects in the series. DICOM (0020,1209). */
  readonly number_of_instances?: number | undefined;
}

/** One image file, with one or several frames. */
export interface ImagePayload {
  /** Kind of equipment, e.g. CT, MR, DX, US. DICOM (0008,0060). */
  readonly modality?: string | undefined;
  /** Part of the body, e.g. CHEST. DICOM (0018,0015). */
  readonly body_part_examined?: string | undefined;
  /** Side of a paired body part: left, right, both or unpaired. DICOM (0020,0060). */
  readonly laterality?: "L" | "R" | "B" | "U" | undefined;
  /** Radiographic view, e.g. PA, AP, LL. DICOM (0018,5101). */
  readonly view_position?: string | undefined;
  /** Position relative to the equipment, e.g. HFS. DICOM (0018,5100). */
  readonly patient_position?: string | undefined;
  /** Protocol that was followed. DICOM (0018,1030). */
  readonly protocol_name?: string | undefined;
  /** Maker of the equipment. DICOM (0008,0070). */
  readonly manufacturer?: string | undefined;
  /** Model of the equipment. DICOM (0008,1090). */
  readonly manufacturer_model_name?: string | undefined;
  /** When the data were acquired. DICOM (0008,002A). */
  readonly acquisition_datetime?: string | undefined;
  /** Sex: male, female or other. DICOM (0010,0040). */
  readonly patient_sex?: "M" | "F" | "O" | undefined;
  /** Age when acquired; fractions are allowed. DICOM (0010,1010). Unit: a. */
  readonly patient_age_years?: number | undefined;
  /** Findings that are reported for the image. */
  readonly finding_labels?: readonly string[] | undefined;
  /** Position among the patient's studies, from 0. */
  readonly follow_up_number?: number | undefined;
  /** Height in pixels. DICOM (0028,0010). Unit: {pixel}. */
  readonly rows?: number | undefined;
  /** Width in pixels. DICOM (0028,0011). Unit: {pixel}. */
  readonly columns?: number | undefined;
  /** Distance of pixel centres: [between rows, between columns]. DICOM (0028,0030). Unit: mm. */
  readonly pixel_spacing_mm?: readonly number[] | undefined;
  /** Nominal thickness of a slice. DICOM (0018,0050). Unit: mm. */
  readonly slice_thickness_mm?: number | undefined;
  /** Frames in the file. DICOM (0028,0008). */
  readonly number_of_frames?: number | undefined;
  /** Bits stored for a sample. DICOM (0028,0100). Unit: bit. */
  readonly bits_allocated?: number | undefined;
  /** Colour planes. DICOM (0028,0002). */
  readonly samples_per_pixel?: number | undefined;
  /** Meaning of the samples. DICOM (0028,0004). */
  readonly photometric_interpretation?: string | undefined;
  /** True when text is part of the pixels. DICOM (0028,0301). */
  readonly burned_in_annotation?: boolean | undefined;
  /** Peak voltage of the X-ray tube. DICOM (0018,0060). Unit: kV. */
  readonly tube_voltage_kv?: number | undefined;
  /** Exposure. DICOM (0018,1152). Unit: mA.s. */
  readonly exposure_mas?: number | undefined;
  /** Characteristics, e.g. ORIGINAL, PRIMARY. DICOM (0008,0008). */
  readonly image_type?: readonly string[] | undefined;
  /** Number within the series. DICOM (0020,0013). */
  readonly instance_number?: number | undefined;
  /** Unique identifier of the study. DICOM (0020,000D). */
  readonly study_instance_uid?: string | undefined;
  /** Unique identifier of the series. DICOM (0020,000E). */
  readonly series_instance_uid?: string | undefined;
  /** Unique identifier of the object. DICOM (0008,0018). */
  readonly sop_instance_uid?: string | undefined;
  /** Class of the object. DICOM (0008,0016). */
  readonly sop_class_uid?: string | undefined;
  /** Encoding of the object. DICOM (0002,0010). */
  readonly transfer_syntax_uid?: string | undefined;
  /** Key of the object in the bucket, or its s3:// address. */
  readonly s3_path?: string | undefined;
  /** Name of the file as its source called it, without directories. */
  readonly file_name?: string | undefined;
  /** Media type of the object (RFC 9110). */
  readonly content_type?: string | undefined;
  /** Size of the object. Unit: By. */
  readonly size_bytes?: number | undefined;
  /** SHA-256 of the object's bytes, lower-case hexadecimal. */
  readonly sha256?: string | undefined;
}

/** A three-dimensional image. */
export interface VolumePayload {
  /** Kind of equipment, e.g. CT, MR, DX, US. DICOM (0008,0060). */
  readonly modality?: string | undefined;
  /** Part of the body, e.g. CHEST. DICOM (0018,0015). */
  readonly body_part_examined?: string | undefined;
  /** Side of a paired body part: left, right, both or unpaired. DICOM (0020,0060). */
  readonly laterality?: "L" | "R" | "B" | "U" | undefined;
  /** Radiographic view, e.g. PA, AP, LL. DICOM (0018,5101). */
  readonly view_position?: string | undefined;
  /** Position relative to the equipment, e.g. HFS. DICOM (0018,5100). */
  readonly patient_position?: string | undefined;
  /** Protocol that was followed. DICOM (0018,1030). */
  readonly protocol_name?: string | undefined;
  /** Maker of the equipment. DICOM (0008,0070). */
  readonly manufacturer?: string | undefined;
  /** Model of the equipment. DICOM (0008,1090). */
  readonly manufacturer_model_name?: string | undefined;
  /** When the data were acquired. DICOM (0008,002A). */
  readonly acquisition_datetime?: string | undefined;
  /** Sex: male, female or other. DICOM (0010,0040). */
  readonly patient_sex?: "M" | "F" | "O" | undefined;
  /** Age when acquired; fractions are allowed. DICOM (0010,1010). Unit: a. */
  readonly patient_age_years?: number | undefined;
  /** Height of a slice. DICOM (0028,0010). Unit: {pixel}. */
  readonly rows?: number | undefined;
  /** Width of a slice. DICOM (0028,0011). Unit: {pixel}. */
  readonly columns?: number | undefined;
  /** Slices of the volume. */
  readonly slices?: number | undefined;
  /** Volumes over time, for a time series. */
  readonly time_points?: number | undefined;
  /** Distance of voxel centres: [between rows, between columns, between slices]. Unit: mm. */
  readonly voxel_spacing_mm?: readonly number[] | undefined;
  /** Nominal thickness of a slice. DICOM (0018,0050). Unit: mm. */
  readonly slice_thickness_mm?: number | undefined;
  /** Direction of the axes, e.g. RAS or LPS. */
  readonly orientation?: string | undefined;
  /** Type of a voxel, e.g. int16 or float32. */
  readonly data_type?: string | undefined;
  /** Format of the file, e.g. NIfTI-1. */
  readonly format?: string | undefined;
  /** Unique identifier of the study. DICOM (0020,000D). */
  readonly study_instance_uid?: string | undefined;
  /** Unique identifier of the series. DICOM (0020,000E). */
  readonly series_instance_uid?: string | undefined;
  /** Key of the object in the bucket, or its s3:// address. */
  readonly s3_path?: string | undefined;
  /** Name of the file as its source called it, without directories. */
  readonly file_name?: string | undefined;
  /** Media type of the object (RFC 9110). */
  readonly content_type?: string | undefined;
  /** Size of the object. Unit: By. */
  readonly size_bytes?: number | undefined;
  /** SHA-256 of the object's bytes, lower-case hexadecimal. */
  readonly sha256?: string | undefined;
}

/** A statement about an image or a part of it. */
export interface AnnotationPayload {
  /** What the annotation marks. */
  readonly label?: string | undefined;
  /** All findings, if there are several. */
  readonly finding_labels?: readonly string[] | undefined;
  /** Form of the marked region. */
  readonly shape?: "point" | "line" | "box" | "polygon" | "ellipse" | "whole_image" | undefined;
  /** Box around the region: [left, top, width, height], from the top left corner. Unit: {pixel}. */
  readonly bounding_box_px?: readonly number[] | undefined;
  /** Frame that is marked, from 1. */
  readonly frame_number?: number | undefined;
  /** How sure the annotator is, from 0 to 1. Unit: 1. */
  readonly confidence?: number | undefined;
  /** Who made the annotation. */
  readonly annotator_kind?: "human" | "model" | "consensus" | undefined;
  /** The number of people or models that agreed on the annotation. */
  readonly annotator_count?: number | undefined;
  /** Geometry as GeoJSON, for shapes that are not boxes. */
  readonly geometry?: Readonly<Record<string, unknown>> | undefined;
  /** Key of the object in the bucket, or its s3:// address. */
  readonly s3_path?: string | undefined;
  /** Name of the file as its source called it, without directories. */
  readonly file_name?: string | undefined;
  /** Media type of the object (RFC 9110). */
  readonly content_type?: string | undefined;
  /** Size of the object. Unit: By. */
  readonly size_bytes?: number | undefined;
  /** SHA-256 of the object's bytes, lower-case hexadecimal. */
  readonly sha256?: string | undefined;
}

/** A mask over an image or volume. */
export interface SegmentationPayload {
  /** Structure, where there is one. DICOM (0062,0005). */
  readonly label?: string | undefined;
  /** Structures, in the order of their numbers, from 1. */
  readonly segment_labels?: readonly string[] | undefined;
  /** How the mask is coded. DICOM (0062,0001). */
  readonly segmentation_type?: "BINARY" | "FRACTIONAL" | "LABELMAP" | undefined;
  /** How the mask was made. DICOM (0062,0008). */
  readonly algorithm_type?: "AUTOMATIC" | "SEMIAUTOMATIC" | "MANUAL" | undefined;
  /** Program that made it. DICOM (0062,0009). */
  readonly algorithm_name?: string | undefined;
  /** Version of that program. */
  readonly algorithm_version?: string | undefined;
  /** Overlap with the reference, from 0 to 1. Unit: 1. */
  readonly dice_score?: number | undefined;
  /** Volume of the structure. Unit: mL. */
  readonly volume_ml?: number | undefined;
  /** Frames in the file. DICOM (0028,0008). */
  readonly number_of_frames?: number | undefined;
  /** Unique identifier of the object. DICOM (0008,0018). */
  readonly sop_instance_uid?: string | undefined;
  /** Key of the object in the bucket, or its s3:// address. */
  readonly s3_path?: string | undefined;
  /** Name of the file as its source called it, without directories. */
  readonly file_name?: string | undefined;
  /** Media type of the object (RFC 9110). */
  readonly content_type?: string | undefined;
  /** Size of the object. Unit: By. */
  readonly size_bytes?: number | undefined;
  /** SHA-256 of the object's bytes, lower-case hexadecimal. */
  readonly sha256?: string | undefined;
}

/** A de-identified report about a study. */
export interface ReportPayload {
  /** Day of the report. DICOM (0008,0023). */
  readonly report_date?: string | undefined;
  /** State of the report. */
  readonly report_status?: "preliminary" | "final" | "amended" | "cancelled" | undefined;
  /** Language of the text (BCP 47). */
  readonly language_code?: string | undefined;
  /** Text of the report, de-identified. */
  readonly report_text?: string | undefined;
  /** Conclusion of the report, de-identified. */
  readonly impression?: string | undefined;
  /** Findings that the report names. */
  readonly finding_labels?: readonly string[] | undefined;
  /** Unique identifier of the object. DICOM (0008,0018). */
  readonly sop_instance_uid?: string | undefined;
  /** Key of the object in the bucket, or its s3:// address. */
  readonly s3_path?: string | undefined;
  /** Name of the file as its source called it, without directories. */
  readonly file_name?: string | undefined;
  /** Media type of the object (RFC 9110). */
  readonly content_type?: string | undefined;
  /** Size of the object. Unit: By. */
  readonly size_bytes?: number | undefined;
  /** SHA-256 of the object's bytes, lower-case hexadecimal. */
  readonly sha256?: string | undefined;
}

/** A trained model. */
export interface ModelPayload {
  /** Name of the model. */
  readonly name?: string | undefined;
  /** Version of the model. */
  readonly model_version?: string | undefined;
  /** The intended use of the model, and its limits. */
  readonly description?: string | undefined;
  /** The task of the model, e.g. classification or segmentation. */
  readonly task?: string | undefined;
  /** The architecture of the model. */
  readonly architecture?: string | undefined;
  /** Software that runs the model. */
  readonly framework?: string | undefined;
  /** Kinds of equipment whose data the model accepts. */
  readonly input_modalities?: readonly string[] | undefined;
  /** The labels that the model can predict. */
  readonly output_labels?: readonly string[] | undefined;
  /** The number of trainable parameters. */
  readonly parameter_count?: number | undefined;
  /** When training ended. */
  readonly trained_at?: string | undefined;
  /** Repository of the model's code. */
  readonly repo?: string | undefined;
  /** Commit of the model's code. */
  readonly commit?: string | undefined;
  /** Settings of the training. */
  readonly hyperparameters?: Readonly<Record<string, unknown>> | undefined;
  /** Results by name of the metric. */
  readonly metrics?: Readonly<Record<string, unknown>> | undefined;
  /** Key of the object in the bucket, or its s3:// address. */
  readonly s3_path?: string | undefined;
  /** Name of the file as its source called it, without directories. */
  readonly file_name?: string | undefined;
  /** Media type of the object (RFC 9110). */
  readonly content_type?: string | undefined;
  /** Size of the object. Unit: By. */
  readonly size_bytes?: number | undefined;
  /** SHA-256 of the object's bytes, lower-case hexadecimal. */
  readonly sha256?: string | undefined;
}

/** A named collection of resources. */
export interface DatasetPayload {
  /** Name of the dataset. */
  readonly name?: string | undefined;
  /** Version of the release. */
  readonly dataset_version?: string | undefined;
  /** What the dataset contains and how it was made. */
  readonly description?: string | undefined;
  /** Address of the dataset's own page. */
  readonly homepage_url?: string | undefined;
  /** Digital object identifier. */
  readonly doi?: string | undefined;
  /** How the dataset is to be cited. */
  readonly citation?: string | undefined;
  /** Keywords for searches. */
  readonly keywords?: readonly string[] | undefined;
  /** Day of the release. */
  readonly release_date?: string | undefined;
  /** Part of a larger set, e.g. train, validation or test. */
  readonly split?: string | undefined;
  /** Number of resources in the dataset. */
  readonly resource_count?: number | undefined;
  /** Total size of the dataset's objects. Unit: By. */
  readonly size_bytes?: number | undefined;
}

/** What one run of a program produced. */
export interface ArtefactPayload {
  /** Repository of the program. */
  readonly repo: string;
  /** Branch that was run. */
  readonly branch: string;
  /** Path of the product within the run. */
  readonly path: string;
  /** Commit that was run. */
  readonly commit?: string | undefined;
  /** State of the run. */
  readonly status: "pending" | "running" | "succeeded" | "failed";
  /** Kind of product, e.g. figure, table or weights. */
  readonly kind?: string | undefined;
  /** When the run began. */
  readonly started_at?: string | undefined;
  /** When the run ended. */
  readonly finished_at?: string | undefined;
  /** Results by name of the metric. */
  readonly metrics?: Readonly<Record<string, unknown>> | undefined;
  /** Key of the object in the bucket, or its s3:// address. */
  readonly s3_path?: string | undefined;
  /** Name of the file as its source called it, without directories. */
  readonly file_name?: string | undefined;
  /** Media type of the object (RFC 9110). */
  readonly content_type?: string | undefined;
  /** Size of the object. Unit: By. */
  readonly size_bytes?: number | undefined;
  /** SHA-256 of the object's bytes, lower-case hexadecimal. */
  readonly sha256?: string | undefined;
}

/** A table in object storage. */
export interface TablePayload {
  /** Name of the table. */
  readonly name?: string | undefined;
  /** What a row of the table is. */
  readonly description?: string | undefined;
  /** Format of the file. */
  readonly format?: "parquet" | "csv" | "tsv" | "ndjson" | "arrow" | undefined;
  /** Compression of the file. */
  readonly compression?: string | undefined;
  /** Number of rows in the table. */
  readonly row_count?: number | undefined;
  /** Number of columns in the table. */
  readonly column_count?: number | undefined;
  /** Names of the columns, in order. */
  readonly column_names?: readonly string[] | undefined;
  /** Types of the columns, by name. */
  readonly column_schema?: Readonly<Record<string, unknown>> | undefined;
  /** Key of the object in the bucket, or its s3:// address. */
  readonly s3_path: string;
  /** Name of the file as its source called it, without directories. */
  readonly file_name?: string | undefined;
  /** Media type of the object (RFC 9110). */
  readonly content_type?: string | undefined;
  /** Size of the object. Unit: By. */
  readonly size_bytes?: number | undefined;
  /** SHA-256 of the object's bytes, lower-case hexadecimal. */
  readonly sha256?: string | undefined;
}

/** People and keys that get access together. */
export interface GroupPayload {
  /** Name of the group. */
  readonly name: string;
  /** The purpose of the group. */
  readonly description?: string | undefined;
}

/** An undertaking that people, keys and whole groups take part in. */
export interface ProjectPayload {
  /** Name of the project. */
  readonly name: string;
  /** The subject of the project. */
  readonly description?: string | undefined;
}

/** One member of a group or project. */
export interface MembershipPayload {
  /** Identifier of the group or project. */
  readonly container_id: string;
  /** Kind of the member. Only projects have groups as members. */
  readonly member_type: "user" | "group" | "apk";
  /** Identifier of the member. Users and keys are named without their prefix. */
  readonly member_id: string;
}

/** Access of one grantee to a restricted resource. */
export interface GrantPayload {
  /** Resource to which the grant gives access. */
  readonly resource_identifier: string;
  /** Kind of the grantee. */
  readonly grantee_type: "user" | "group" | "project" | "apk";
  /** Identifier of the grantee. */
  readonly grantee_id: string;
}

/** A dataset that is made from a source. */
export interface Source_specPayload {
  /** Id of the owner, which is the first part of the identifier. */
  readonly owner_id: string;
  /** Name of the dataset, which is the second part of the identifier. */
  readonly dataset: string;
  /** Readable name of the owner. */
  readonly owner_name?: string | undefined;
  /** Who may find the dataset, according to its last revision. */
  readonly findability: "published" | "unlisted" | "private";
  /** The findability in lists: a dataset that has never succeeded is at most unlisted. */
  readonly listed_as: "published" | "unlisted" | "private";
  /** Interval between automatic revisions, e.g. every 1d. */
  readonly schedule?: string | undefined;
  /** Instant of the next automatic revision. */
  readonly scheduled_for?: string | undefined;
  /** Instant of the last upload. */
  readonly modified_at: string;
  /** Number of the last revision. */
  readonly latest: number;
  /** Number of the last revision that succeeded. */
  readonly successful?: number | undefined;
  /** True if an administrator has certified the dataset. */
  readonly certified: boolean;
}

/** A revision of a dataset's source. */
export interface Source_revisionPayload {
  /** Number of the revision, from 1. */
  readonly number: number;
  /** The state of the revision's flow. */
  readonly status: "pending" | "running" | "success" | "failed";
  /** Who may find the revision. */
  readonly findability: "published" | "unlisted" | "private";
  /** The specification as it was uploaded. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** The last errors that a pipeline reported. */
  readonly errors: readonly string[];
  /** The last statistics that a pipeline reported. */
  readonly stats?: Readonly<Record<string, unknown>> | undefined;
  /** The last log that a pipeline reported. */
  readonly logs?: readonly string[] | undefined;
  /** Pipelines that have reported, by identifier. */
  readonly pipelines: Readonly<Record<string, unknown>>;
  /** The pipeline that assembles the package. */
  readonly sink: Readonly<Record<string, unknown>>;
  /** How the flow ended: for whom, with which event, with which result. */
  readonly outcome?: Readonly<Record<string, unknown>> | undefined;
  /** When the flow ended. */
  readonly ended_at?: string | undefined;
  /** The cause of the revision: upload or schedule. */
  readonly trigger: string;
}

/** A step of a revision's flow. */
export interface PipelinePayload {
  /** What the pipeline does, in words. */
  readonly title: string;
  /** The kind of output of the pipeline. */
  readonly kind: "report" | "csv" | "json" | "parquet" | "preview" | "zip" | "copy" | "package";
  /** State of the work. */
  readonly status: "pending" | "running" | "success" | "failed";
  /** Resource of the package that the pipeline processes. */
  readonly resource?: string | undefined;
  /** Pipelines that must succeed before this one, each with the prefix ./. */
  readonly dependencies: readonly string[];
  /** Errors of the pipeline's last event. */
  readonly errors: readonly string[];
  /** Statistics of the pipeline's last event. */
  readonly stats: Readonly<Record<string, unknown>>;
  /** The last log that the pipeline reported. */
  readonly logs?: readonly string[] | undefined;
  /** True after the pipeline's first event. */
  readonly is_reported: boolean;
  /** The point from which an interrupted pipeline continues. */
  readonly checkpoint?: Readonly<Record<string, unknown>> | undefined;
}

/** A device whose files are harvested from a network share. */
export interface InstrumentPayload {
  /** Name of the instrument, and of the folder that contains its files. */
  readonly name: string;
  /** The instrument in words. */
  readonly description?: string | undefined;
  /** The place where the instrument stands. */
  readonly location?: string | undefined;
  /** Persistent identifier of the instrument itself. */
  readonly pid?: string | undefined;
  /** Host of the share. */
  readonly cifs_host: string;
  /** Name of the share. */
  readonly cifs_share: string;
  /** Folder of the share to begin in. */
  readonly cifs_base_path?: string | undefined;
  /** Service account that opens the share. */
  readonly service_account_id?: string | undefined;
  /** Program that copies the files. */
  readonly transfer_adapter: "rclone" | "globus" | "rsync";
  /** Settings of that program. */
  readonly transfer_config?: Readonly<Record<string, unknown>> | undefined;
  /** False if it is switched off. */
  readonly enabled: boolean;
  /** Instant at which the last harvest run ended. */
  readonly last_harvested_at?: string | undefined;
}

/** Where harvested files go. */
export interface Storage_locationPayload {
  /** Name of the location. */
  readonly name: string;
  /** Kind of storage. */
  readonly type: "posix" | "s3" | "cifs" | "nfs";
  /** Settings of the connection, without secrets. */
  readonly connection_config?: Readonly<Record<string, unknown>> | undefined;
  /** Folder, or beginning of the keys, below which the files lie. */
  readonly base_path: string;
  /** False if it is switched off. */
  readonly enabled: boolean;
  /** Members of connection_config that are stored as secrets. */
  readonly secret_members: readonly string[];
  /** Instant at which the secrets were last set. */
  readonly secrets_set_at?: string | undefined;
}

/** A login to the shares of instruments. */
export interface Service_accountPayload {
  /** Name of the account here. */
  readonly name: string;
  /** Domain or workgroup of the login. */
  readonly domain?: string | undefined;
  /** The name for the login. */
  readonly username: string;
  /** Instant at which the password was last set. */
  readonly secrets_set_at: string;
}

/** When an instrument is harvested. */
export interface Harvest_schedulePayload {
  /** Instrument that is harvested. */
  readonly instrument_id: string;
  /** Storage location that receives the files. */
  readonly default_storage_location_id: string;
  /** When the schedule is due, as a cron expression. */
  readonly cron_expression: string;
  /** IANA time zone of the cron expression. The default is UTC. */
  readonly timezone?: string | undefined;
  /** False if the schedule never becomes due. */
  readonly enabled: boolean;
  /** The Prefect deployment that runs the schedule. */
  readonly prefect_deployment_id?: string | undefined;
}

/** What happens to a file before or after it is copied. */
export interface HookPayload {
  /** Name of the hook. */
  readonly name: string;
  /** The purpose of the group. */
  readonly description?: string | undefined;
  /** The event that runs the hook. */
  readonly trigger: "pre_transfer" | "post_transfer";
  /** The kind of implementation. */
  readonly implementation: "builtin" | "python_script" | "http_webhook";
  /** The name of a built-in hook. */
  readonly builtin_name?: string | undefined;
  /** Path of a script. */
  readonly script_path?: string | undefined;
  /** Address of a webhook. */
  readonly webhook_url?: string | undefined;
  /** The settings of the hook, without secrets. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** The instrument of the hook. Without it the hook applies to all instruments. */
  readonly instrument_id?: string | undefined;
  /** The order among hooks. Hooks with low numbers run first. */
  readonly priority: number;
  /** False if the hook never runs. */
  readonly enabled: boolean;
  /** Members of config that are stored as secrets. */
  readonly secret_members: readonly string[];
  /** Instant at which the secrets were last set. */
  readonly secrets_set_at?: string | undefined;
}

/** Access of a user to the files of an instrument. */
export interface Instrument_accessPayload {
  /** Instrument whose files the user may see. */
  readonly instrument_id: string;
  /** User who may see the files. */
  readonly user_id: string;
}

/** One harvest of an instrument. */
export interface Harvest_runPayload {
  /** Instrument that is harvested. */
  readonly instrument_id: string;
  /** Schedule of the run. */
  readonly schedule_id: string;
  /** Storage location that receives the files. */
  readonly storage_location_id: string;
  /** State of the work. */
  readonly status: "scheduled" | "running" | "finished";
  /** Instant at which the run was due. */
  readonly scheduled_for: string;
  /** Name of the worker. */
  readonly worker?: string | undefined;
  /** The user or key that has claimed the run. */
  readonly claimed_by?: string | undefined;
  /** Instant of the last call of the worker. */
  readonly seen_at?: string | undefined;
  /** Instant of the end. */
  readonly finished_at?: string | undefined;
  /** The result of the run. */
  readonly summary?: Readonly<Record<string, unknown>> | undefined;
}

/** A file that was found on an instrument. */
export interface FilePayload {
  /** Instrument on which the file was found. */
  readonly instrument_id: string;
  /** The persistent identifier of the file. */
  readonly persistent_id: string;
  /** Kind of the persistent identifier. */
  readonly persistent_id_type: "ark" | "doi" | "handle";
  /** Path of the file below the harvested folder. */
  readonly source_path: string;
  /** Name of the file, without folders. */
  readonly filename: string;
  /** Size of the file when it was found. Unit: By. */
  readonly size_bytes?: number | undefined;
  /** Instant of the last change at the source. */
  readonly source_mtime?: string | undefined;
  /** XXH64 of the stored bytes, 16 lower-case hexadecimal digits. */
  readonly xxhash?: string | undefined;
  /** SHA-256 of the stored bytes. */
  readonly sha256?: string | undefined;
  /** Metadata that hooks have added. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Decision of the hooks before the transfer. */
  readonly decision: "proceed" | "skip" | "redirect";
  /** The reason for the decision. */
  readonly decision_message?: string | undefined;
  /** Storage location that receives the file. */
  readonly storage_location_id?: string | undefined;
  /** Path at the storage location. It is unique within the location. */
  readonly destination_path?: string | undefined;
  /** Key of the verified copy in this server's own bucket. */
  readonly s3_path?: string | undefined;
}

/** A copy of a harvested file to a storage location. */
export interface TransferPayload {
  /** File to copy. */
  readonly file_id: string;
  /** The storage location that receives the copy. */
  readonly storage_location_id: string;
  /** The path of the copy at the storage location. */
  readonly destination_path?: string | undefined;
  /** Program that copies the file. */
  readonly transfer_adapter: "rclone" | "globus" | "rsync";
  /** State of the work. */
  readonly status: "pending" | "in_progress" | "completed" | "failed" | "skipped";
  /** Size at the destination. Unit: By. */
  readonly bytes_transferred?: number | undefined;
  /** XXH64 of the source. */
  readonly source_checksum?: string | undefined;
  /** XXH64 of the copy. */
  readonly dest_checksum?: string | undefined;
  /** True if both checksums are equal. Absent while one is unknown. */
  readonly checksum_verified?: boolean | undefined;
  /** Instant of the start. */
  readonly started_at?: string | undefined;
  /** Instant of the end. */
  readonly completed_at?: string | undefined;
  /** Reason for which the transfer failed or was skipped. */
  readonly error_message?: string | undefined;
  /** Harvest run of the transfer. */
  readonly harvest_run_id?: string | undefined;
}

/**
 * Payload types by name. Registered ones are added by `vxdata types`, or where they are used:
 * `declare module "vxdata/client" { interface Payloads { scan_report: { score: number } } }`.
 */
export interface Payloads {
  readonly datasource: DatasourcePayload;
  readonly patient: PatientPayload;
  readonly study: StudyPayload;
  readonly series: SeriesPayload;
  readonly image: ImagePayload;
  readonly volume: VolumePayload;
  readonly annotation: AnnotationPayload;
  readonly segmentation: SegmentationPayload;
  readonly report: ReportPayload;
  readonly model: ModelPayload;
  readonly dataset: DatasetPayload;
  readonly artefact: ArtefactPayload;
  readonly table: TablePayload;
  readonly group: GroupPayload;
  readonly project: ProjectPayload;
  readonly membership: MembershipPayload;
  readonly grant: GrantPayload;
  readonly source_spec: Source_specPayload;
  readonly source_revision: Source_revisionPayload;
  readonly pipeline: PipelinePayload;
  readonly instrument: InstrumentPayload;
  readonly storage_location: Storage_locationPayload;
  readonly service_account: Service_accountPayload;
  readonly harvest_schedule: Harvest_schedulePayload;
  readonly hook: HookPayload;
  readonly instrument_access: Instrument_accessPayload;
  readonly harvest_run: Harvest_runPayload;
  readonly file: FilePayload;
  readonly transfer: TransferPayload;
}

/** The payload types that every server has. */
export const BUILTIN_TYPES = [
  "datasource",
  "patient",
  "study",
  "series",
  "image",
  "volume",
  "annotation",
  "segmentation",
  "report",
  "model",
  "dataset",
  "artefact",
  "table",
  "group",
  "project",
  "membership",
  "grant",
  "source_spec",
  "source_revision",
  "pipeline",
  "instrument",
  "storage_location",
  "service_account",
  "harvest_schedule",
  "hook",
  "instrument_access",
  "harvest_run",
  "file",
  "transfer",
] as const;

/** Payload types whose resources the server alone writes. */
export type InternalType =
  | "grant"
  | "source_spec"
  | "source_revision"
  | "pipeline"
  | "instrument"
  | "storage_location"
  | "service_account"
  | "harvest_schedule"
  | "hook"
  | "instrument_access"
  | "harvest_run"
  | "file"
  | "transfer";

/** Metadata of a new resource; beside them stand the fields of its payload type. */
export interface NewMetadata {
  /** The identifier of a resource: 1 to 256 characters. It may contain slashes. */
  readonly identifier: string;
  /** The live resource that contains this one. A tree has at most 32 levels below a root. */
  readonly parent_identifier?: string | null | undefined;
  /** The existing resources from which this one was derived (PROV `wasDerivedFrom`). */
  readonly derived_from?: readonly string[] | undefined;
  /** The licence, as an SPDX identifier or as free text. */
  readonly license?: string | null | undefined;
  /** Who may see the resource. A `restricted` one is visible to admins, to its owner and to those with a grant. */
  readonly access_level?: "public" | "internal" | "restricted" | undefined;
}

/** Metadata that an update can change. */
export interface ChangedMetadata {
  /** The live resource that contains this one. A tree has at most 32 levels below a root. */
  readonly parent_identifier?: string | null | undefined;
  /** The existing resources from which this one was derived (PROV `wasDerivedFrom`). */
  readonly derived_from?: readonly string[] | undefined;
  /** The licence, as an SPDX identifier or as free text. */
  readonly license?: string | null | undefined;
  /** Who may see the resource. A `restricted` one is visible to admins, to its owner and to those with a grant. */
  readonly access_level?: "public" | "internal" | "restricted" | undefined;
  /** True turns the resource into a tombstone, and false restores it. */
  readonly is_deleted?: boolean | undefined;
}

/** What a query asks for (docs/query.md). */
export interface QueryBody {
  /** One payload type or several. Without it the query covers all types. */
  readonly payload_type?: string | readonly string[] | null | undefined;
  /** Conditions by field; a resource must satisfy all of them. docs/query.md lists the operators. */
  readonly filters?: Readonly<Record<string, unknown>> | null | undefined;
  /** Limits the query to the children of this resource. */
  readonly parent_identifier?: string | null | undefined;
  /** True includes all descendants of `parent_identifier`, not only its children. Default: `false`. */
  readonly include_indirect_parents?: boolean | undefined;
  /** Limits the query to these identifiers. */
  readonly identifiers?: readonly string[] | null | undefined;
  /** The members that the response contains, beside `identifier` and `payload_type`. */
  readonly select_columns?: readonly string[] | null | undefined;
  /** The metadata column or payload field to sort by. Null values come last. Default: `"created_at"`. */
  readonly sort_by?: string | undefined;
  /** The direction of the order. Null values come last in both. Default: `"desc"`. */
  readonly sort_order?: "asc" | "desc" | undefined;
  readonly limit?: number | null | undefined;
}

/** Two versions of a resource to compare. */
export interface DiffBody {
  readonly identifier: string;
  /** A version number, or an RFC 3339 instant. */
  readonly from: number | string;
  /** A version number, or an RFC 3339 instant. */
  readonly to: number | string;
}

/** Access of one grantee to a restricted resource and what lies below it. */
export interface Grant {
  /** The restricted resource that the grant opens, with everything below it. */
  readonly identifier: string;
  /** The kind of the grantee. */
  readonly grantee_type: "user" | "group" | "project" | "apk";
  /** The id of the user, group, project or API key, without a prefix for its kind. */
  readonly grantee_id: string;
}

/** A payload type, or its next version. */
export interface SchemaBody {
  /** The semantic version. It must be greater than the newest one. */
  readonly version: string;
  /** The JSON Schema (draft 2020-12) of the payload. */
  readonly json_schema: Readonly<Record<string, unknown>>;
  /** The scalar fields that get an index. Default: `[]`. */
  readonly indexes?: readonly string[] | undefined;
  /** Default: `{}`. */
  readonly defaults?: Readonly<Record<string, unknown>> | undefined;
  /** The related datasets, with their cardinality and with whether a deletion cascades to them. Default: `[]`. */
  readonly relations?:
    | readonly {
        readonly dataset: string;
        readonly cardinality: string;
        readonly cascade?: boolean | undefined;
      }[]
    | undefined;
  /** False allows members that the schema does not name. Default: `true`. */
  readonly strict?: boolean | undefined;
  /** Why the write is made, as in the header `x-reason`. */
  readonly reason?: string | null | undefined;
}

/** The indexed fields of a payload type. */
export interface IndexesBody {
  /** All fields that are to be indexed, at most 8: what is not named loses its index. */
  readonly fields: readonly string[];
  /** Why the write is made, as in the header `x-reason`. */
  readonly reason?: string | null | undefined;
}

/** What an upload is asked for with. */
export interface UploadAddressBody {
  /** The name of the file. In the key, characters other than letters, digits, `.`, `_` and `-` become `_`. */
  readonly filename: string;
  /** The first segment of the key, e.g. a project. It consists of letters, digits, `.`, `_` and `-`. */
  readonly group: string;
  /** The media type (RFC 9110). The URL is signed for it, so the upload must send the same one. */
  readonly content_type?: string | undefined;
  /** The size in bytes. The URL is signed for it, so the upload must have this size. */
  readonly content_length?: number | undefined;
  /** The SHA-256 digest of the bytes. `POST /s3/finalize` checks it. */
  readonly checksum_sha256?: string | undefined;
  /** The number of seconds for which the URL works: 900 by default, at most 7 days. Default: `900`. */
  readonly expires_in?: number | undefined;
}

/** What a download is asked for with. */
export interface DownloadAddressBody {
  /** The key of the object, or its `s3://` address in this bucket. */
  readonly path: string;
  /** The number of seconds for which the URL works: 900 by default, at most 7 days. Default: `900`. */
  readonly expires_in?: number | undefined;
}

/** What was sent, to be held against what arrived. */
export interface FinalizeBody {
  /** The key of the object, or its `s3://` address in this bucket. */
  readonly path: string;
  /** The number of bytes that were sent. */
  readonly size?: number | undefined;
  /** The SHA-256 digest of the bytes, hexadecimal or base64. */
  readonly sha256?: string | undefined;
  /** The XXH64 digest of the bytes with seed 0, as 16 hexadecimal digits. */
  readonly xxhash?: string | undefined;
  /** Why the write is made, as in the header `x-reason`. */
  readonly reason?: string | null | undefined;
}

/** Metadata of a version of a resource. */
export interface ResourceMetadata {
  /** The identifier of a resource: 1 to 256 characters. It may contain slashes. */
  readonly identifier: string;
  readonly parent_identifier: string | null;
  readonly derived_from: readonly string[];
  readonly license: string | null;
  readonly access_level: "public" | "internal" | "restricted";
  /** The version of the payload type's schema with which the resource was written. */
  readonly schema_version: string;
  /** The number of the version. It starts at 1 and grows by 1 with each change. */
  readonly version: number;
  /** The instant of the transaction that created the resource. */
  readonly created_at: string;
  /** The instant of the transaction that wrote this version. */
  readonly updated_at: string;
  /** The live children that the caller may see, in order of insertion. Absent when the request excludes them. */
  readonly children?: readonly string[];
}

/** The transaction that made a version. */
export interface Transaction {
  readonly id: number;
  /** An RFC 3339 instant with an offset and at most six digits of a second. */
  readonly instant: string;
  /** The principal that wrote it, e.g. `user:<id>`. */
  readonly principal: string;
  readonly surface: string;
  readonly operation: string;
  /** Why the write was made, in the words of its caller. Absent if no reason was given. */
  readonly reason?: string;
  readonly request_id?: string;
  /** The number of resources that the transaction changed. */
  readonly resources?: number;
  /** The number of links between records that the transaction opened or closed. */
  readonly links?: number;
}

/** What differs between two versions. */
export interface Difference {
  /** The identifier of a resource: 1 to 256 characters. It may contain slashes. */
  readonly identifier: string;
  readonly from: number;
  readonly to: number;
  readonly changes: readonly {
    readonly path: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
}

/** A page of the change feed. */
export interface Changes {
  readonly changes: readonly {
    readonly transaction: number;
    /** An RFC 3339 instant with an offset and at most six digits of a second. */
    readonly instant: string;
    /** The identifier of a resource: 1 to 256 characters. It may contain slashes. */
    readonly identifier: string;
    readonly payload_type: string;
    readonly version: number;
    readonly operation: "create" | "update" | "delete";
    /** Why the write was made, in the words of its caller. Absent if no reason was given. */
    readonly reason?: string;
  }[];
  /** The value of `after` for the next call. It is opaque and always present. */
  readonly next: string;
  /** False means that there are no further changes yet. */
  readonly more: boolean;
}

/** A node of the tree of parents and children. */
export interface TreeNode {
  /** The identifier of a resource: 1 to 256 characters. It may contain slashes. */
  readonly identifier: string;
  readonly payload_type: string;
  readonly parent_identifier: string | null;
  /** The number of live children that the caller may see. */
  readonly child_count: number;
  /** The number of live resources anywhere below that the caller may see. */
  readonly descendant_count: number;
  readonly has_children: boolean;
  /** The first five scalar fields of the payload. Present with `with_payloads=true`. */
  readonly payload?: Readonly<Record<string, string | number | boolean>>;
}

/** The graph of parents and derivations around a resource. */
export interface Lineage {
  readonly nodes: readonly {
    /** The identifier of a resource: 1 to 256 characters. It may contain slashes. */
    readonly identifier: string;
    readonly payload_type: string;
    /** The number of edges between this node and the start, in either direction. */
    readonly depth: number;
  }[];
  readonly edges: readonly {
    readonly kind: "parent" | "derived_from";
    /** The parent of the target, or the resource from which the target was derived. */
    readonly source: string;
    /** The identifier of a resource: 1 to 256 characters. It may contain slashes. */
    readonly target: string;
  }[];
}

/** A lineage in W3C PROV-JSON. */
export interface ProvDocument {
  readonly prefix: Readonly<Record<string, string>>;
  readonly entity: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly wasDerivedFrom?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly hadMember?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What lies below a datasource. */
export interface DatasourceStatistics {
  /** The identifier of a resource: 1 to 256 characters. It may contain slashes. */
  readonly datasource_id: string;
  readonly name: string;
  /** The number of resources of the payload type `patient`. */
  readonly patients: number;
  /** The number of resources of the payload type `study`. */
  readonly studies: number;
  /** The number of resources of the payload type `series`. */
  readonly series: number;
  /** The number of resources of the payload type `image`. */
  readonly images: number;
  /** The number of live resources of all types below the datasource that the caller may see. */
  readonly resources: number;
  /** The sum of the `size_bytes` of these resources: exact up to 2^53 - 1, which stands for larger sums as well. */
  readonly bytes: number;
  /** The instant at which the datasource or a counted resource last changed. */
  readonly last_updated: string;
}

/** What lies below a datasource, by kind. */
export interface DetailedStatistics {
  /** The identifier of a resource: 1 to 256 characters. It may contain slashes. */
  readonly datasource_id: string;
  readonly name: string;
  readonly totals: {
    /** The number of resources of the payload type `patient`. */
    readonly patients: number;
    /** The number of resources of the payload type `study`. */
    readonly studies: number;
    /** The number of resources of the payload type `series`. */
    readonly series: number;
    /** The number of resources of the payload type `image`. */
    readonly images: number;
    /** The number of live resources of all types below the datasource that the caller may see. */
    readonly resources: number;
    /** The sum of the `size_bytes` of these resources: exact up to 2^53 - 1, which stands for larger sums as well. */
    readonly bytes: number;
  };
  /** Resources of all types by payload type. */
  readonly by_payload_type: Readonly<Record<string, number>>;
  /** Images (payload types `image` and `volume`) by modality; `unknown` counts those without a value. Studies and series are not counted. */
  readonly by_modality: Readonly<Record<string, number>>;
  /** Images (payload types `image` and `volume`) by body part; `unknown` counts those without a value. Studies and series are not counted. */
  readonly by_body_part: Readonly<Record<string, number>>;
  /** Resources of all types by licence; `unknown` counts those without one. */
  readonly by_license: Readonly<Record<string, number>>;
  /** Resources of all types by access level. */
  readonly by_access_level: Readonly<Record<string, number>>;
  /** Patients (payload type `patient`) by sex; `unknown` counts those without a value. Studies and images are not counted. */
  readonly by_patient_sex: Readonly<Record<string, number>>;
  /** Images (payload types `image` and `volume`) by decade of the patient's age, e.g. 40-49; `unknown` counts those without a value. Studies and series are not counted. */
  readonly by_age_decade: Readonly<Record<string, number>>;
  /** Resources of all types by month of creation in UTC, e.g. 2026-01. */
  readonly by_month: Readonly<Record<string, number>>;
}

/** A presigned URL. */
export interface Address {
  /** The presigned URL. Anyone who has it can use it, so keep it out of logs. */
  readonly url: string;
  /** The key of the object. Present for uploads. */
  readonly path?: string;
  /** The headers that the upload must send unchanged. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An RFC 3339 instant with an offset and at most six digits of a second. */
  readonly expires_at: string;
}

/** An object that has arrived as promised. */
export interface FinalizedObject {
  readonly path: string;
  readonly size_bytes: number;
  readonly content_type: string | null;
  /** The SHA-256 digest. Null for an object that is too large to be read completely. */
  readonly sha256: string | null;
  readonly xxhash: string | null;
  /** The resources that name the object. They now contain its size, media type and digest. */
  readonly resources: readonly string[];
}

/** Rows of a Parquet file. */
export interface ParquetPreview {
  readonly columns: readonly string[];
  readonly schema: readonly {
    readonly name: string;
    /** The physical type. Null for a group. */
    readonly type: string | null;
    readonly logical_type: string | null;
    readonly nullable: boolean;
    readonly repeated: boolean;
    readonly [member: string]: unknown;
  }[];
  readonly total_rows: number;
  readonly returned_rows: number;
  readonly offset: number;
  /** The rows, each as an object with a member for each column. */
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

/** A file made of a query. */
export interface Export {
  readonly id: string;
  /** The state of the export. `expired` means that the file was removed. */
  readonly state: "pending" | "running" | "succeeded" | "failed" | "expired";
  readonly format: "parquet" | "csv" | "ndjson";
  /** The instant of the state that the file shows. */
  readonly as_of: string;
  /** An RFC 3339 instant with an offset and at most six digits of a second. */
  readonly created_at: string;
  readonly finished_at: string | null;
  readonly rows: number | null;
  readonly size_bytes: number | null;
  /** The reason for which the export failed. */
  readonly fault: string | null;
  /** The instant at which the server removes the file. */
  readonly expires_at: string | null;
  /** The URL of the file. It supports GET, HEAD and ranges, and it needs no token, so keep it out of logs. */
  readonly url: string | null;
  /** The instant at which this URL stops working. Request the export again to get a new URL. */
  readonly url_expires_at: string | null;
}

/** The indexed fields of a payload type, and how far they are. */
export interface Indexes {
  /** The name of the payload type. */
  readonly payload_type: string;
  /** The indexes, those that the payload type declares first. */
  readonly indexes: readonly {
    /** The name of the field. */
    readonly field: string;
    /** True if the payload type declares the index, false if an admin added it. */
    readonly declared: boolean;
    /** Queries use an index that is `ready`. Until then they give the same results. */
    readonly state: "building" | "ready";
    /** The part of the resources that are in the index. */
    readonly progress: number;
  }[];
  /** The maximum number of indexed fields of a payload type. */
  readonly limit: number;
}

/** What a query goes by. */
export interface Explanation {
  /** What the query goes by and what would help, in words. */
  readonly explanation: string;
  /** The indexes that the first page of the query goes by. */
  readonly indexes: readonly {
    /** The name of the index in the database. */
    readonly name: string;
    /** What it serves: a `value` of a field, the `order` or a range of a field, the order of `creation`, an `identifier`, a `parent`, an `owner`, `unique` fields, or the `history` of a past state. */
    readonly use:
      | "value"
      | "order"
      | "creation"
      | "identifier"
      | "parent"
      | "owner"
      | "unique"
      | "history";
    /** The payload type, for the index of a field. */
    readonly payload_type: string | null;
    /** The name of the field. */
    readonly field: string | null;
  }[];
  /** True if all rows that are found are sorted. */
  readonly sorted: boolean;
  /** True if a part of the filters is tested row by row outside of the database. */
  readonly tested: boolean;
  /** The rows of the database that the page reads. Null for callers other than admins. */
  readonly rows_read: number | null;
  /** The resources on the page. Null for callers other than admins. */
  readonly rows_returned: number | null;
  /** The calls of which one would make the page cheaper, the best first. Empty where none would, and for callers other than admins. */
  readonly advice: readonly {
    /** The field whose index would help. */
    readonly field: string;
    /** Which part of the query it would serve. */
    readonly helps: "filter" | "sort";
    /** The rows that the page would read with it, about. */
    readonly rows_expected: number;
    /** The method of the call that makes the index. */
    readonly method: "PUT";
    /** The path of the call that makes the index. */
    readonly path: string;
    /** The body of that call. */
    readonly body: {
      /** All fields that are indexed then. */
      readonly fields: readonly string[];
    };
  }[];
}

/** A page of the audit, the newest first. */
export interface Audit {
  readonly transactions: readonly {
    /** The number of the transaction. Null for entries that are not writes. */
    readonly transaction: number | null;
    readonly instant: string;
    readonly principal: string;
    readonly surface: string;
    readonly operation: string;
    /** The method and the path pattern of the route. */
    readonly route: string;
    readonly request_id: string;
    readonly resources: number;
    /** Why the write was made, in the words of its caller. Absent if no reason was given. */
    readonly reason?: string;
    /** The restricted resources that name the objects, for entries about object access. */
    readonly identifiers?: readonly string[];
  }[];
  /** The value of `after` for the next page. Null on the last page. */
  readonly next: string | null;
}
