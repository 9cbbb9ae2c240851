import { parseArgs } from "node:util";
import { API_OPTIONS, API_OPTIONS_HELP } from "../support/api-options.ts";

/** What `npm run import -- --help` prints. */
export const HELP = `Streams a table into patients, studies and resources through the API.

Usage: npm run import -- --mapping FILE [options] TABLE

  TABLE                .csv, .tsv or .ndjson (.jsonl), plain or gzip
  --mapping FILE       how a row becomes resources (scripts/mappings/*.json; the shape is
                       scripts/mappings/mapping.schema.json)
${API_OPTIONS_HELP}
  --dry-run            check everything, send nothing, say what would be made
  --limit N            the first N rows only
  --rejects FILE       write what was refused as NDJSON (else the first 20 are listed)
  --existing verify|skip
                       identifiers that are taken: compare their content and report
                       differences (default), or leave it at that
  --batch N            elements of one call, 1 to 10000 (default 2500)
  --concurrency N      batches under way at once, 1 to 16 (default 3)
  --patience SECONDS   how long to wait for a server that is away (default 120)
  --state FILE         where an unfinished import is remembered
                       (default .wrangler/import/<job>.json)
  --restart            forget an unfinished import and begin anew
  -h, --help           this text

An import that was stopped or killed goes on when it is run again; nothing is made twice.
Exit code: 0 all rows are in, 1 some were refused, 2 wrong call, mapping or table, 3 the
server stayed away or refused the caller, 130 stopped by Ctrl-C.

Examples:
  npm run import -- --mapping scripts/mappings/nih-chestxray14.json \\
    Data_Entry_2017_v2020.csv.gz
  npm run import -- --mapping scripts/mappings/generic.json --dry-run images.csv
  VXDATA_TOKEN=... npm run import -- --mapping my.json --url https://data.example.org rows.ndjson
`;

/** The call is wrong: printed with a hint at `--help`. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The options of one import. */
export interface ImportArguments {
  readonly help: boolean;
  readonly table: string;
  readonly mapping: string;
  readonly url: string;
  readonly email: string | undefined;
  readonly password: string | undefined;
  readonly dryRun: boolean;
  readonly limit: number;
  readonly rejects: string | undefined;
  readonly existing: "verify" | "skip";
  readonly batch: number;
  readonly concurrency: number;
  readonly patience: number;
  readonly state: string | undefined;
  readonly restart: boolean;
}

const OPTIONS = {
  ...API_OPTIONS,
  mapping: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  limit: { type: "string" },
  rejects: { type: "string" },
  existing: { type: "string", default: "verify" },
  batch: { type: "string", default: "2500" },
  concurrency: { type: "string", default: "3" },
  patience: { type: "string", default: "120" },
  state: { type: "string" },
  restart: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const wholeNumber = (name: string, text: string, low: number, high: number): number => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  const range = high === Number.MAX_SAFE_INTEGER ? `${low} or more` : `${low} to ${high}`;
  throw new UsageError(`--${name} takes a whole number, ${range}`);
};

const parseOptions = (words: readonly string[]) => {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

const serverUrl = (text: string): string => {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new UsageError("--url takes an http or https address");
};

const existingMode = (text: string): "verify" | "skip" => {
  if (text === "verify" || text === "skip") return text;
  throw new UsageError("--existing takes verify or skip");
};

/**
 * Reads the command line of an import.
 * @throws {UsageError} saying what is wrong.
 */
export const parseImportArguments = (words: readonly string[]): ImportArguments => {
  const { values, positionals } = parseOptions(words);
  const [table = "", ...surplus] = positionals;
  if (!values.help) {
    if (values.mapping === undefined) throw new UsageError("--mapping is needed");
    if (table === "" || surplus.length > 0) throw new UsageError("exactly one TABLE is needed");
  }
  const { MAX_SAFE_INTEGER } = Number;
  return {
    help: values.help,
    table,
    mapping: values.mapping ?? "",
    url: serverUrl(values.url),
    email: values.email,
    password: values.password,
    dryRun: values["dry-run"],
    limit:
      values.limit === undefined
        ? Number.POSITIVE_INFINITY
        : wholeNumber("limit", values.limit, 1, MAX_SAFE_INTEGER),
    rejects: values.rejects,
    existing: existingMode(values.existing),
    batch: wholeNumber("batch", values.batch, 1, 10_000),
    concurrency: wholeNumber("concurrency", values.concurrency, 1, 16),
    patience: wholeNumber("patience", values.patience, 0, 86_400),
    state: values.state,
    restart: values.restart,
  };
};
