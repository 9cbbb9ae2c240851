import { parseArgs } from "node:util";
import { type Command, type Context, EXIT, type Given, UsageError } from "./command.ts";
import { connect, serverUrl } from "./connect.ts";
import { explain } from "./failure.ts";
import { CLIENT, commandHelp, type Program, programHelp } from "./help.ts";
import { optionsOf } from "./shared-options.ts";

/** The program's environment. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Context["stdin"];
  readonly stdout: { readonly write: (text: string) => unknown };
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

const contextOf = (given: Given, around: Surroundings): Context => {
  const { environment, signal, stderr, stdin, stdout } = around;
  const say = (line: string): void => void stderr.write(`${line}\n`);
  return {
    given,
    json: given.flag("json"),
    client: () => connect(given, environment, signal, say),
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
    around.stderr.write(`${failure.text}\n`);
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
