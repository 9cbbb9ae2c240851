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
  /** How the source asks to be cited. */
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
  /** What is marked. */
  readonly label?: string | undefined;
  /** All findings, where there are several. */
  readonly finding_labels?: readonly string[] | undefined;
  /** Form of the marked region. */
  readonly shape?: "point" | "line" | "box" | "polygon" | "ellipse" | "whole_image" | undefined;
  /** Box around the region: [left, top, width, height], from the top left corner. Unit: {pixel}. */
  readonly bounding_box_px?: readonly number[] | undefined;
  /** Frame that is marked, from 1. */
  readonly frame_number?: number | undefined;
  /** How sure the annotator is, from 0 to 1. Unit: 1. */
  readonly confidence?: number | undefined;
  /** Who made it. */
  readonly annotator_kind?: "human" | "model" | "consensus" | undefined;
  /** People or models that agreed on it. */
  readonly annotator_count?: number | undefined;
  /** Geometry as GeoJSON, for shapes that a box cannot tell. */
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
  /** How far the report has come. */
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
  /** What the model is for, and for what it is not. */
  readonly description?: string | undefined;
  /** What it does, e.g. classification or segmentation. */
  readonly task?: string | undefined;
  /** Its architecture. */
  readonly architecture?: string | undefined;
  /** Software that runs it. */
  readonly framework?: string | undefined;
  /** Kinds of equipment whose data it takes. */
  readonly input_modalities?: readonly string[] | undefined;
  /** What it can answer. */
  readonly output_labels?: readonly string[] | undefined;
  /** Trainable parameters. */
  readonly parameter_count?: number | undefined;
  /** When training ended. */
  readonly trained_at?: string | undefined;
  /** Repository of its code. */
  readonly repo?: string | undefined;
  /** Commit of its code. */
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
  /** What it holds and how it was made. */
  readonly description?: string | undefined;
  /** Address of its own page. */
  readonly homepage_url?: string | undefined;
  /** Digital object identifier. */
  readonly doi?: string | undefined;
  /** How it asks to be cited. */
  readonly citation?: string | undefined;
  /** Words under which it can be found. */
  readonly keywords?: readonly string[] | undefined;
  /** Day of the release. */
  readonly release_date?: string | undefined;
  /** Part of a larger set, e.g. train, validation or test. */
  readonly split?: string | undefined;
  /** Resources in it. */
  readonly resource_count?: number | undefined;
  /** Size of all its objects. Unit: By. */
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
  /** How far the run has come. */
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
  /** What its rows are. */
  readonly description?: string | undefined;
  /** Format of the file. */
  readonly format?: "parquet" | "csv" | "tsv" | "ndjson" | "arrow" | undefined;
  /** Compression of the file. */
  readonly compression?: string | undefined;
  /** Rows in it. */
  readonly row_count?: number | undefined;
  /** Columns in it. */
  readonly column_count?: number | undefined;
  /** Names of its columns, in order. */
  readonly column_names?: readonly string[] | undefined;
  /** Types of its columns by name. */
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
  /** What it is for. */
  readonly description?: string | undefined;
}

/** An undertaking that people, keys and whole groups take part in. */
export interface ProjectPayload {
  /** Name of the project. */
  readonly name: string;
  /** What it is about. */
  readonly description?: string | undefined;
}

/** One member of a group or project. */
export interface MembershipPayload {
  /** Identifier of the group or project. */
  readonly container_id: string;
  /** Kind of the member; a group only in a project. */
  readonly member_type: "user" | "group" | "apk";
  /** Identifier of the member: of a user or key without its prefix. */
  readonly member_id: string;
}

/** Access of one grantee to a restricted resource. */
export interface GrantPayload {
  /** Resource that is opened. */
  readonly resource_identifier: string;
  /** Kind of the grantee. */
  readonly grantee_type: "user" | "group" | "project" | "apk";
  /** Identifier of the grantee. */
  readonly grantee_id: string;
}

