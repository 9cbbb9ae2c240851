import type { DetailedStatistics } from "../../client/index.ts";
import { type Command, EXIT, UsageError } from "../command.ts";
import { count, jsonText, show, table } from "../print.ts";
import { printRows, ROWS } from "../rows.ts";

const FIGURES = ["patients", "studies", "series", "images", "resources", "bytes"] as const;

const chapters = (one: DetailedStatistics): readonly string[] =>
  Object.entries(one)
    .filter(([name]) => name.startsWith("by_"))
    .flatMap(([name, counts]) => {
      const rows = Object.entries(counts as Readonly<Record<string, number>>);
      if (rows.length === 0) return [];
      return ["", ...table([name.replaceAll("_", " "), ""], rows)];
    });

/** `vxdata stats` */
export const stats: Command = {
  name: "stats",
  summary: "Count what lies below datasources",
  usage: "[options] [DATASOURCE]",
  about: ["All datasources, a line each; one of them in detail."],
  options: ROWS,
  shared: "read",
  examples: ["vxdata stats", "vxdata stats nih-cxr14", "vxdata stats --json"],
  run: async (context) => {
    const { client, given, json, print } = context;
    const [datasource, ...surplus] = given.words;
    if (surplus.length > 0) throw new UsageError("at most one DATASOURCE is taken");
    if (datasource !== undefined) {
      const found = await client().detailedStatistics(datasource);
      if (json) print(jsonText(found));
      else {
        print(`${show(found.datasource_id)}: ${show(found.name)}`);
        for (const name of FIGURES) print(`  ${name.padEnd(10)} ${count(found.totals[name])}`);
        for (const line of chapters(found)) print(line);
      }
      return EXIT.done;
    }
    const all = await client().statistics();
    const rows = all.map((one) => (json ? { ...one } : { datasource: one.datasource_id, ...one }));
    await printRows(context, ["datasource", ...FIGURES], rows);
    return EXIT.done;
  },
};
