import type { DetailedStatistics } from "../../client/index.ts";
import { type Command, EXIT, UsageError } from "../command.ts";
import { count, table } from "../print.ts";

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
  options: {},
  shared: "read",
  examples: ["vxdata stats", "vxdata stats nih-cxr14", "vxdata stats --json"],
  run: async ({ client, given, json, print }) => {
    const [datasource, ...surplus] = given.words;
    if (surplus.length > 0) throw new UsageError("at most one DATASOURCE is taken");
    if (datasource !== undefined) {
      const found = await client().detailedStatistics(datasource);
      if (json) print(JSON.stringify(found));
      else {
        print(`${found.datasource_id}: ${found.name}`);
        for (const name of FIGURES) print(`  ${name.padEnd(10)} ${count(found.totals[name])}`);
        for (const line of chapters(found)) print(line);
      }
      return EXIT.done;
    }
    const all = await client().statistics();
    if (json) for (const one of all) print(JSON.stringify(one));
    else {
      const rows = all.map((one) => [one.datasource_id, ...FIGURES.map((name) => one[name])]);
      for (const line of table(["datasource", ...FIGURES], rows)) print(line);
    }
    return EXIT.done;
  },
};