/** A dataset that is made from a source. */
export interface Source_specPayload {
  /** Id of the owner; the first part of the identifier. */
  readonly owner_id: string;
  /** Name of the dataset; the second part of the identifier. */
  readonly dataset: string;
  /** Readable name of the owner. */
  readonly owner_name?: string | undefined;
  /** Who may find it, as its last revision says. */
  readonly findability: "published" | "unlisted" | "private";
  /** The same for lists: what has never succeeded is at most unlisted. */
  readonly listed_as: "published" | "unlisted" | "private";
  /** How often a new revision is made, e.g. every 1d. */
  readonly schedule?: string | undefined;
  /** When the next revision is made. */
  readonly scheduled_for?: string | undefined;
  /** When the last revision was uploaded. */
  readonly modified_at: string;
  /** Number of the last revision. */
  readonly latest: number;
  /** Number of the last revision that succeeded. */
  readonly successful?: number | undefined;
  /** Set by administrators. */
  readonly certified: boolean;
}

/** A revision of a dataset's source. */
export interface Source_revisionPayload {
  /** Number of the revision, from 1. */
  readonly number: number;
  /** How far its flow has come. */
  readonly status: "pending" | "running" | "success" | "failed";
  /** Who may find it. */
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
  /** What the flow ended with: for whom, which event, how. */
  readonly outcome?: Readonly<Record<string, unknown>> | undefined;
  /** When the flow ended. */
  readonly ended_at?: string | undefined;
  /** What made it: upload or schedule. */
  readonly trigger: string;
}

/** A step of a revision's flow. */
export interface PipelinePayload {
  /** What it does, for people. */
  readonly title: string;
  /** What it makes. */
  readonly kind: "report" | "csv" | "json" | "parquet" | "preview" | "zip" | "copy" | "package";
  /** How far it has come. */
  readonly status: "pending" | "running" | "success" | "failed";
  /** Resource of the package that it works on. */
  readonly resource?: string | undefined;
  /** Pipelines that have to succeed before, each with ./ before it. */
  readonly dependencies: readonly string[];
  /** Errors of its last event. */
  readonly errors: readonly string[];
  /** Statistics of its last event. */
  readonly stats: Readonly<Record<string, unknown>>;
  /** The last log that it reported. */
  readonly logs?: readonly string[] | undefined;
  /** True once it has reported. */
  readonly is_reported: boolean;
  /** How far its work has come, to be gone on with. */
  readonly checkpoint?: Readonly<Record<string, unknown>> | undefined;
}

/** A device whose files are harvested from a network share. */
export interface InstrumentPayload {
  /** Name of the instrument; a folder of that name holds its files. */
  readonly name: string;
  /** What it is, in words. */
  readonly description?: string | undefined;
  /** Where it stands. */
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
  /** Program that carries the files. */
  readonly transfer_adapter: "rclone" | "globus" | "rsync";
  /** Settings of that program. */
  readonly transfer_config?: Readonly<Record<string, unknown>> | undefined;
  /** Whether it is in use. */
  readonly enabled: boolean;
  /** End of its last harvest run. */
  readonly last_harvested_at?: string | undefined;
}

/** Where harvested files go. */
export interface Storage_locationPayload {
  /** Name of the location. */
  readonly name: string;
  /** Kind of storage. */
  readonly type: "posix" | "s3" | "cifs" | "nfs";
  /** How to reach it, without its secrets. */
  readonly connection_config?: Readonly<Record<string, unknown>> | undefined;
  /** Folder, or beginning of the keys, below which the files lie. */
  readonly base_path: string;
  /** Whether it is in use. */
  readonly enabled: boolean;
  /** Which members of its connection_config are kept as secrets. */
  readonly secret_members: readonly string[];
  /** When its secrets were last set. */
  readonly secrets_set_at?: string | undefined;
}

/** A login to the shares of instruments. */
export interface Service_accountPayload {
  /** Name of the account here. */
  readonly name: string;
  /** Domain or workgroup of the login. */
  readonly domain?: string | undefined;
  /** Login name. */
  readonly username: string;
  /** When its password was last set. */
  readonly secrets_set_at: string;
}

/** When an instrument is harvested. */
export interface Harvest_schedulePayload {
  /** Instrument that is harvested. */
  readonly instrument_id: string;
  /** Storage location that its files go to. */
  readonly default_storage_location_id: string;
  /** When it is due, as a cron expression. */
  readonly cron_expression: string;
  /** IANA time zone of the expression; UTC without one. */
  readonly timezone?: string | undefined;
  /** Whether it becomes due. */
  readonly enabled: boolean;
  /** The deployment that runs it. */
  readonly prefect_deployment_id?: string | undefined;
}

