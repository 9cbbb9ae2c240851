/** What is measured against PostgREST: the main workloads of the benchmark, and an export. */
import type { CohortSize } from "../cohort.ts";
import { post, type Workload } from "../workload.ts";
import { workloadsOf } from "../workloads.ts";

const NAMES = ["point", "ids", "page", "scan-count", "create", "update"];

const EXPORT: Workload = {
  name: "export",
  title: "all images (product: Parquet, PostgREST: CSV)",
  concurrency: 1,
  weight: 3,
  check: { kind: "same" },
  calls: () => () => post("/query/parquet", { payload_type: "image" }),
};

/** The workloads; the writes last, since they change what is read. */
export const peerWorkloads = (size: CohortSize): readonly Workload[] => {
  const all = workloadsOf(size).filter(({ name }) => NAMES.includes(name));
  const firstWrite = all.findIndex(({ name }) => name === "create");
  // The goals are those against the floor.
  return all.toSpliced(firstWrite, 0, EXPORT).map(({ goal: _goal, ...workload }) => workload);
};
