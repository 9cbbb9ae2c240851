import { z } from "zod";
import { choice, date, storedObject, text, strings, uid } from "./parts.ts";

/** What a reader wrote about a study, de-identified. */
export const report = z
  .strictObject({
    report_date: date("Day of the report.", "(0008,0023)"),
    report_status: choice(["preliminary", "final", "amended", "cancelled"], "State of the report."),
    language_code: text(35, "Language of the text (BCP 47)."),
    report_text: text(500_000, "Text of the report, de-identified."),
    impression: text(100_000, "Conclusion of the report, de-identified."),
    finding_labels: strings(256, "Findings that the report names."),
    sop_instance_uid: uid("Unique identifier of the object.", "(0008,0018)"),
    ...storedObject,
  })
  .partial()
  .meta({ title: "report", description: "A de-identified report about a study." });

/** Fields served by an index. */
export const indexes: readonly string[] = ["report_date"];