/** What happens to a file before or after it is copied. */
export interface HookPayload {
  /** Name of the hook. */
  readonly name: string;
  /** What it is for. */
  readonly description?: string | undefined;
  /** When it runs. */
  readonly trigger: "pre_transfer" | "post_transfer";
  /** What it is. */
  readonly implementation: "builtin" | "python_script" | "http_webhook";
  /** Which of the built-in ones. */
  readonly builtin_name?: string | undefined;
  /** Path of a script. */
  readonly script_path?: string | undefined;
  /** Address of a webhook. */
  readonly webhook_url?: string | undefined;
  /** Its settings, without its secret. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** The instrument that it is for; all of them without one. */
  readonly instrument_id?: string | undefined;
  /** Its place among the others; low ones first. */
  readonly priority: number;
  /** Whether it runs. */
  readonly enabled: boolean;
  /** Which members of its config are kept as secrets. */
  readonly secret_members: readonly string[];
  /** When its secrets were last set. */
  readonly secrets_set_at?: string | undefined;
}

/** A user's sight of an instrument's files. */
export interface Instrument_accessPayload {
  /** Instrument whose files are opened. */
  readonly instrument_id: string;
  /** User who sees them. */
  readonly user_id: string;
}

/** One harvest of an instrument. */
export interface Harvest_runPayload {
  /** Instrument that is harvested. */
  readonly instrument_id: string;
  /** Schedule that it belongs to. */
  readonly schedule_id: string;
  /** Where its files go. */
  readonly storage_location_id: string;
  /** How far it has come. */
  readonly status: "scheduled" | "running" | "finished";
  /** When it was due. */
  readonly scheduled_for: string;
  /** Who works on it. */
  readonly worker?: string | undefined;
  /** The user or key that has claimed it. */
  readonly claimed_by?: string | undefined;
  /** When its worker was last heard of. */
  readonly seen_at?: string | undefined;
  /** When it ended. */
  readonly finished_at?: string | undefined;
  /** What it came to. */
  readonly summary?: Readonly<Record<string, unknown>> | undefined;
}

/** A file that was found on an instrument. */
export interface FilePayload {
  /** Instrument that it was found on. */
  readonly instrument_id: string;
  /** Its persistent identifier. */
  readonly persistent_id: string;
  /** Kind of the persistent identifier. */
  readonly persistent_id_type: "ark" | "doi" | "handle";
  /** Path below the folder that is harvested. */
  readonly source_path: string;
  /** Its name, without folders. */
  readonly filename: string;
  /** Size when it was found. Unit: By. */
  readonly size_bytes?: number | undefined;
  /** When it was last changed at its source. */
  readonly source_mtime?: string | undefined;
  /** XXH64 of the stored bytes, 16 lower-case hexadecimal digits. */
  readonly xxhash?: string | undefined;
  /** SHA-256 of the stored bytes. */
  readonly sha256?: string | undefined;
  /** What hooks found out about it. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What the hooks before its transfer said. */
  readonly decision: "proceed" | "skip" | "redirect";
  /** Why. */
  readonly decision_message?: string | undefined;
  /** Where it goes. */
  readonly storage_location_id?: string | undefined;
  /** Path there; no two files of a location share one. */
  readonly destination_path?: string | undefined;
  /** Key of its copy, where that lies in this server's own bucket and was checked. */
  readonly s3_path?: string | undefined;
}

/** A copy of a harvested file to a storage location. */
export interface TransferPayload {
  /** File that is copied. */
  readonly file_id: string;
  /** Where to. */
  readonly storage_location_id: string;
  /** Path there. */
  readonly destination_path?: string | undefined;
  /** Program that carries it. */
  readonly transfer_adapter: "rclone" | "globus" | "rsync";
  /** How far it has come. */
  readonly status: "pending" | "in_progress" | "completed" | "failed" | "skipped";
  /** Size at the destination. Unit: By. */
  readonly bytes_transferred?: number | undefined;
  /** XXH64 of the source. */
  readonly source_checksum?: string | undefined;
  /** XXH64 of the copy. */
  readonly dest_checksum?: string | undefined;
  /** Whether both are the same; missing while one is unknown. */
  readonly checksum_verified?: boolean | undefined;
  /** When it began. */
  readonly started_at?: string | undefined;
  /** When it ended. */
  readonly completed_at?: string | undefined;
  /** Why it failed or was left out. */
  readonly error_message?: string | undefined;
  /** The harvest run that it belongs to. */
  readonly harvest_run_id?: string | undefined;
}

