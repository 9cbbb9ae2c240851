/** What a query goes by, in words and in data. */
import type { Advice, PageExplained, UsedIndex } from "../../../store/index.ts";
import type { Explanation } from "../wire/indexes.ts";

const USES: Readonly<Record<UsedIndex["use"], (field: string) => string>> = {
  value: (field) => `finds the resources by the value of ${field}`,
  order: (field) => `reads the resources in the order of ${field}, or a range of it`,
  creation: () => "reads the resources in the order of creation and tests each of them",
  identifier: () => "finds the resources by their identifiers",
  parent: () => "finds the resources below their parent",
  owner: () => "reads the resources of one owner in the order of creation",
  unique: () => "finds the resources by fields that are unique together",
  history: () => "reads the versions that were superseded since the instant",
};

/** The index names of one use, and what they are for. */
const sentencesOf = (indexes: readonly UsedIndex[]): readonly string[] =>
  indexes.map(({ name, use, field = "" }) => `The index ${name} ${USES[use](field)}.`);

const costOf = ({ measured }: PageExplained): string => {
  if (measured === null)
    return "Only admins are told how many rows are read and which index would help.";
  const { read, returned } = measured;
  return `The page reads ${read} rows of the database for ${returned} resources.`;
};

const adviceOf = ({ measured }: PageExplained): string => {
  const [best] = measured?.advice ?? [];
  if (measured === null) return "";
  if (best === undefined) return "No further index of one field would make it cheaper.";
  const part = best.helps === "filter" ? "filter by" : "order of";
  return `An index on ${best.field} would serve the ${part} ${best.field}: about ${best.expected} rows.`;
};

const renderAdvice = (payloadType: string, { field, helps, expected, fields }: Advice) => ({
  field,
  helps,
  rows_expected: expected,
  method: "PUT" as const,
  path: `/schemas/${payloadType}/indexes`,
  body: { fields: [...fields] },
});

/**
 * The explanation of a page.
 *
 * @param payloadType that of the query, for who may change its indexes.
 */
export function renderExplained(explained: PageExplained, payloadType: string): Explanation {
  const { indexes, isSorted, isWhole, measured } = explained;
  const sentences = [
    ...(indexes.length === 0
      ? ["No index is used: all resources are read."]
      : sentencesOf(indexes)),
    isSorted ? "What is found is sorted." : "",
    isWhole ? "" : "A part of the filters is tested row by row outside of the database.",
    costOf(explained),
    adviceOf(explained),
  ];
  return {
    explanation: sentences.filter((sentence) => sentence !== "").join(" "),
    indexes: indexes.map((each) => ({
      name: each.name,
      use: each.use,
      payload_type: each.payloadType ?? null,
      field: each.field ?? null,
    })),
    sorted: isSorted,
    tested: !isWhole,
    rows_read: measured?.read ?? null,
    rows_returned: measured?.returned ?? null,
    advice: (measured?.advice ?? []).map((each) => renderAdvice(payloadType, each)),
  };
}
