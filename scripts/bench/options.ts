/** The benchmark's command line. */
import { parseArgs } from "node:util";
import type { CohortSize } from "./cohort.ts";

/** The parsed options. */
export interface Options {
  readonly quick: boolean;
  readonly help: boolean;
  /** Names of workloads; empty means all. */
  readonly only: readonly string[];
  readonly profile: string | null;
  readonly rounds: number;
  readonly seconds: number;
  readonly images: number;
  readonly role: "admin" | "editor";
  readonly out: string;
}

/** The help text. */
export const HELP = `Measures what the product adds to the bare platform: CPU time per request against a floor.

Usage: npm run bench -- [options]

The product's bundle and the floor, a Worker written by hand with one raw prepared statement a
route, run in one workerd process over copies of the same data: 100,000 images, 500,000 versions.
Each answer is checked, then the two run in turn, and their CPU time is read from /proc.

The workload serve is a point read by \`vxdata serve\`, with all processes that it consists of, against
the product's socket here; serve-log, the same with the request log on.

The workload start is the time from the start of the runtime to the first answer, a point read, with all
processes: of the product against the floor with the same bindings, both over the same data.

The workload parquet is one large file: all images by /query/parquet, against hyparquet-writer alone
over the same rows, columns in memory, and DuckDB with one thread.

  --quick              a short run over little data, to see that everything works
  --only <names>       only these workloads, separated by commas
  --rounds <n>         rounds of each side (default 5)
  --seconds <n>        length of a round (default 0.8; half as long again for the main workloads)
  --images <n>         images, a multiple of 1000 (default 100000)
  --role <role>        who asks: admin (default) or editor, whose visibility is checked row by row
  --out <file>         where the JSON goes (default bench-results.json)
  --profile <name>     CPU profile of the product under one workload: the functions that cost most,
                       and a .cpuprofile file that browsers' developer tools open
  -h, --help           this text

The exit code is 0 unless an answer was wrong or the benchmark itself could not run.

Examples:
  npm run bench
  npm run bench -- --only point,ids,page --rounds 3
  npm run bench -- --profile update
`;

const VERSIONS_EACH = 5;

/** How much data a run has. */
export const sizeOf = ({ images }: Options): CohortSize => ({
  images,
  versionsEach: VERSIONS_EACH,
  patients: Math.ceil(images / 20),
});

const OPTIONS = {
  quick: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  only: { type: "string", default: "" },
  profile: { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  images: { type: "string" },
  role: { type: "string", default: "admin" },
  out: { type: "string", default: "bench-results.json" },
} as const;

const positive = (name: string, text: string): number => {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${name} is a number above 0`);
};

const wholePositive = (name: string, text: string, multipleOf = 1): number => {
  const value = positive(name, text);
  if (Number.isInteger(value) && value % multipleOf === 0) return value;
  throw new Error(`--${name} is a whole number, and a multiple of ${multipleOf}`);
};

const roleOf = (text: string): Options["role"] => {
  if (text === "admin" || text === "editor") return text;
  throw new Error("--role is admin or editor");
};

/**
 * Parses the command line.
 * @throws {Error} naming the wrong option.
 */
export const parseOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { quick } = values;
  return {
    quick,
    help: values.help,
    only: values.only.split(",").filter((name) => name !== ""),
    profile: values.profile ?? null,
    rounds: wholePositive("rounds", values.rounds ?? (quick ? "2" : "5")),
    seconds: positive("seconds", values.seconds ?? (quick ? "0.2" : "0.8")),
    images: wholePositive("images", values.images ?? (quick ? "5000" : "100000"), 1_000),
    role: roleOf(values.role),
    out: values.out,
  };
};
