import { join } from "node:path";
import { parseArgs } from "node:util";
import { applyMigrations, pendingMigrations, readMigrations } from "../src/server/migrations.ts";
import { makeDocs } from "./docs.ts";
import { ensureDevVars } from "./support/dev-vars.ts";
import { projectRoot } from "./support/project.ts";

const HELP = `npm run setup

Makes what a Worker on this machine needs, unless it is there: .dev.vars with fresh secrets, the files of
the /docs page, and the tables in .wrangler/state. \`npm ci\` does it once; run it again when
\`npx wrangler dev\` says that something is missing. \`npm start\` does it by itself.`;

const setUp = async (print: (line: string) => void): Promise<void> => {
  const devVars = join(projectRoot, ".dev.vars");
  if (ensureDevVars(devVars)) print(`Made ${devVars} with fresh secrets.`);
  makeDocs();
  const data = join(projectRoot, ".wrangler/state/v3");
  const pending = pendingMigrations(data, readMigrations(join(projectRoot, "migrations")));
  if (pending.length > 0) await applyMigrations(data, pending);
  print(`${pending.length} migrations applied to ${data}.`);
};

const { values } = parseArgs({
  options: {
    quiet: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(HELP);
else await setUp((line) => values.quiet || console.log(line));
