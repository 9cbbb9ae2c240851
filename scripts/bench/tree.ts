/** Reads of the tree. */
import { type CohortSize, DATASOURCE, patientIdentifier } from "./cohort.ts";
import { get, identifiers, PAGE, READERS, type Workload } from "./workload.ts";

/** Ancestors of a leaf, and a page of children with counts below each. */
export const treeWorkloads = (size: CohortSize): readonly Workload[] => [
  {
    name: "parents",
    title: "ancestors of an image",
    concurrency: READERS,
    weight: 1.5,
    goal: 0.85,
    check: { kind: "same" },
    calls: (random) => () => {
      const [identifier = ""] = identifiers(random, size, 1);
      return get(`/parents/${encodeURIComponent(identifier)}`);
    },
  },
  {
    name: "children",
    title: "page of 100 children with counts",
    concurrency: READERS,
    weight: 1.5,
    goal: 0.85,
    check: { kind: "same" },
    calls: (random) => () => {
      const after = patientIdentifier(random.between(0, size.patients - PAGE - 1));
      const query = { parent_identifier: DATASOURCE, limit: String(PAGE), after };
      return get(`/children?${new URLSearchParams(query).toString()}`);
    },
  },
];
