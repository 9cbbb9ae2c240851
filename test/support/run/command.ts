/** The command line in this process, against the server that end-to-end tests share. */
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { main } from "../../../src/cli/main.ts";
import { ADMIN } from "../servers/server.ts";
import { sharedUrl } from "../servers/shared-url.ts";

/** Who calls, and what is typed. */
interface Around {
  /** Name of the caller whose login is kept; without one the first admin calls. */
  readonly as?: string;
  /** Standard input. */
  readonly input?: string;
  /** Standard input is a terminal. */
  readonly isTTY?: boolean;
  readonly signal?: AbortSignal;
  /** Called with everything that was printed so far. */
  readonly onOutput?: (text: string) => void;
}

const admin = { VXDATA_EMAIL: ADMIN.email, VXDATA_PASSWORD: ADMIN.password };

/**
 * Runs commands.
 *
 * @param folder for kept logins.
 */
export const commandsIn = (folder: string) => {
  const run = async (words: readonly string[], around: Around = {}) => {
    let [out, err] = ["", ""];
    const stdin = Object.assign(Readable.from(around.input === undefined ? [] : [around.input]), {
      isTTY: around.isTTY ?? false,
    });
    const code = await main(COMMANDS, words, {
      environment: {
        VXDATA_CONFIG_DIR: join(folder, around.as ?? "admin"),
        VXDATA_URL: sharedUrl(),
        ...(around.as === undefined ? admin : {}),
      },
      stdin,
      stdout: {
        write: (text) => {
          out += text;
          around.onOutput?.(out);
        },
      },
      stderr: { write: (text) => (err += text) },
      signal: around.signal ?? new AbortController().signal,
      version: "0.0.0",
    });
    return { out, err, code };
  };

  /** What a command prints that has to succeed. */
  const succeed = async (words: readonly string[], around: Around = {}): Promise<string> => {
    const { code, err, out } = await run(words, around);
    expect(code, `${words.join(" ")}\n${out}${err}`).toBe(0);
    return out;
  };
  return { run, succeed };
};
