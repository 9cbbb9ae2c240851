import { z } from "zod";
import { flag, subject, text, integer } from "./parts.ts";

/**
 * A person or animal that data are about. Never contains a name, a hospital number or anything
 * derived from one: only the identifier links.
 */
export const patient = z
  .strictObject({
    patient_sex: subject.patient_sex,
    patient_birth_year: integer(1850, 2200, "Year of birth; the day is never kept.", {
      unit: "a",
      tag: "(0010,0030)",
    }),
    ethnic_group: text(64, "Ethnic group, where a study needs it.", "(0010,2160)"),
    patient_species: text(64, "Species, for animals.", "(0010,2201)"),
    cohort: text(256, "Group of the study design that the patient belongs to."),
    patient_identity_removed: flag("True when the source was de-identified.", "(0012,0062)"),
    deidentification_method: text(1_024, "How it was de-identified.", "(0012,0063)"),
  })
  .partial()
  .meta({
    title: "patient",
    description: "A pseudonymous person or animal; never a name or a hospital number.",
  });

/** Fields served by an index. */
export const indexes: readonly string[] = ["patient_birth_year"];