/**
 * Payload types by name. Registered ones are added where they are used:
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
  /** Identifier of a resource: 1 to 256 characters, may contain slashes. */
  readonly identifier: string;
  /** A live resource that contains this one; at most 32 levels below a root. */
  readonly parent_identifier?: string | null | undefined;
  /** Existing resources from which this one was derived (PROV wasDerivedFrom). */
  readonly derived_from?: readonly string[] | undefined;
  /** SPDX identifier or free text. */
  readonly license?: string | null | undefined;
  /** Who may see it: `restricted` only by grant, ownership or the admin role. */
  readonly access_level?: "public" | "internal" | "restricted" | undefined;
}

/** Metadata that an update can change. */
export interface ChangedMetadata {
  /** A live resource that contains this one; at most 32 levels below a root. */
  readonly parent_identifier?: string | null | undefined;
  /** Existing resources from which this one was derived (PROV wasDerivedFrom). */
  readonly derived_from?: readonly string[] | undefined;
  /** SPDX identifier or free text. */
  readonly license?: string | null | undefined;
  /** Who may see it: `restricted` only by grant, ownership or the admin role. */
  readonly access_level?: "public" | "internal" | "restricted" | undefined;
  /** true: tombstone; false: restore. */
  readonly is_deleted?: boolean | undefined;
}

/** What a query asks for (docs/query.md). */
export interface QueryBody {
  /** One payload type or several; absent: any. */
  readonly payload_type?: string | readonly string[] | null | undefined;
  /** Members are ANDed; see docs/query.md for the operators. */
  readonly filters?: Readonly<Record<string, unknown>> | null | undefined;
  /** Only below this resource. */
  readonly parent_identifier?: string | null | undefined;
  /** All descendants, not only children. Default: `false`. */
  readonly include_indirect_parents?: boolean | undefined;
  /** Only these. */
  readonly identifiers?: readonly string[] | null | undefined;
  /** Only these members, and identifier and payload_type. */
  readonly select_columns?: readonly string[] | null | undefined;
  /** A metadata column or payload field; null comes last. Default: `"created_at"`. */
  readonly sort_by?: string | undefined;
  /** Default: `"desc"`. */
  readonly sort_order?: "asc" | "desc" | undefined;
  readonly limit?: number | null | undefined;
}

/** Two versions of a resource to compare. */
export interface DiffBody {
  readonly identifier: string;
  /** A version number or an instant. */
  readonly from: number | string;
  /** A version number or an instant. */
  readonly to: number | string;
}

/** Access of one grantee to a restricted resource and what lies below it. */
export interface Grant {
  /** The restricted resource that is opened, with what lies below it. */
  readonly identifier: string;
  /** Kind of the grantee. */
  readonly grantee_type: "user" | "group" | "project" | "apk";
  /** Id of the user, group, project or API key, without its kind. */
  readonly grantee_id: string;
}

/** A payload type, or its next version. */
export interface SchemaBody {
  /** Semantic version, greater than the newest. */
  readonly version: string;
  /** JSON Schema 2020-12 of the payload. */
  readonly json_schema: Readonly<Record<string, unknown>>;
  /** Scalar fields that an index serves. Default: `[]`. */
  readonly indexes?: readonly string[] | undefined;
  /** Default: `{}`. */
  readonly defaults?: Readonly<Record<string, unknown>> | undefined;
  /** Related datasets, their cardinality, and whether deletion goes on to them. Default: `[]`. */
  readonly relations?:
    | readonly {
        readonly dataset: string;
        readonly cardinality: string;
        readonly cascade?: boolean | undefined;
      }[]
    | undefined;
  /** false admits members that the schema does not name. Default: `true`. */
  readonly strict?: boolean | undefined;
}

/** What an upload is asked for with. */
export interface UploadAddressBody {
  /** Name of the file. In the key, all but letters, digits, `.`, `_`, `-` becomes `_`. */
  readonly filename: string;
  /** First segment of the key, e.g. a project. Letters, digits, `.`, `_` and `-`. */
  readonly group: string;
  /** Media type (RFC 9110); signed, so that the upload has to say the same. */
  readonly content_type?: string | undefined;
  /** Size in bytes; signed, so that the upload has to be as long. */
  readonly content_length?: number | undefined;
  /** SHA-256 of the bytes; checked by finalize. */
  readonly checksum_sha256?: string | undefined;
  /** Seconds until the URL stops working: 900 unless said otherwise, at most 7 days. Default: `900`. */
  readonly expires_in?: number | undefined;
}

