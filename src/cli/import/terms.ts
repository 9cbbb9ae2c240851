/** Terms that the world agrees on: modalities of DICOM, licences of SPDX. */
import licences from "spdx-license-ids/index.json" with { type: "json" };
import oldLicences from "spdx-license-ids/deprecated.json" with { type: "json" };
import type { Json, JsonObject } from "../../model/json.ts";

/** Defined terms of Modality (0008,0060), retired ones included (DICOM PS3.3, C.7.3.1.1.1). */
const MODALITIES: ReadonlySet<string> = new Set(
  `ANN AR ASMT AU BDUS BI BMD CFM CR CT CTPROTOCOL DG DMS DOC DX ECG EEG EMG EOG EPS ES FID GM HC HD
  IO IOL IVOCT IVUS KER KO LEN LS M3D MG MR NM OAM OCT OP OPM OPT OPTBSV OPTENF OPV OSS OT PA PLAN POS
  PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN RTSTRUCT RWV SEG SM
  SMR SR SRF STAIN TEXTUREMAP TG US VA XA XAPROTOCOL XC
  AS CD CF CP CS DD DF DM DS EC FA FS LP MA MS OPR ST VF`
    .trim()
    .split(/\s+/),
);

const LICENCES: ReadonlySet<string> = new Set(
  [...licences, ...oldLicences].map((id) => id.toLowerCase()),
);

/** True for a licence expression of SPDX (annex D), e.g. `MIT OR CC0-1.0`. */
function isLicence(text: string): boolean {
  const words = text.replaceAll(/[()]/g, " ").trim().split(/\s+/);
  return words.every((word, index) => {
    if (index > 0 && /^(?:AND|OR|WITH)$/i.test(word)) return true;
    // Behind WITH stands an exception, which has a list of its own.
    if (/^WITH$/i.test(words[index - 1] ?? "")) return true;
    if (/^(?:LicenseRef|DocumentRef)-/.test(word)) return true;
    return LICENCES.has(word.replace(/\+$/, "").toLowerCase());
  });
}

const texts = (value: Json | undefined): readonly string[] =>
  [value].flat().filter((one) => typeof one === "string");

/** What a resource names that is in no list, a text for each. */
function unknownTerms(body: JsonObject): readonly string[] {
  const modalities = [...texts(body["modality"]), ...texts(body["modalities_in_study"])];
  return [
    ...modalities
      .filter((term) => !MODALITIES.has(term))
      .map((term) => `the modality ${JSON.stringify(term)} is not a defined term of DICOM`),
    ...texts(body["license"])
      .filter((text) => !isLicence(text))
      .map((text) => `the licence ${JSON.stringify(text)} is not an identifier of SPDX`),
  ];
}

/** How often each was met. */
export type Terms = Readonly<Record<string, number>>;

/** The sum of two. */
export function addTerms(left: Terms, right: Terms): Terms {
  const sum: Record<string, number> = { ...left };
  for (const [term, times] of Object.entries(right)) sum[term] = (sum[term] ?? 0) + times;
  return sum;
}

/** The unknown terms of some resources, each resource once. */
export function termsOf(bodies: Iterable<JsonObject>): Terms {
  const seen = new Set<unknown>();
  const found: Record<string, number> = {};
  for (const body of bodies) {
    if (seen.has(body["identifier"])) continue;
    seen.add(body["identifier"]);
    for (const term of unknownTerms(body)) found[term] = (found[term] ?? 0) + 1;
  }
  return found;
}
