import manifest from "../../package.json" with { type: "json" };
import { COMMANDS } from "./commands.ts";
import { handOver, isOfServer } from "./hand-over.ts";
import { main } from "./main.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());
// A reader that stops early (`| head`) is no error.
process.stdout.once("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const words = process.argv.slice(2);
const advise = (text: string): void => void process.stderr.write(text);

try {
  process.exitCode = isOfServer(words)
    ? await handOver(words, stop.signal, advise)
    : await main(COMMANDS, words, {
        environment: process.env,
        stdin: process.stdin,
        stdout: process.stdout,
        stderr: process.stderr,
        signal: stop.signal,
        version: manifest.version,
      });
} finally {
  // After an error, pending calls must not keep the process alive.
  stop.abort();
}