/** What a download is asked for with. */
export interface DownloadAddressBody {
  /** Key of the object, or its `s3://` address in this bucket. */
  readonly path: string;
  /** Seconds until the URL stops working: 900 unless said otherwise, at most 7 days. Default: `900`. */
  readonly expires_in?: number | undefined;
}

/** What was sent, to be held against what arrived. */
export interface FinalizeBody {
  /** Key of the object, or its `s3://` address in this bucket. */
  readonly path: string;
  /** Bytes that were sent. */
  readonly size?: number | undefined;
  /** SHA-256 of the bytes, hexadecimal or base64. */
  readonly sha256?: string | undefined;
  /** XXH64 of the bytes with seed 0, 16 hexadecimal digits. */
  readonly xxhash?: string | undefined;
}

/** Metadata of a version of a resource. */
export interface ResourceMetadata {
  /** Identifier of a resource: 1 to 256 characters, may contain slashes. */
  readonly identifier: string;
  readonly parent_identifier: string | null;
  readonly derived_from: readonly string[];
  readonly license: string | null;
  readonly access_level: "public" | "internal" | "restricted";
  /** Version of the payload type's schema that it was written with. */
  readonly schema_version: string;
  /** 1 at birth, one more with each change. */
  readonly version: number;
  /** Instant of the transaction that created it. */
  readonly created_at: string;
  /** Instant of the transaction that made this version. */
  readonly updated_at: string;
  /** Live, visible direct children in order of insertion; absent when excluded. */
  readonly children?: readonly string[];
}

/** The transaction that made a version. */
export interface Transaction {
  readonly id: number;
  /** RFC 3339 instant with an offset, at most microseconds. */
  readonly instant: string;
  /** Who wrote, e.g. `user:<id>`. */
  readonly principal: string;
  readonly surface: string;
  readonly operation: string;
  readonly request_id?: string;
  /** How many resources it changed. */
  readonly resources?: number;
  /** How many links between records it opened or closed. */
  readonly links?: number;
}

/** What differs between two versions. */
export interface Difference {
  /** Identifier of a resource: 1 to 256 characters, may contain slashes. */
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
    /** RFC 3339 instant with an offset, at most microseconds. */
    readonly instant: string;
    /** Identifier of a resource: 1 to 256 characters, may contain slashes. */
    readonly identifier: string;
    readonly payload_type: string;
    readonly version: number;
    readonly operation: "create" | "update" | "delete";
  }[];
  /** Value of `after` for the next call; always present, and opaque. */
  readonly next: string;
  /** False: the feed ends here for now. */
  readonly more: boolean;
}

/** A node of the tree of parents and children. */
export interface TreeNode {
  /** Identifier of a resource: 1 to 256 characters, may contain slashes. */
  readonly identifier: string;
  readonly payload_type: string;
  readonly parent_identifier: string | null;
  /** Live, visible children. */
  readonly child_count: number;
  /** Live, visible resources anywhere below. */
  readonly descendant_count: number;
  readonly has_children: boolean;
  /** The first five scalar fields, with `with_payloads=true`. */
  readonly payload?: Readonly<Record<string, string | number | boolean>>;
}

