import type { Json, JsonObject } from "../../src/model/json.ts";
import { createApiClient, type ApiClient } from "../../src/cli/support/api-client.ts";
import { CredentialsError } from "../../src/cli/support/credentials.ts";
import type { AgentArguments } from "./arguments.ts";

/** A run as the server gives it. */
export interface ClaimedRun {
  readonly id: string;
  readonly instrument: { readonly id: string; readonly name: string };
  readonly storage_location: { readonly type: string; readonly name: string };
}

/** The instruction for a file. */
export interface Item {
  readonly file_id: string;
  readonly source_path: string;
  readonly decision: "proceed" | "skip" | "redirect";
  readonly destination_path: string | null;
  readonly upload_url?: string;
  readonly upload_headers?: Readonly<Record<string, string>>;
}

/** The result for a file. */
export interface Report extends JsonObject {
  readonly file_id: string;
  readonly status: "in_progress" | "completed" | "failed";
  readonly error_message?: string;
}

/** The calls of the server that the agent needs. */
export interface Server {
  readonly claim: (worker: string) => Promise<ClaimedRun | null>;
  readonly discovered: (run: string, entries: readonly JsonObject[]) => Promise<readonly Item[]>;
  readonly transfers: (run: string, items: readonly Report[]) => Promise<void>;
  readonly finish: (run: string, summary: JsonObject) => Promise<void>;
}

const REQUEST_SECONDS = 30;

const signIn = async (url: string, key: NonNullable<AgentArguments["key"]>): Promise<string> => {
  const response = await fetch(new URL("/auth", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ method: "apk", ...key }),
    signal: AbortSignal.timeout(REQUEST_SECONDS * 1_000),
  });
  const body = (await response.json()) as { readonly access_token?: unknown };
  if (typeof body.access_token === "string") return body.access_token;
  throw new CredentialsError(`the server refuses the key (${response.status})`);
};

/** Provides the token, and a new one when it has a key. */
const tokenOf = ({ url, token, key }: AgentArguments): ((renew: boolean) => Promise<string>) => {
  let current = token;
  return async (renew) => {
    if (current !== undefined && !renew) return current;
    if (key === undefined) throw new CredentialsError("the server refuses the token");
    current = await signIn(url, key);
    return current;
  };
};

/** The server that the arguments name. */
export const serverOf = (options: AgentArguments, say: (line: string) => void): Server => {
  const call: ApiClient = createApiClient({
    url: options.url,
    token: tokenOf(options),
    onRetry: (reason, seconds) => {
      if (seconds >= 1) say(`${reason}: trying again in ${seconds.toFixed(1)} s`);
    },
  });
  const post = (path: string, body: JsonObject): Promise<Json> =>
    call({ method: "POST", path, body: JSON.stringify(body) });
  const at = (run: string, word: string): string => `/api/harvest/runs/${run}/${word}`;
  return {
    claim: async (worker) =>
      (await post("/api/harvest/runs/claim", { worker })) as unknown as ClaimedRun | null,
    discovered: async (run, entries) => {
      const { items } = (await post(at(run, "discovered"), { entries })) as unknown as {
        readonly items: readonly Item[];
      };
      return items;
    },
    transfers: async (run, items) => {
      if (items.length > 0) await post(at(run, "transfers"), { items });
    },
    finish: async (run, summary) => {
      await post(at(run, "finish"), { summary });
    },
  };
};
