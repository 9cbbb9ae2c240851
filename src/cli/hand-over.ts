/** Commands that need the server, which is a separate program: this one is a client. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PROJECT_ROOT } from "./support/api-options.ts";
import { EXIT } from "./command.ts";

/** The commands of the server's program. */
export const SERVER_COMMANDS = ["serve", "backup", "restore", "check", "admin"] as const;

/** How to get it. */
const SERVER_ADVICE = `This command belongs to the server, vxdata-server, which is not installed here.
It is one file of a release, vxdata-server-VERSION.tgz (no registry has it):

  npm install --global ./vxdata-server-VERSION.tgz
  vxdata-server serve --data DIR

A clone of the project makes that file, and serves without it:

  npm ci && npm run build -- --pack packed
  npm run serve -- --data DIR
`;

/**
 * True where the words are a command of the server. `restore` is a command of both: the server's
 * makes a folder of a backup, and names the folder.
 */
export function isOfServer([name, ...rest]: readonly string[]): boolean {
  if (name === "restore") return rest.some((word) => /^--data(?:=|$)/.test(word));
  return SERVER_COMMANDS.some((one) => one === name);
}

const installed = (): string | undefined => {
  try {
    const manifest = createRequire(import.meta.url).resolve("vxdata-server/package.json");
    return join(dirname(manifest), "vxdata-server.js");
  } catch {
    return undefined;
  }
};

/** Its script: that of the clone which contains this one, or of the package beside this one. */
const serverScript = (): string | undefined => {
  const own = join(PROJECT_ROOT, "scripts", "serve.ts");
  return existsSync(own) ? own : installed();
};

/**
 * Runs a command of the server's program as if it were ours, and returns its exit code.
 *
 * @param signal ends it as SIGTERM does.
 */
export async function handOver(
  words: readonly string[],
  signal: AbortSignal,
  advise: (text: string) => void,
): Promise<number> {
  const script = serverScript();
  if (script === undefined) {
    advise(SERVER_ADVICE);
    return EXIT.usage;
  }
  const child = spawn(process.execPath, [script, ...words], { stdio: "inherit" });
  signal.addEventListener("abort", () => child.kill("SIGTERM"));
  return new Promise((settle, fail) => {
    child.once("error", fail);
    child.once("exit", (code) => settle(code ?? EXIT.stopped));
  });
}