/** The graph of parents and derivations around a resource. */
export interface Lineage {
  readonly nodes: readonly {
    /** Identifier of a resource: 1 to 256 characters, may contain slashes. */
    readonly identifier: string;
    readonly payload_type: string;
    /** How many edges it is away from the start, either way. */
    readonly depth: number;
  }[];
  readonly edges: readonly {
    readonly kind: "parent" | "derived_from";
    /** The parent, or what the target was derived from. */
    readonly source: string;
    /** Identifier of a resource: 1 to 256 characters, may contain slashes. */
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
  /** Identifier of a resource: 1 to 256 characters, may contain slashes. */
  readonly datasource_id: string;
  readonly name: string;
  readonly patients: number;
  readonly studies: number;
  readonly series: number;
  readonly images: number;
  /** Live, visible resources below the datasource, of any type. */
  readonly resources: number;
  /** Sum of the `size_bytes` of these resources. */
  readonly bytes: number;
  /** When the datasource or anything counted last changed. */
  readonly last_updated: string;
}

/** What lies below a datasource, by kind. */
export interface DetailedStatistics {
  /** Identifier of a resource: 1 to 256 characters, may contain slashes. */
  readonly datasource_id: string;
  readonly name: string;
  readonly totals: {
    readonly patients: number;
    readonly studies: number;
    readonly series: number;
    readonly images: number;
    /** Live, visible resources below the datasource, of any type. */
    readonly resources: number;
    /** Sum of the `size_bytes` of these resources. */
    readonly bytes: number;
  };
  /** Resources by payload type. */
  readonly by_payload_type: Readonly<Record<string, number>>;
  /** By modality, over the resources that hold the field, and as `unknown` those of a built-in type that has it. */
  readonly by_modality: Readonly<Record<string, number>>;
  /** By body part, over the resources that hold the field, and as `unknown` those of a built-in type that has it. */
  readonly by_body_part: Readonly<Record<string, number>>;
  /** By licence. */
  readonly by_license: Readonly<Record<string, number>>;
  /** By access level. */
  readonly by_access_level: Readonly<Record<string, number>>;
  /** By patient's sex, over the resources that hold the field, and as `unknown` those of a built-in type that has it. */
  readonly by_patient_sex: Readonly<Record<string, number>>;
  /** By decade of the patient's age, e.g. 40-49, over the resources that hold the field, and as `unknown` those of a built-in type that has it. */
  readonly by_age_decade: Readonly<Record<string, number>>;
  /** By month of creation, UTC, e.g. 2026-01. */
  readonly by_month: Readonly<Record<string, number>>;
}

/** A presigned URL. */
export interface Address {
  /** Presigned URL. Whoever holds it may use it: keep it out of logs. */
  readonly url: string;
  /** Key of the object; for uploads. */
  readonly path?: string;
  /** Headers that the upload has to bear exactly so. */
  readonly headers?: Readonly<Record<string, string>>;
  /** RFC 3339 instant with an offset, at most microseconds. */
  readonly expires_at: string;
}

/** An object that has arrived as promised. */
export interface FinalizedObject {
  readonly path: string;
  readonly size_bytes: number;
  readonly content_type: string | null;
  /** Null for an object too large to be read through. */
  readonly sha256: string | null;
  readonly xxhash: string | null;
  /** Resources that name the object and now tell its size, type and digest. */
  readonly resources: readonly string[];
}

/** Rows of a Parquet file. */
export interface ParquetPreview {
  readonly columns: readonly string[];
  readonly schema: readonly {
    readonly name: string;
    /** Physical type; null for a group. */
    readonly type: string | null;
    readonly logical_type: string | null;
    readonly nullable: boolean;
    readonly repeated: boolean;
    readonly [member: string]: unknown;
  }[];
  readonly total_rows: number;
  readonly returned_rows: number;
  readonly offset: number;
  /** Rows, each an object by column. */
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

/** A file made of a query. */
export interface Export {
  readonly id: string;
  /** `expired`: the file was removed. */
  readonly state: "pending" | "running" | "succeeded" | "failed" | "expired";
  readonly format: "parquet" | "csv" | "ndjson";
  /** The instant of the state that the file shows. */
  readonly as_of: string;
  /** RFC 3339 instant with an offset, at most microseconds. */
  readonly created_at: string;
  readonly finished_at: string | null;
  readonly rows: number | null;
  readonly size_bytes: number | null;
  /** Why it failed. */
  readonly fault: string | null;
  /** When the file is removed. */
  readonly expires_at: string | null;
  /** Where the file is, for GET and HEAD, with ranges; it needs no token: keep it out of logs. */
  readonly url: string | null;
  /** When this URL stops working; ask again for more. */
  readonly url_expires_at: string | null;
}

/** A page of the audit, the newest first. */
export interface Audit {
  readonly transactions: readonly {
    /** Of a write; null for everything else. */
    readonly transaction: number | null;
    readonly instant: string;
    readonly principal: string;
    readonly surface: string;
    readonly operation: string;
    /** Method and pattern of the route. */
    readonly route: string;
    readonly request_id: string;
    readonly resources: number;
    /** Where objects were given out: the restricted resources that name them. */
    readonly identifiers?: readonly string[];
  }[];
  /** Send it as `after`; null on the last page. */
  readonly next: string | null;
}
