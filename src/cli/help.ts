import type { Command, Option } from "./command.ts";
import { SERVER_COMMANDS } from "./hand-over.ts";
import { optionsOf } from "./shared-options.ts";

/** Columns of a terminal that the help uses. */
const WIDTH = 80;
const INDENT = "  ";

/** Breaks a text at its spaces, so that no line is longer than so many characters. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

const labelOf = (name: string, { value, short }: Option): string =>
  `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;

/** Two columns: a name, and its meaning. */
const columns = (rows: readonly (readonly [string, string])[]): readonly string[] => {
  const left = Math.max(...rows.map(([label]) => label.length)) + 2;
  const right = WIDTH - INDENT.length - left;
  return rows.flatMap(([label, text]) =>
    wrap(text, right).map(
      (line, index) => `${INDENT}${(index === 0 ? label : "").padEnd(left)}${line}`,
    ),
  );
};

/** A program of several commands. */
export interface Program {
  readonly name: string;
  /** Its description, in one line. */
  readonly title: string;
  /** Paragraphs after the list of commands. */
  readonly notes: readonly string[];
  readonly exitCodes: readonly (readonly [string, string])[];
  readonly examples: readonly string[];
}

/** The client's. */
export const CLIENT: Program = {
  name: "vxdata",
  title: "the command line of a vxdata server",
  notes: [
    `Of the server, vxdata-server, if it is installed: ${SERVER_COMMANDS.join(", ")}; serve says how to get it.`,
  ],
  exitCodes: [
    ["0", "done"],
    ["1", "done in part: some rows or files were refused, and told"],
    ["2", "the call, a mapping or an input file is wrong"],
    ["3", "the server stayed away or failed"],
    ["4", "not logged in, or not allowed"],
    ["5", "what was named does not exist, or may not be seen"],
    ["6", "the server refused what was sent"],
    ["7", "others changed the same at the same time"],
    ["130", "stopped by Ctrl-C"],
  ],
  examples: [
    "vxdata login --url https://data.example.org --email me@example.org",
    "vxdata import --mapping generic images.csv",
    "vxdata query image --where modality=CT --where 'rows>=512'",
  ],
};

/** The help of a command. */
export function commandHelp(command: Command, program: Program = CLIENT): string {
  const options = Object.entries(optionsOf(command));
  const usage = wrap(`Usage: ${program.name} ${command.name} ${command.usage}`, WIDTH - 7);
  return [
    ...wrap(command.summary, WIDTH),
    "",
    ...usage.map((line, index) => (index === 0 ? line : `       ${line}`)),
    "",
    ...command.about.flatMap((paragraph) => [...wrap(paragraph, WIDTH), ""]),
    "Options:",
    ...columns(options.map(([name, option]) => [labelOf(name, option), option.about])),
    "",
    "Examples:",
    ...command.examples.map(
      (example) => `${INDENT}${example.replace(/^vxdata /, `${program.name} `)}`,
    ),
    "",
  ].join("\n");
}

/** The help of the program. */
export function programHelp(
  commands: readonly Command[],
  version: string,
  { name, title, notes, exitCodes, examples }: Program = CLIENT,
): string {
  return [
    `${name} ${version}: ${title}`,
    "",
    `Usage: ${name} COMMAND [options] [words]`,
    "",
    "Commands:",
    ...columns(commands.map((command) => [command.name, command.summary])),
    "",
    ...notes.flatMap((note) => [...wrap(note, WIDTH), ""]),
    ...wrap(`${name} COMMAND --help tells the options of a command, with examples.`, WIDTH),
    "",
    "Exit codes:",
    ...columns(exitCodes),
    "",
    "Examples:",
    ...examples.map((example) => `${INDENT}${example}`),
    "",
  ].join("\n");
}
