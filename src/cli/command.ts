import type { AnyPayloads, Client } from "../client/index.ts";
import type { Output } from "./import/progress.ts";

/** An option of a command, as it is parsed and as the help shows it. */
export interface Option {
  /** The placeholder of its value, e.g. `FILE`; without one it is a switch. */
  readonly value?: string;
  readonly short?: string;
  /** It may be repeated. */
  readonly many?: true;
  readonly about: string;
}

/** Options by name, without the dashes. */
export type Options = Readonly<Record<string, Option>>;

/** The parsed values. */
export interface Given {
  readonly text: (name: string) => string | undefined;
  readonly texts: (name: string) => readonly string[];
  readonly flag: (name: string) => boolean;
  readonly words: readonly string[];
}

/** How results are printed. */
export interface Screen {
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** Makes text bold where colours are wanted. */
  readonly bold: (text: string) => string;
}

/** What a command gets. */
export interface Context {
  readonly given: Given;
  /** JSON output for programs instead of text for people. */
  readonly json: boolean;
  /** Connects to the server and as the user that the options name. */
  readonly client: () => Client<AnyPayloads>;
  readonly url: () => string;
  /** Prints a line of the result. */
  readonly print: (line: string) => void;
  readonly stdout: Screen;
  /** The text of `--as-of` as an instant, which is told where it was not given as one. */
  readonly asOf: () => string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Where progress and remarks are printed. */
  readonly aside: Output;
  readonly signal: AbortSignal;
}

/** A command of the program. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Words after the name, e.g. `[options] ID...`. */
  readonly usage: string;
  /** Paragraphs of its help. */
  readonly about: readonly string[];
  readonly options: Options;
  /** Which of the shared options it takes. */
  readonly shared: "server" | "read" | "write" | "none";
  readonly examples: readonly string[];
  /** Returns the exit code. */
  readonly run: (context: Context) => Promise<number>;
}

/** The command line is wrong: printed with a hint at `--help`. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was named does not exist, or may not be seen. */
export class MissingError extends Error {
  override readonly name = "MissingError";
}

/** Exit codes, by class of problem (docs/cli.md). */
export const EXIT = {
  done: 0,
  partly: 1,
  usage: 2,
  away: 3,
  denied: 4,
  missing: 5,
  refused: 6,
  conflict: 7,
  stopped: 130,
} as const;

/** An integer within bounds. */
export function wholeNumber(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  const range = high === Number.MAX_SAFE_INTEGER ? `${low} or more` : `${low} to ${high}`;
  throw new UsageError(`--${name} takes a whole number, ${range}`);
}

/** Requires exactly so many words. */
export function wordsOf(given: Given, ...names: readonly string[]): readonly string[] {
  if (given.words.length === names.length) return given.words;
  throw new UsageError(
    names.length === 0 ? "no words are taken here" : `${names.join(" ")} is needed`,
  );
}
