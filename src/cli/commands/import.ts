import { type Command, EXIT, UsageError } from "../command.ts";
import type { MappingPlan } from "../import/compile.ts";
import { createProgress } from "../import/progress.ts";
import { SHIPPED } from "../mappings.ts";
import { show } from "../print.ts";
import { openSource } from "../sources.ts";
import { planOf } from "./import-mapping.ts";
import { check, existingOf, load, number, rejectsOf } from "./import-run.ts";

/** Fields that are named in the command which shows what came in. */
const FIELDS_NAMED = 4;

/** How to see the rows of a table whose mapping was proposed: nobody knows their fields by heart. */
const tellQuery = ({ mapping }: MappingPlan, say: (line: string) => void): void => {
  const [resource] = mapping.resources ?? [];
  const fields = Object.keys(resource?.payload ?? {}).slice(0, FIELDS_NAMED);
  if (resource === undefined || fields.length === 0) return;
  const columns = ["identifier", ...fields].join(",");
  say(`to see them: vxdata query ${show(resource.payload_type)} --columns ${columns}`);
};

/** `vxdata import` */
export const importSource: Command = {
  name: "import",
  summary: "Import a table, a DICOM folder or a BIDS dataset",
  usage: "[options] SOURCE",
  about: [
    "SOURCE is a table (.csv, .tsv, .ndjson, plain or gzip, or .xlsx), a folder of DICOM files, or a BIDS dataset. The mapping says what a row, or a file, becomes; nothing that it does not map is sent. For a table without a mapping one is proposed, shown with three rows, and saved.",
    "An import that was stopped goes on when it is run again, and one that is complete adds nothing: what is there already is compared. What is refused is told, kept in a file to be corrected, and stops nothing else.",
  ],
  options: {
    mapping: {
      value: "FILE",
      about: `a mapping file, or one that is shipped: ${Object.keys(SHIPPED).join(", ")} (default for folders: bids or dicom)`,
    },
    datasource: { value: "ID", about: "where patients belong, instead of the mapping's own" },
    "dry-run": { about: "check everything, send nothing, say what would be made" },
    limit: { value: "N", about: "the first N rows only" },
    "with-files": {
      about: "of a folder: upload the files too, and name them in the resources",
    },
    type: { value: "NAME", about: "of a proposed mapping: the payload type of its rows" },
    save: { value: "FILE", about: "where a proposed mapping is kept (default: NAME.mapping.json)" },
    yes: { short: "y", about: "take a proposed mapping without asking" },
    rejects: {
      value: "FILE",
      about:
        "where rows that are refused are kept with the reasons (default: NAME.rejected.csv; .ndjson: the reasons alone)",
    },
    existing: {
      value: "verify|skip",
      about: "identifiers that are taken: compare their content (default), or leave it at that",
    },
    batch: { value: "N", about: "elements of one call, 1 to 10000 (default 2500)" },
    concurrency: { value: "N", about: "batches under way at once, 1 to 16 (default 3)" },
    state: {
      value: "FILE",
      about: "where an unfinished import is remembered (default: beside the kept logins)",
    },
    restart: { about: "forget an unfinished import and begin anew" },
  },
  shared: "write",
  examples: [
    "vxdata import --mapping nih-chestxray14 Data_Entry_2017_v2020.csv.gz",
    "vxdata import --mapping generic --dry-run images.csv",
    "vxdata import measurements.xlsx",
    "vxdata import --datasource ward-3 --with-files /media/cd",
    "vxdata import --datasource ds004504 ds004504/",
  ],
  run: async (context) => {
    const { aside, given } = context;
    const [path, ...surplus] = given.words;
    if (path === undefined || surplus.length > 0)
      throw new UsageError("exactly one SOURCE is needed");
    const limit = number(given, "limit", 1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY);
    existingOf(given);
    const progress = createProgress(aside, () => performance.now());
    const plan = await planOf(context, path, progress);
    if (plan === undefined) return EXIT.done;
    const source = await openSource(path, plan, progress.say);
    const job = { plan, source, progress, limit, rejects: rejectsOf(given, path, source) };
    try {
      if (given.flag("dry-run")) return await check(context, job);
      const code = await load(context, job);
      const isProposed = given.text("mapping") === undefined && source.kind === "table";
      if (isProposed) tellQuery(plan, progress.say);
      return code;
    } finally {
      progress.end();
    }
  },
};
