import { type Command, EXIT, UsageError, wholeNumber, wordsOf } from "../command.ts";
import { show } from "../print.ts";
import { SELECTION, selectionOf } from "../selection.ts";
import { lineageTree } from "../tree.ts";

type Row = Readonly<Record<string, unknown>>;

const DEFAULT_COLUMNS: readonly string[] = ["identifier", "payload_type", "updated_at"];

/** `vxdata query` */
export const query: Command = {
  name: "query",
  summary: "Find resources, or count them",
  usage: "[options] [PAYLOAD_TYPE]",
  about: [
    "Prints all resources that are found, in the one state that the first page saw: a line each, its members apart by tabs, or JSON with --json.",
  ],
  options: {
    ...SELECTION,
    limit: { value: "N", about: "the first N only" },
    count: { about: "only how many there are" },
  },
  shared: "read",
  examples: [
    "vxdata query image --where modality=CT --where 'rows>=512'",
    "vxdata query --parent nih-cxr14 --below --count",
    "vxdata query image --columns identifier,rows --sort rows --json",
    "vxdata query study --as-of 2026-01-31T12:00:00Z --limit 10",
  ],
  run: async ({ client, given, json, print, signal }) => {
    const selection = selectionOf(given);
    if (given.flag("count")) {
      const found = await client().count(selection);
      print(json ? JSON.stringify({ count: found }) : String(found));
      return EXIT.done;
    }
    const text = given.text("limit");
    const limit =
      text === undefined ? Infinity : wholeNumber("limit", text, 1, Number.MAX_SAFE_INTEGER);
    const columns = selection.select_columns ?? DEFAULT_COLUMNS;
    let left = limit;
    const paged = limit < 1_000 ? { ...selection, limit } : selection;
    for await (const resource of client().query(paged)) {
      signal.throwIfAborted();
      const row: Row = { ...resource };
      print(json ? JSON.stringify(row) : columns.map((name) => show(row[name])).join("\t"));
      left -= 1;
      if (left === 0) break;
    }
    return EXIT.done;
  },
};

/** `vxdata get` */
export const get: Command = {
  name: "get",
  summary: "Show resources by identifier",
  usage: "[options] ID...",
  about: ["Prints each resource as JSON. The exit code is 5 when one of them is not there."],
  options: {},
  shared: "read",
  examples: [
    "vxdata get tour/ct-1",
    "vxdata get tour/ct-1 --as-of 2026-01-31T12:00:00Z",
    "vxdata get tour/ct-1 tour/dx-1 --json | jq .modality",
  ],
  run: async ({ aside, client, given, json, print }) => {
    if (given.words.length === 0) throw new UsageError("at least one ID is needed");
    const found = await client().read(given.words, { split: true });
    for (const resource of found) print(JSON.stringify(resource, null, json ? 0 : 2));
    const known = new Set(found.map(({ identifier }) => identifier));
    const missing = given.words.filter((word) => !known.has(word));
    for (const word of missing) aside.write(`${show(word)}: not there, or not to be seen\n`);
    return missing.length === 0 ? EXIT.done : EXIT.missing;
  },
};

/** `vxdata history` */
export const history: Command = {
  name: "history",
  summary: "Show every version of a resource",
  usage: "[options] ID",
  about: [
    "A line for each version, the oldest first: its number, when, what was done, by whom, whether it is deleted, and why if a reason was given.",
  ],
  options: {},
  shared: "read",
  examples: ["vxdata history tour/ct-1", "vxdata history tour/ct-1 --json"],
  run: async ({ client, given, json, print }) => {
    const [identifier = ""] = wordsOf(given, "ID");
    for await (const version of client().versions(identifier)) {
      const { instant, operation, principal, reason } = version.transaction;
      const deleted = version.is_deleted ? "\tdeleted" : "";
      const why = reason === undefined ? "" : `${deleted === "" ? "\t" : ""}\t${show(reason)}`;
      const line = [version.version, instant, operation, principal].map(show).join("\t");
      print(json ? JSON.stringify(version) : `${line}${deleted}${why}`);
    }
    return EXIT.done;
  },
};

const versionOf = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

/** `vxdata diff` */
export const diff: Command = {
  name: "diff",
  summary: "Show what differs between two versions of a resource",
  usage: "[options] ID FROM TO",
  about: ["FROM and TO are version numbers or instants (RFC 3339)."],
  options: {},
  shared: "read",
  examples: [
    "vxdata diff tour/ct-1 1 2",
    "vxdata diff tour/ct-1 2026-01-01T00:00:00Z 2026-02-01T00:00:00Z",
  ],
  run: async ({ client, given, json, print }) => {
    const [identifier = "", from = "", to = ""] = wordsOf(given, "ID", "FROM", "TO");
    const body = { identifier, from: versionOf(from), to: versionOf(to) };
    const { changes } = await client().diff(body);
    for (const change of changes) {
      const { after, before, path } = change;
      print(json ? JSON.stringify(change) : `${show(path)}: ${show(before)} -> ${show(after)}`);
    }
    return EXIT.done;
  },
};

const DIRECTIONS = ["up", "down", "both"] as const;

/** `vxdata lineage` */
export const lineage: Command = {
  name: "lineage",
  summary: "Show what a resource came from, and what came of it",
  usage: "[options] ID",
  about: ["Parents and derivations as a tree; with --json as nodes and edges."],
  options: {
    direction: { value: "up|down|both", about: "which side (default both)" },
    depth: { value: "N", about: "at most so many steps away" },
  },
  shared: "read",
  examples: ["vxdata lineage tour/lung-1", "vxdata lineage tour/ct-1 --direction down --depth 2"],
  run: async ({ client, given, json, print }) => {
    const [identifier = ""] = wordsOf(given, "ID");
    const named = given.text("direction") ?? "both";
    const direction = DIRECTIONS.find((one) => one === named);
    if (direction === undefined) throw new UsageError("--direction takes up, down or both");
    const text = given.text("depth");
    const depth = text === undefined ? {} : { depth: wholeNumber("depth", text, 0, 10_000) };
    const found = await client().lineage(identifier, { direction, ...depth });
    if (json) print(JSON.stringify(found));
    else for (const line of lineageTree(found, identifier)) print(line);
    return EXIT.done;
  },
};
