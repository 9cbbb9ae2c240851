/** The workloads: requests, the expected responses, and the goals. */
import { createRandom } from "../demo/random.ts";
import {
  changedMembers,
  type CohortSize,
  DATASOURCE,
  imageIdentifier,
  imagePayload,
  lastTransaction,
  momentOf,
  patientIdentifier,
  patientOf,
} from "./cohort.ts";
import type { Call } from "./load.ts";
import { treeWorkloads } from "./tree.ts";
import {
  BATCH,
  distinct,
  identifiers,
  PAGE,
  post,
  READERS,
  type Workload,
  WRITERS,
} from "./workload.ts";

const instantText = (micros: number): string => new Date(micros / 1000).toISOString();

/**
 * An instant at which a transaction was the last one: a different one at each call, milliseconds
 * apart.
 */
const instantsWithin = (transaction: number): (() => string) => {
  const start = momentOf(transaction).recordedAt;
  let step = 0;
  return () => {
    step += 1;
    return instantText(start + step * 1000);
  };
};

const image = (identifier: string, number: number, size: CohortSize) => ({
  identifier,
  payload_type: "image",
  parent_identifier: patientIdentifier(patientOf(size, number)),
  license: "CC0-1.0",
  ...imagePayload(number, 1),
});

const pageOf = (filters: object, extra: object = {}) => ({
  payload_type: "image",
  filters,
  limit: PAGE,
  ...extra,
});

const pointWorkload = (size: CohortSize): Workload => ({
  name: "point",
  title: "read 1 id",
  concurrency: READERS,
  weight: 1.5,
  goal: 0.8,
  check: { kind: "resources", rows: 1 },
  calls: (random) => () => post("/resources/read", { identifiers: identifiers(random, size, 1) }),
});

/**
 * The workloads of `vxdata serve`, compared with the product's own socket.
 *
 * @param log whether it logs requests. The cost of that has no goal, since it can be turned off.
 */
export const servedWorkload = (size: CohortSize, log: boolean): Workload => {
  const { goal: _ofTheFloor, ...point } = pointWorkload(size);
  return log
    ? { ...point, title: "the same with its request log" }
    : { ...point, title: "read 1 id by vxdata serve, against its socket", goal: 0.9 };
};

const readWorkloads = (size: CohortSize): readonly Workload[] => [
  pointWorkload(size),
  {
    name: "ids",
    title: "read 1000 ids",
    concurrency: READERS,
    weight: 1.5,
    goal: 0.8,
    check: { kind: "resources", rows: BATCH },
    calls: (random) => () =>
      post("/resources/read", { identifiers: identifiers(random, size, BATCH) }),
  },
  {
    name: "page",
    title: "page of 100, indexed field",
    concurrency: READERS,
    weight: 1.5,
    goal: 0.8,
    check: { kind: "resources", rows: PAGE, member: "results" },
    calls: (random) => () =>
      post("/query", pageOf({ modality: random.pick(["DX", "CT", "MR", "US"]) })),
  },
  {
    name: "scan-page",
    title: "page of 100, unindexed field (2 %)",
    concurrency: READERS,
    weight: 1,
    check: { kind: "resources", rows: PAGE, member: "results" },
    calls: () => () => post("/query", pageOf({ body_part_examined: "KNEE" })),
  },
  {
    name: "scan-count",
    title: "count, unindexed field",
    concurrency: READERS,
    weight: 1,
    goal: 10,
    check: { kind: "same" },
    calls: (random) => () =>
      post("/query/count", {
        payload_type: "image",
        filters: { view_position: random.pick(["PA", "AP", "LL"]) },
      }),
  },
];

const pastWorkloads = (size: CohortSize): readonly Workload[] => {
  const last = lastTransaction(size);
  const recently = last - Math.ceil((last - 2) / 100);
  const repeated = instantText(momentOf(recently).recordedAt + 500_000);
  return [
    {
      name: "past-ids",
      title: "read 1000 ids as of half-way",
      concurrency: READERS,
      weight: 1,
      check: { kind: "resources", rows: BATCH },
      calls: (random) => {
        const instant = instantsWithin(Math.floor(last / 2));
        return () =>
          post("/resources/read", {
            identifiers: identifiers(random, size, BATCH),
            as_of: instant(),
          });
      },
    },
    {
      name: "past-page",
      title: "page of 100 as of 1 % ago",
      concurrency: READERS,
      weight: 1,
      check: { kind: "resources", rows: PAGE, member: "results" },
      calls: () => {
        const instant = instantsWithin(recently);
        return () => post("/query", pageOf({ modality: "CT" }, { as_of: instant() }));
      },
    },
    {
      name: "past-repeat",
      title: "the same page as of, again",
      concurrency: READERS,
      weight: 1,
      goal: 7,
      check: { kind: "resources", rows: PAGE, member: "results" },
      calls: () => () => post("/query", pageOf({ modality: "CT" }, { as_of: repeated })),
    },
  ];
};

const registerItem = (name: string) => ({ datasource_id: DATASOURCE, external_uid: name });

const writeWorkloads = (size: CohortSize): readonly Workload[] => [
  {
    name: "create",
    title: "create 1000",
    concurrency: WRITERS,
    weight: 1.5,
    goal: 0.45,
    check: { kind: "create" },
    calls: () => {
      let batch = 0;
      return () => {
        batch += 1;
        const resources = Array.from({ length: BATCH }, (_, offset) =>
          image(`bench/new-${batch}-${offset}`, batch * BATCH + offset, size),
        );
        return post("/resources/create", { resources });
      };
    },
  },
  {
    name: "update",
    title: "update 1000, with history",
    concurrency: WRITERS,
    weight: 1.5,
    goal: 0.8,
    check: { kind: "update" },
    calls: (random) => {
      let version = size.versionsEach;
      return () => {
        version += 1;
        const numbers = distinct(random, BATCH, size.images);
        const updates = Object.fromEntries(
          numbers.map((number) => [imageIdentifier(number), changedMembers(number, version)]),
        );
        return post("/resources/update", { updates });
      };
    },
  },
  {
    name: "register",
    title: "register 1 patient",
    concurrency: WRITERS,
    weight: 1,
    check: { kind: "register", items: 1 },
    calls: () => {
      let next = 0;
      return () => {
        next += 1;
        return post("/patients/register", registerItem(`one-${next}`));
      };
    },
  },
  {
    name: "register-batch",
    title: "register 1000 patients",
    concurrency: WRITERS,
    weight: 1,
    check: { kind: "register", items: BATCH },
    calls: () => {
      let batch = 0;
      return () => {
        batch += 1;
        const items = Array.from({ length: BATCH }, (_, offset) =>
          registerItem(`many-${batch}-${offset}`),
        );
        return post("/patients/register", { items });
      };
    },
  },
];

/** The workloads against the floor; reads first, since writes change what they read. */
export const workloadsOf = (size: CohortSize): readonly Workload[] => [
  ...readWorkloads(size),
  ...treeWorkloads(size),
  ...pastWorkloads(size),
  ...writeWorkloads(size),
];

/** The calls of a side: each side of a workload gets the same ones. */
export const callsOf = (workload: Workload): (() => Call) =>
  workload.calls(createRandom(20_260_101));

/** The filter of the walk whose page 500 is compared with its page 1. */
const DEEP_FILTER = { modality: "DX" };

/** A page of the walk. */
export const deepCall = (limit: number, cursor?: string): Call =>
  post("/query", pageOf(DEEP_FILTER, { limit, ...(cursor === undefined ? {} : { cursor }) }));
