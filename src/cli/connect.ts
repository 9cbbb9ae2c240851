import { type AnyPayloads, type Client, createClient } from "../client/index.ts";
import { DEFAULT_URL, PROJECT_ROOT } from "./support/api-options.ts";
import { chooseCredentials, CredentialsError, tokenSource } from "./support/credentials.ts";
import { join } from "node:path";
import { type Given, UsageError, wholeNumber } from "./command.ts";
import { readSessions, sessionsPath, sessionToken } from "./sessions.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Provides the bearer token of the named user. */
export type TokenOf = (renew: boolean) => Promise<string>;

/** The named server: by option, environment, last login, or else on this machine. */
export function serverUrl(given: Given, environment: Environment): string {
  const named = given.text("url") ?? environment["VXDATA_URL"];
  const url = named ?? readSessions(sessionsPath(environment)).last ?? DEFAULT_URL;
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new UsageError("--url takes an http or https address");
}

/** Seconds to wait for an unreachable server. */
export function patienceOf(given: Given): number {
  return wholeNumber("patience", given.text("patience") ?? "120", 0, 86_400);
}

/**
 * The caller: options, then VXDATA_TOKEN, then VXDATA_EMAIL and VXDATA_PASSWORD, then the stored
 * login, then for a server on this machine the first admin of the project's `.dev.vars`.
 */
export function tokenFor(url: string, given: Given, environment: Environment): TokenOf {
  const path = sessionsPath(environment);
  const kept = readSessions(path).servers[new URL(url).origin];
  const explicit = ["VXDATA_TOKEN", "VXDATA_EMAIL"].some(
    (name) => (environment[name] ?? "") !== "",
  );
  if (kept !== undefined && !explicit && given.text("email") === undefined) {
    return sessionToken(path, url);
  }
  try {
    const credentials = chooseCredentials({
      url,
      email: given.text("email"),
      password: given.text("password"),
      environment,
      devVarsPath: join(PROJECT_ROOT, ".dev.vars"),
    });
    return tokenSource(url, credentials, patienceOf(given));
  } catch (error) {
    if (!(error instanceof CredentialsError) || given.text("email") !== undefined) throw error;
    throw new CredentialsError(`not logged in at ${url}: vxdata login --url ${url}`);
  }
}

/** What a client of a command is made of. */
interface Connection {
  readonly given: Given;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly asOf: string | undefined;
}

/** A client of the named server. */
export function connect({
  given,
  environment,
  signal,
  say,
  asOf,
}: Connection): Client<AnyPayloads> {
  const url = serverUrl(given, environment);
  return createClient<AnyPayloads>({
    url,
    token: tokenFor(url, given, environment),
    as_of: asOf,
    reason: given.text("reason"),
    signal,
    timeoutMs: 300_000,
    retries: { attempts: Infinity, maxMs: 10_000, withinMs: patienceOf(given) * 1000 },
    onRetry: ({ reason, waitMs }) => {
      if (waitMs >= 1000) say(`${reason}: trying again in ${(waitMs / 1000).toFixed(1)} s`);
    },
  });
}
