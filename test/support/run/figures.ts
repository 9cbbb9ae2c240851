/**
 * The figures of random tests. `npm test` gives feedback within minutes and uses the quick figures;
 * `npm run test:all`, which CI runs, uses those of `all`. An environment variable overrides each of
 * them, as `npm run test:long` does.
 */

/** True when everything is run, with full figures. */
export const IS_ALL = process.env["SIZE"] === "all";

interface Figure {
  readonly quick: number;
  readonly all: number;
  /** The variable that sets it; by default its own name. */
  readonly variable?: string;
}

/**
 * Small enough for seconds, and large enough that each test still meets the cases that it is for.
 */
const FIGURES = {
  /** Milliseconds of a database call; in full runs as over a network. */
  CALL_MILLIS: { quick: 5, all: 25 },
  /** Rows over which the cost of each read is measured. */
  COST_ROWS: { quick: 1_500, all: 1_500 },
  /** Histories of edits, and of runs that bring closure and rollups up to date. */
  CLOSURE: { quick: 30, all: 200 },
  /** Patients of the catalogue over which the cost of the job is measured, with four rows below each. */
  CLOSURE_PATIENTS: { quick: 400, all: 4_000 },
  /** Concurrent registrations, of a third as many external ids. */
  CONCURRENT_CALLS: { quick: 60, all: 300 },
  CONCURRENT_UPDATES: { quick: 100, all: 400 },
  DATASET_CONDITIONS: { quick: 20, all: 150 },
  DATASET_RECORDS: { quick: 4_000, all: 4_000 },
  /** Random writes, compared with what a reader may know about them. */
  DEEDS: { quick: 10, all: 80 },
  DOCUMENTS: { quick: 100, all: 400 },
  ENTITY_DOCUMENTS: { quick: 100, all: 500, variable: "DOCUMENTS" },
  FILTERS: { quick: 60, all: 400 },
  /** Conditions that unit tests decide by SQL and in memory. */
  FC_RUNS: { quick: 300, all: 2_500 },
  FUZZ: { quick: 100, all: 2_000 },
  HISTORIES: { quick: 20, all: 100 },
  OBJECT_HISTORIES: { quick: 20, all: 60, variable: "HISTORIES" },
  PART_HISTORIES: { quick: 20, all: 300, variable: "HISTORIES" },
  /** Rows of the first page of a response of several parts. */
  FIRST_PAGE: { quick: 100, all: 1_000 },
  LEVELS: { quick: 30, all: 60 },
  LINEAGE: { quick: 6, all: 40 },
  /** Rows of a query that is walked page by page while others write. */
  PAGED_ROWS: { quick: 60, all: 120 },
  READS: { quick: 40, all: 300 },
  SUBTREE_READS: { quick: 30, all: 150, variable: "READS" },
  /** Sequences of calls of the access matrix. */
  SEQUENCES: { quick: 100, all: 2_000 },
  /** Rows of each payload type of which sorted pages are measured. */
  SORTED_ROWS: { quick: 3_000, all: 26_000 },
  SOURCE_ROWS: { quick: 3_000, all: 12_000 },
  STATISTICS: { quick: 8, all: 50 },
} as const satisfies Readonly<Record<string, Figure>>;

/** Variables of a run, which tests in workerd get as bindings. */
export const RUN_VARIABLES: readonly string[] = [
  "SIZE",
  "FC_SEED",
  "FC_PATH",
  ...Object.entries<Figure>(FIGURES).map(([name, { variable = name }]) => variable),
];

/** The figure of a test in this run. */
export const figure = (name: keyof typeof FIGURES): number => {
  const { quick, all, variable = name }: Figure = FIGURES[name];
  return Number(process.env[variable] ?? (IS_ALL ? all : quick));
};

const QUICK_SHARE = 10;

/** Runs of a property: as many as given when everything is run, else a tenth. */
export const runs = (all: number): number => (IS_ALL ? all : Math.ceil(all / QUICK_SHARE));
