import { parseArgs } from "node:util";
import {
  type Command,
  type Context,
  EXIT,
  type Given,
  type Screen,
  UsageError,
} from "./command.ts";
import { connect, serverUrl } from "./connect.ts";
import { explain } from "./failure.ts";
import { instantOf } from "./instants.ts";
import { CLIENT, commandHelp, type Program, programHelp } from "./help.ts";
import { showLines } from "./print.ts";
import { optionsOf } from "./shared-options.ts";

/** The program's environment. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Context["stdin"];
  readonly stdout: {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly write: (text: string) => unknown;
  };
  readonly stderr: Context["aside"];
  readonly signal: AbortSignal;
  readonly version: string;
  /** Which program it is; absent: the client. */
  readonly program?: Program;
}

type Values = Readonly<
  Record<string, string | boolean | readonly (string | boolean)[] | undefined>
>;

const parse = (command: Command, words: readonly string[]): Given => {
  const options = Object.fromEntries(
    Object.entries(optionsOf(command)).map(([name, { value, short, many }]) => [
      name,
      {
        type: value === undefined ? ("boolean" as const) : ("string" as const),
        ...(short === undefined ? {} : { short }),
        ...(many === true ? { multiple: true } : {}),
      },
    ]),
  );
  try {
    const parsed = parseArgs({ args: [...words], options, allowPositionals: true });
    const values = parsed.values as Values;
    const texts = (name: string): readonly string[] =>
      [values[name] ?? []].flat().filter((one) => typeof one === "string");
    return {
      text: (name) => texts(name)[0],
      texts,
      flag: (name) => values[name] === true,
      words: parsed.positionals,
    };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

/** Colours are for terminals, and not for whoever sets NO_COLOR (https://no-color.org). */
const screenOf = ({ environment, stdout }: Surroundings): Screen => {
  const isTerminal = stdout.isTTY === true;
  const unwanted = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  return {
    columns: isTerminal ? stdout.columns : undefined,
    bold: isTerminal && !unwanted ? (text) => `\u001b[1m${text}\u001b[22m` : (text) => text,
  };
};

/** Works `--as-of` out once, so that all calls of a command use one instant. */
const asOfOf = (given: Given, say: (line: string) => void): Context["asOf"] => {
  let known: string | undefined;
  return () => {
    const text = given.text("as-of");
    if (text === undefined || known !== undefined) return known;
    known = instantOf("--as-of", text, new Date());
    if (known !== text) say(`as of ${known}`);
    return known;
  };
};

const contextOf = (given: Given, around: Surroundings): Context => {
  const { environment, signal, stderr, stdin, stdout } = around;
  const say = (line: string): void => void stderr.write(`${line}\n`);
  const asOf = asOfOf(given, say);
  return {
    given,
    json: given.flag("json"),
    stdout: screenOf(around),
    asOf,
    client: () => connect({ given, environment, signal, say, asOf: asOf() }),
    url: () => serverUrl(given, environment),
    print: (line) => void stdout.write(`${line}\n`),
    environment,
    stdin,
    aside: stderr,
    signal,
  };
};

const perform = async (
  command: Command,
  words: readonly string[],
  around: Surroundings,
): Promise<number> => {
  try {
    const given = parse(command, words);
    if (given.flag("help")) {
      around.stdout.write(commandHelp(command, around.program));
      return EXIT.done;
    }
    return await command.run(contextOf(given, around));
  } catch (error) {
    if (around.signal.aborted) {
      around.stderr.write("Stopped. Run the same command again to go on.\n");
      return EXIT.stopped;
    }
    const { name } = around.program ?? CLIENT;
    const failure = explain(error, `${name} ${command.name}`);
    if (failure === undefined) throw error;
    // A message may repeat a value that somebody stored, or a name of a file.
    around.stderr.write(`${showLines(failure.text)}\n`);
    return failure.code;
  }
};

/** Runs the program, and returns its exit code. */
export async function main(
  commands: readonly Command[],
  words: readonly string[],
  around: Surroundings,
): Promise<number> {
  const [name = "--help", ...rest] = words;
  const command = commands.find((one) => one.name === name);
  if (command !== undefined) return perform(command, rest, around);
  if (["--help", "-h", "help"].includes(name)) {
    around.stdout.write(programHelp(commands, around.version, around.program));
    return words.length === 0 ? EXIT.usage : EXIT.done;
  }
  if (name === "--version") {
    around.stdout.write(`${around.version}\n`);
    return EXIT.done;
  }
  around.stderr.write(
    `There is no command ${name}. See ${(around.program ?? CLIENT).name} --help\n`,
  );
  return EXIT.usage;
}
