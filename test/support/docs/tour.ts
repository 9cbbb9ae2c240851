/** Runs the commands of a page like a reader, and compares what they print with what the page shows. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text as textOf } from "node:stream/consumers";
import { expect } from "vitest";
import { isJsonObject, type Json } from "../../../src/model/json.ts";
import { type Block, ROOT } from "../../unit/docs/markdown.ts";

/** The address that pages name. */
export const URL_IN_PAGES = "http://127.0.0.1:8787";

const MARK = "----- end of block -----";

/** Runs a script in the project's folder; throws with its output. */
const runShell = async (script: string): Promise<string> => {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd: ROOT });
  const [output, errors, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(`The shell ended with ${code}:\n${output}\n${errors}`);
  return output;
};

/** A command of a page, and the response that the page shows for it, if any. */
export interface Step {
  readonly command: string;
  readonly response: Block | undefined;
}

/** The commands of a page. */
export const stepsOf = (blocks: readonly Block[]): readonly Step[] =>
  blocks.flatMap((block, position) => {
    const next = blocks[position + 1];
    const response = next?.language === "json" || next?.language === "text" ? next : undefined;
    return block.language === "sh" ? [{ command: block.text, response }] : [];
  });

/** What each command prints, all run in one shell against a server. */
export const runSteps = async (steps: readonly Step[], url: string): Promise<readonly string[]> => {
  const commands = steps.map(({ command }) => `${command}\necho; echo '${MARK}'`).join("\n");
  const output = await runShell(commands.replaceAll(URL_IN_PAGES, url));
  return output.split(`${MARK}\n`).slice(0, -1);
};

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

/** The value with its instants replaced by a word: the page's are from another day. */
const timeless = (value: Json): Json => {
  if (typeof value === "string") return INSTANT.test(value) ? "an instant" : value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(timeless);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, timeless(one)]));
};

const json = (text: string): Json => timeless(JSON.parse(text) as Json);

/** Holds what a command printed to what the page shows: JSON may be shortened to some members. */
export const expectResponse = ({ command, response }: Step, output: string): void => {
  if (response === undefined) return;
  if (response.language === "text") expect(output.trim(), command).toBe(response.text.trim());
  else expect(json(output), command).toMatchObject(json(response.text) as object);
};
