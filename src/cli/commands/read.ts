import type { AnyPayloads, Client, Query } from "../../client/index.ts";
import { addressBook } from "../accounts.ts";
import { type Command, EXIT, UsageError, wholeNumber, wordsOf } from "../command.ts";
import { instantOf } from "../instants.ts";
import { count, jsonText, show } from "../print.ts";
import {
  checkFormat,
  firstOf,
  isTable,
  LONG_ROWS,
  printRows,
  rowLimit,
  type Row,
  ROWS,
} from "../rows.ts";
import { SELECTION, selectionOf } from "../selection.ts";
import { lineageTree } from "../tree.ts";

const DEFAULT_COLUMNS: readonly string[] = ["identifier", "payload_type", "updated_at"];

async function* resourceRows(
  client: Client<AnyPayloads>,
  query: Query<string, AnyPayloads>,
): AsyncGenerator<Row> {
  for await (const resource of client.query(query)) yield { ...resource };
}

/** `vxdata query` */
export const query: Command = {
  name: "query",
  summary: "Find resources, or count them",
  usage: "[options] [PAYLOAD_TYPE]",
  about: [
    "Prints resources, in the one state that the first page saw: a table of the first 100 with a line that says how many more there are; with --json or --csv all of them.",
  ],
  options: {
    ...SELECTION,
    ...LONG_ROWS,
    count: { about: "only how many there are" },
  },
  shared: "read",
  examples: [
    "vxdata query image --where modality=CT --where 'rows>=512'",
    "vxdata query --parent nih-cxr14 --below --count",
    "vxdata query image --columns identifier,rows --sort rows --json",
    "vxdata query image --where 'finding_labels~Pneumonia' --csv",
    "vxdata query study --as-of yesterday --limit 10",
  ],
  run: async (context) => {
    const { aside, client, given, json, print } = context;
    checkFormat(given);
    const limit = rowLimit(context);
    // A wrong call is told before anybody has to be logged in.
    let used: Client<AnyPayloads> | undefined;
    const connected = (): Client<AnyPayloads> => (used ??= client());
    const selection = await selectionOf(given, connected);
    const server = connected();
    if (given.flag("count")) {
      const found = await server.count(selection);
      print(json ? jsonText({ count: found }) : String(found));
      return EXIT.done;
    }
    const columns = selection.select_columns ?? DEFAULT_COLUMNS;
    const paged = limit < 1_000 ? { ...selection, limit } : selection;
    const found = firstOf<Row>(resourceRows(server, paged), limit);
    const printed = await printRows(context, columns, found);
    if (printed === limit && isTable(context)) {
      const more = (await server.count(selection)) - printed;
      if (more > 0) aside.write(`${count(more)} more: --limit N, --all, --csv or --json\n`);
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
    for (const resource of found) print(jsonText(resource, json ? 0 : 2));
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
    "A row for each version, the oldest first: its number, when, what was done, by whom, whether it is deleted, and why if a reason was given. Admins see the e-mail addresses of accounts, others their own; --json has identifiers alone.",
  ],
  options: ROWS,
  shared: "read",
  examples: ["vxdata history tour/ct-1", "vxdata history tour/ct-1 --json"],
  run: async (context) => {
    const { client, given, json } = context;
    const [identifier = ""] = wordsOf(given, "ID");
    const walk = async function* (): AsyncGenerator<Row> {
      const addressOf = addressBook(client());
      for await (const version of client().versions(identifier)) {
        const { instant, operation, reason, principal } = version.transaction;
        if (json) {
          yield { ...version };
          continue;
        }
        const deleted = version.is_deleted ? "deleted" : "";
        const by = await addressOf(principal);
        yield { version: version.version, instant, operation, by, deleted, reason: reason ?? "" };
      }
    };
    const columns = ["version", "instant", "operation", "by", "deleted", "reason"];
    await printRows(context, columns, walk());
    return EXIT.done;
  },
};

const versionOf = (name: string, text: string): number | string =>
  /^\d+$/.test(text) ? Number(text) : instantOf(name, text, new Date());

/** `vxdata diff` */
export const diff: Command = {
  name: "diff",
  summary: "Show what differs between two versions of a resource",
  usage: "[options] ID FROM TO",
  about: [
    "FROM and TO are version numbers, instants (RFC 3339), or days in the local time zone, by their end.",
  ],
  options: ROWS,
  shared: "read",
  examples: [
    "vxdata diff tour/ct-1 1 2",
    "vxdata diff tour/ct-1 2026-01-01T00:00:00Z 2026-02-01T00:00:00Z",
  ],
  run: async (context) => {
    const { aside, client, given } = context;
    const [identifier = "", from = "", to = ""] = wordsOf(given, "ID", "FROM", "TO");
    const body = { identifier, from: versionOf("FROM", from), to: versionOf("TO", to) };
    if (typeof body.from === "string" && body.from !== from) aside.write(`from ${body.from}\n`);
    if (typeof body.to === "string" && body.to !== to) aside.write(`to ${body.to}\n`);
    const { changes } = await client().diff(body);
    await printRows(
      context,
      ["path", "before", "after"],
      changes.map((one) => ({ ...one })),
    );
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
    if (json) print(jsonText(found));
    else for (const line of lineageTree(found, identifier)) print(line);
    return EXIT.done;
  },
};
