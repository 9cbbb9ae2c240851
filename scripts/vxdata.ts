import manifest from "../package.json" with { type: "json" };
import { COMMANDS } from "./cli/commands.ts";
import { main } from "./cli/main.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());
// A reader that has seen enough (`| head`) is no failure.
process.stdout.once("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

try {
  process.exitCode = await main(COMMANDS, process.argv.slice(2), {
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stop.signal,
    version: manifest.version,
  });
} finally {
  // After a failure, calls that are still under way must not keep the process alive.
  stop.abort();
}
