import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { ConnectionError, NotFoundError } from "../../client/index.ts";
import { type Command, type Context, EXIT, UsageError } from "../command.ts";
import { appendRest } from "../files.ts";
import { createMeter } from "../meter.ts";
import { jsonText, show } from "../print.ts";
import { SELECTION, selectionOf } from "../selection.ts";

const FORMATS = ["parquet", "csv", "ndjson"] as const;
type Format = (typeof FORMATS)[number];

const formatOf = (named: string | undefined, path: string): Format => {
  const ending = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase();
  const wanted = named ?? FORMATS.find((one) => one === ending) ?? "parquet";
  const format = FORMATS.find((one) => one === wanted);
  if (format === undefined) throw new UsageError(`--format takes ${FORMATS.join(", ")}`);
  return format;
};

/** A started export: its parameters, and its id at the server. */
interface Begun {
  readonly job: string;
  readonly id: string;
}

const begunIn = (path: string, job: string): string | undefined => {
  if (!existsSync(path)) return undefined;
  try {
    const begun = JSON.parse(readFileSync(path, "utf8")) as Begun;
    return begun.job === job ? begun.id : undefined;
  } catch {
    return undefined;
  }
};

/** Downloads an export to a file, from where an earlier run stopped. */
const fetchFile = async (
  { aside, client, signal }: Context,
  id: string,
  part: string,
): Promise<number> => {
  const finished = await client().finishExport(id);
  const size = finished.size_bytes ?? 0;
  const meter = createMeter(aside, size);
  const offset = existsSync(part) ? statSync(part).size : 0;
  if (offset < size) {
    await appendRest(part, offset, {
      from: async (at) => client().exportFile(id, { offset: at }),
      told: (bytes) => meter.update(bytes, ""),
      signal,
    });
  } else if (offset === 0) {
    writeFileSync(part, "");
  }
  meter.end();
  const arrived = statSync(part).size;
  if (arrived !== size) {
    rmSync(part);
    throw new ConnectionError(`${arrived} bytes arrived, and ${size} were expected`);
  }
  return finished.rows ?? 0;
};

/** `vxdata export` */
export const exportFile: Command = {
  name: "export",
  summary: "Write what a query finds into a file",
  usage: "[options] --output FILE [PAYLOAD_TYPE]",
  about: [
    "Parquet, CSV or NDJSON by the file's ending, in the state of the moment (or of --as-of). A file that broke off is gone on with when the same command is run again.",
  ],
  options: {
    output: { value: "FILE", short: "o", about: "where to write; it must not exist" },
    format: { value: FORMATS.join("|"), about: "whatever the file's ending says" },
    force: { about: "replace the file" },
    ...SELECTION,
  },
  shared: "read",
  examples: [
    "vxdata export image -o images.parquet",
    "vxdata export study --where 'study_date>=2026-01-01' -o studies.csv",
    "vxdata export --parent nih-cxr14 --below -o all.ndjson",
  ],
  run: async (context) => {
    const { aside, asOf, client, given, json, print, url } = context;
    const output = given.text("output");
    if (output === undefined) throw new UsageError("--output is needed");
    if (existsSync(output) && !given.flag("force"))
      throw new UsageError(`${output} is there already`);
    const format = formatOf(given.text("format"), output);
    const query = await selectionOf(given, client);
    const what = JSON.stringify([url(), query, format, asOf() ?? null]);
    const job = createHash("sha256").update(what).digest("hex");
    const part = `${output}.part`;
    const note = `${output}.part.json`;
    let id = begunIn(note, job);
    const order = async (): Promise<string> => {
      rmSync(part, { force: true });
      const fresh = (await client().orderExport(query, { format })).id;
      writeFileSync(note, JSON.stringify({ job, id: fresh } satisfies Begun));
      return fresh;
    };
    if (id !== undefined) aside.write(`going on with export ${id}\n`);
    id ??= await order();
    const rows = await fetchFile(context, id, part).catch(async (error: unknown) => {
      // Kept for a week: an expired one is ordered again.
      if (!(error instanceof NotFoundError)) throw error;
      return fetchFile(context, await order(), part);
    });
    renameSync(part, output);
    rmSync(note, { force: true });
    print(json ? jsonText({ file: output, rows, format }) : `${show(output)}: ${rows} rows`);
    return EXIT.done;
  },
};
