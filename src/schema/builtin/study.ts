import { z } from "zod";
import { acquisition, date, identifiers, subject, text, strings, integer } from "./parts.ts";

/** One examination of a patient. */
export const study = z
  .strictObject({
    study_instance_uid: identifiers.study_instance_uid,
    study_date: date("Day on which the study began.", "(0008,0020)"),
    study_description: text(1_024, "What the study was, in words.", "(0008,1030)"),
    modalities_in_study: strings(64, "Kinds of equipment used.", "(0008,0061)"),
    body_part_examined: acquisition.body_part_examined,
    patient_sex: subject.patient_sex,
    patient_age_years: subject.patient_age_years,
    follow_up_number: integer(0, 1_000_000, "Position among the patient's studies, from 0."),
    number_of_series: integer(0, 1_000_000, "Series in the study.", { tag: "(0020,1206)" }),
    number_of_instances: integer(0, 100_000_000, "Objects in the study.", { tag: "(0020,1208)" }),
  })
  .partial()
  .meta({ title: "study", description: "One examination of a patient." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["study_date", "study_instance_uid"];
