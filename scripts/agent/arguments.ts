import { hostname } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** What is printed for `--help`. */
export const HELP = `npm run agent -- --url URL --token TOKEN --mount DIR [options]

Harvests: claims the runs that wait on a server, walks a folder in place of the instrument's share,
copies each new file to where the server says, compares the hashes, and reports. May be stopped and
started again at any time: what is done stays done, and the rest follows.

  --url URL         the server
  --token TOKEN     a bearer token with the action harvest (or VXDATA_TOKEN). A key that can be
                    renewed is better: VXDATA_KEY and VXDATA_SECRET
  --mount DIR       the folder
  --worker NAME     what the server knows this agent by; the same name gets its run back at once
                    (default: this machine and folder, and a number where several run at once)
  --watch           goes on when no run is left, and looks again every 30 seconds
  --help            print this

Ends with 0 when no run is left, also when single files failed: these are reported to the server.`;

/** Invalid arguments; the message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The parsed arguments. */
export interface AgentArguments {
  readonly url: string;
  readonly token: string | undefined;
  readonly key: { readonly key: string; readonly secret: string } | undefined;
  readonly mount: string;
  /** Undefined: a name is generated. */
  readonly worker: string | undefined;
  readonly watch: boolean;
}

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: "string" },
        token: { type: "string" },
        mount: { type: "string" },
        worker: { type: "string" },
        watch: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

/** Parses the arguments; undefined for --help. @throws {UsageError} */
export const parseAgentArguments = (
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): AgentArguments | undefined => {
  const { url, token = environment["VXDATA_TOKEN"], mount, worker, watch, help } = parsed(args);
  if (help) return undefined;
  const { VXDATA_KEY: key, VXDATA_SECRET: secret } = environment;
  if (url === undefined || !URL.canParse(url)) throw new UsageError("--url needs an address");
  if (mount === undefined) throw new UsageError("--mount needs a folder");
  const hasKey = key !== undefined && secret !== undefined;
  if (token === undefined && !hasKey) {
    throw new UsageError("--token is missing, and VXDATA_KEY and VXDATA_SECRET are not set");
  }
  return {
    url,
    token,
    key: hasKey ? { key, secret } : undefined,
    mount: resolve(mount),
    worker,
    watch,
  };
};

/** Default name of an agent, beside its number. */
export const placeName = (mount: string): string => `${hostname()}:${mount}`.slice(0, 200);
