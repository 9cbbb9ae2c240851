/** The mapping of an import: a named one, that of a folder, or one that is proposed for a table. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { isDeepStrictEqual } from "node:util";
import { type Context, type Given, UsageError } from "../command.ts";
import { compileMapping, MappingError, type MappingPlan } from "../import/compile.ts";
import { dryRun } from "../import/dry-run.ts";
import { guessTable, type TableGuess } from "../import/guess.ts";
import type { Progress } from "../import/progress.ts";
import { type Proposal, proposeMapping } from "../import/propose.ts";
import { tableSource } from "../import/source.ts";
import { type MappingName, SHIPPED } from "../mappings.ts";
import { count, jsonText, show, table } from "../print.ts";
import { schemasIfThere } from "./import-run.ts";

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MappingError([`${path} cannot be read as JSON: ${reason}`]);
  }
};

/** The mapping with the datasource of the options instead of its own. */
const placed = (mapping: unknown, datasource: string | undefined): unknown => {
  if (datasource === undefined || typeof mapping !== "object" || mapping === null) return mapping;
  const own = "datasource" in mapping ? (mapping.datasource as object | undefined) : undefined;
  const payload = own !== undefined && "payload" in own ? (own.payload as object) : {};
  return {
    ...mapping,
    datasource: { ...own, identifier: datasource, payload: { ...payload, name: datasource } },
  };
};

/** The named mapping: a built-in one by its name, any other by its file. */
const namedMapping = (named: string): unknown =>
  Object.hasOwn(SHIPPED, named) ? SHIPPED[named as MappingName] : readJson(named);

const folderMapping = (source: string): unknown => {
  const isBids = statSync(join(source, "dataset_description.json"), { throwIfNoEntry: false });
  return isBids === undefined ? SHIPPED.dicom : SHIPPED.bids;
};

/** Where a proposed mapping is kept. */
const savePath = (given: Given, source: string): string =>
  given.text("save") ??
  `${basename(source)
    .replace(/\.gz$/i, "")
    .replace(/\.[A-Za-z0-9]+$/, "")}.mapping.json`;

const save = (path: string, mapping: unknown, say: (line: string) => void): void => {
  if (existsSync(path)) {
    if (isDeepStrictEqual(readJson(path), JSON.parse(JSON.stringify(mapping)))) return;
    throw new UsageError(
      `${path} holds another mapping: --mapping ${path} takes it, --save FILE keeps the proposed one elsewhere`,
    );
  }
  writeFileSync(path, `${JSON.stringify(mapping, null, 2)}\n`, { flag: "wx" });
  say(`the mapping is kept in ${show(path)}: --mapping takes it the next time`);
};

/** Rows that are read for the examples. */
const ROWS_LOOKED_AT = 1_000;

const showProposal = async (
  source: string,
  guess: TableGuess,
  { columns, mapping }: Proposal,
  context: Context,
  say: (line: string) => void,
): Promise<void> => {
  const broken = guess.broken === 0 ? "" : `, ${count(guess.broken)} that cannot be read`;
  say(`${show(basename(source))}: ${guess.written}; ${count(guess.rows)} rows${broken}`);
  say("");
  const rows = columns.map(({ becomes, column }) => [column.name, becomes, column.example]);
  const look = { columns: context.aside.isTTY === true ? context.aside.columns : undefined };
  for (const line of table(["column", "becomes", "for example"], rows, look)) say(`  ${line}`);
  say("");
  const [resource] = mapping.resources ?? [];
  say(
    `Each row becomes a ${show(resource?.payload_type)} ${show(resource?.identifier)} in the datasource ${show(mapping.datasource?.identifier)}.`,
  );
  const plan = compileMapping(mapping);
  const { examples } = await dryRun({
    source: tableSource(source, plan.mapping),
    plan,
    schemas: undefined,
    limit: ROWS_LOOKED_AT,
    rejects: undefined,
    say: () => undefined,
  });
  say(`The first ${examples.length} rows, before identifiers are given:`);
  for (const example of examples) {
    for (const [index, body] of example.entries())
      say(`  ${index === 0 ? "-" : " "} ${jsonText(body)}`);
  }
};

/** True when the person at the terminal agrees. */
const ask = async (question: string, { aside, signal, stdin }: Context): Promise<boolean> => {
  aside.write(question);
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    for await (const line of lines) {
      signal.throwIfAborted();
      return /^\s*y(?:es)?\s*$/i.test(line);
    }
    return false;
  } finally {
    lines.close();
  }
};

/** Proposes a mapping, and has it confirmed; undefined when it is not wanted. */
const proposed = async (
  context: Context,
  source: string,
  progress: Progress,
): Promise<MappingPlan | undefined> => {
  const { given, stdin } = context;
  const isDry = given.flag("dry-run");
  const mayAsk = stdin.isTTY === true;
  if (!isDry && !given.flag("yes") && !mayAsk) {
    throw new UsageError(
      "--mapping is needed: there is no terminal to ask about a proposed one (--yes takes it, --dry-run shows it)",
    );
  }
  const guess = await guessTable(source);
  const proposal = proposeMapping(source, guess, {
    datasource: given.text("datasource"),
    type: given.text("type"),
    schemas: await schemasIfThere(context, progress),
  });
  await showProposal(source, guess, proposal, context, progress.say);
  const plan = compileMapping(proposal.mapping);
  if (isDry) return plan;
  if (!given.flag("yes") && !(await ask("Import it so? [y/N] ", context))) {
    save(savePath(given, source), proposal.mapping, progress.say);
    progress.say("nothing is imported");
    return undefined;
  }
  save(savePath(given, source), proposal.mapping, progress.say);
  return plan;
};

/** The mapping of an import, compiled; undefined when a proposed one is not wanted. */
export const planOf = async (
  context: Context,
  source: string,
  progress: Progress,
): Promise<MappingPlan | undefined> => {
  const { given } = context;
  const datasource = given.text("datasource");
  const named = given.text("mapping");
  const isFolder = statSync(source).isDirectory();
  if (named === undefined && !isFolder) return proposed(context, source, progress);
  const mapping = named === undefined ? folderMapping(source) : namedMapping(named);
  if (datasource === undefined && (mapping === SHIPPED.dicom || mapping === SHIPPED.bids)) {
    throw new UsageError("--datasource is needed: where the folder's patients belong");
  }
  return compileMapping(placed(mapping, datasource));
};
