/**
 * DICOM attributes that mappings can name by keyword (PS3.6). `!` marks those that the Basic
 * Application Level Confidentiality Profile removes or replaces (PS3.15, table E.1-1).
 */
const TABLE = `
00020002 UI MediaStorageSOPClassUID
00020010 UI TransferSyntaxUID
00080005 CS SpecificCharacterSet
00080008 CS ImageType
00080012 DA InstanceCreationDate !
00080013 TM InstanceCreationTime !
00080016 UI SOPClassUID
00080018 UI SOPInstanceUID !
00080020 DA StudyDate !
00080021 DA SeriesDate !
00080022 DA AcquisitionDate !
00080023 DA ContentDate !
0008002A DT AcquisitionDateTime !
00080030 TM StudyTime !
00080031 TM SeriesTime !
00080032 TM AcquisitionTime !
00080033 TM ContentTime !
00080050 SH AccessionNumber !
00080060 CS Modality
00080061 CS ModalitiesInStudy
00080064 CS ConversionType
00080068 CS PresentationIntentType
00080070 LO Manufacturer
00080080 LO InstitutionName !
00080081 ST InstitutionAddress !
00080090 PN ReferringPhysicianName !
00080092 ST ReferringPhysicianAddress !
00080094 SH ReferringPhysicianTelephoneNumbers !
00080201 SH TimezoneOffsetFromUTC !
00081010 SH StationName !
00081030 LO StudyDescription !
0008103E LO SeriesDescription !
00081040 LO InstitutionalDepartmentName !
00081048 PN PhysiciansOfRecord !
00081050 PN PerformingPhysicianName !
00081060 PN NameOfPhysiciansReadingStudy !
00081070 PN OperatorsName !
00081080 LO AdmittingDiagnosesDescription !
00081090 LO ManufacturerModelName
00082111 ST DerivationDescription !
00100010 PN PatientName !
00100020 LO PatientID !
00100021 LO IssuerOfPatientID !
00100024 SQ IssuerOfPatientIDQualifiersSequence !
00100030 DA PatientBirthDate !
00100032 TM PatientBirthTime !
00100040 CS PatientSex !
00101000 LO OtherPatientIDs !
00101001 PN OtherPatientNames !
00101005 PN PatientBirthName !
00101010 AS PatientAge !
00101020 DS PatientSize !
00101030 DS PatientWeight !
00101040 LO PatientAddress !
00101060 PN PatientMotherBirthName !
00101080 LO MilitaryRank !
00101081 LO BranchOfService !
00101090 LO MedicalRecordLocator !
00102000 LO MedicalAlerts !
00102110 LO Allergies !
00102150 LO CountryOfResidence !
00102152 LO RegionOfResidence !
00102154 SH PatientTelephoneNumbers !
00102160 SH EthnicGroup !
00102180 SH Occupation !
001021A0 CS SmokingStatus !
001021B0 LT AdditionalPatientHistory !
001021C0 US PregnancyStatus !
001021D0 DA LastMenstrualDate !
001021F0 LO PatientReligiousPreference !
00102201 LO PatientSpeciesDescription
00102203 CS PatientSexNeutered !
00102297 PN ResponsiblePerson !
00104000 LT PatientComments !
00120062 CS PatientIdentityRemoved
00120063 LO DeidentificationMethod
00180010 LO ContrastBolusAgent !
00180015 CS BodyPartExamined
00180020 CS ScanningSequence
00180021 CS SequenceVariant
00180022 CS ScanOptions
00180023 CS MRAcquisitionType
00180050 DS SliceThickness
00180060 DS KVP
00180080 DS RepetitionTime
00180081 DS EchoTime
00180082 DS InversionTime
00180087 DS MagneticFieldStrength
00180088 DS SpacingBetweenSlices
00181000 LO DeviceSerialNumber !
00181020 LO SoftwareVersions
00181030 LO ProtocolName !
00181151 IS XRayTubeCurrent
00181152 IS Exposure
00181210 SH ConvolutionKernel
00181314 DS FlipAngle
00181400 LO AcquisitionDeviceProcessingDescription !
00184000 LT AcquisitionComments !
00185100 CS PatientPosition
00185101 CS ViewPosition
0020000D UI StudyInstanceUID !
0020000E UI SeriesInstanceUID !
00200010 SH StudyID !
00200011 IS SeriesNumber
00200012 IS AcquisitionNumber
00200013 IS InstanceNumber
00200052 UI FrameOfReferenceUID !
00200060 CS Laterality
00201206 IS NumberOfStudyRelatedSeries
00201208 IS NumberOfStudyRelatedInstances
00201209 IS NumberOfSeriesRelatedInstances
00204000 LT ImageComments !
00280002 US SamplesPerPixel
00280004 CS PhotometricInterpretation
00280008 IS NumberOfFrames
00280010 US Rows
00280011 US Columns
00280030 DS PixelSpacing
00280100 US BitsAllocated
00280101 US BitsStored
00280301 CS BurnedInAnnotation
00321032 PN RequestingPhysician !
00321060 LO RequestedProcedureDescription !
00324000 LT StudyComments !
00380010 LO AdmissionID !
00400244 DA PerformedProcedureStepStartDate !
00400253 SH PerformedProcedureStepID !
00400254 LO PerformedProcedureStepDescription !
`;

/** A DICOM attribute. */
export interface Attribute {
  readonly keyword: string;
  /** The parser's name, e.g. `x00100010`. */
  readonly tag: string;
  /** Value representation, when the file does not have it. */
  readonly vr: string;
  /** Removed or replaced by the Basic Profile, because it may identify the person. */
  readonly personal: boolean;
}

/** The attributes above, by keyword. */
export const ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map(
  TABLE.trim()
    .split("\n")
    .map((line) => {
      const [tag = "", vr = "", keyword = "", mark] = line.split(" ");
      const personal = mark === "!";
      return [keyword, { keyword, tag: `x${tag.toLowerCase()}`, vr, personal }] as const;
    }),
);

const TAG = /^\(?([0-9a-fA-F]{4}),?([0-9a-fA-F]{4})\)?$/;

/** The attribute that a column of a mapping names, by keyword or by tag, e.g. `(0018,1020)`. */
export function attributeOf(column: string): Attribute | undefined {
  const known = ATTRIBUTES.get(column);
  if (known !== undefined) return known;
  const match = TAG.exec(column);
  if (match === null) return undefined;
  const tag = `x${match[1] ?? ""}${match[2] ?? ""}`.toLowerCase();
  const named = [...ATTRIBUTES.values()].find((one) => one.tag === tag);
  // An attribute in no list may be identifying.
  return named ?? { keyword: column, tag, vr: "UN", personal: true };
}
