import { existsSync } from "node:fs";
import { login, ProblemError } from "../../client/index.ts";
import { readDevVars } from "../../../scripts/support/dev-vars.ts";

/** There are no credentials, or the server refuses them. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

/** Where credentials may come from, in order of precedence. */
export interface CredentialSources {
  readonly url: string;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The project's `.dev.vars`, used only for servers on this machine. */
  readonly devVarsPath: string;
}

/** Credentials of a login. */
interface Account {
  readonly email: string;
  readonly password: string;
}

/** A token, or the credentials of a login. */
export type Credentials = { readonly token: string } | Account;

const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

/** True for a server on this machine. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.includes(new URL(url).hostname);
}

const pair = (email: string | undefined, password: string | undefined): Credentials | undefined =>
  email === undefined || password === undefined || password === ""
    ? undefined
    : { email, password };

/**
 * Chooses credentials: options, then VXDATA_TOKEN, then VXDATA_EMAIL and VXDATA_PASSWORD, then the
 * local admin. The local admin's password is never sent to another machine.
 * @throws {CredentialsError} when there are none.
 */
export function chooseCredentials(sources: CredentialSources): Credentials {
  const { environment, email, url } = sources;
  const password = sources.password ?? environment["VXDATA_PASSWORD"];
  const given = pair(email, password);
  if (given !== undefined) return given;
  if (email !== undefined) throw new CredentialsError("--email needs --password too");
  const token = environment["VXDATA_TOKEN"];
  if (token !== undefined && token !== "") return { token };
  const fromEnvironment = pair(environment["VXDATA_EMAIL"], password);
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (isLoopback(url)) {
    const local: Readonly<Record<string, string | undefined>> = existsSync(sources.devVarsPath)
      ? readDevVars(sources.devVarsPath)
      : {};
    const admin = pair(
      environment["ADMIN_EMAIL"] ?? local["ADMIN_EMAIL"],
      environment["ADMIN_PASSWORD"] ?? local["ADMIN_PASSWORD"],
    );
    if (admin !== undefined) return admin;
  }
  throw new CredentialsError(
    "no credentials: set VXDATA_TOKEN, or VXDATA_EMAIL and VXDATA_PASSWORD, or give --email and --password",
  );
}

const logIn = async (url: string, account: Account, patienceSeconds: number): Promise<string> => {
  const retries = { attempts: Infinity, withinMs: patienceSeconds * 1000 };
  try {
    return await login(account, { url, retries });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw new CredentialsError(`the server refused the login: ${error.detail}`);
  }
};

/**
 * Provides the bearer token, logging in once and again whenever a renewal is requested.
 *
 * @param patienceSeconds how long a login waits for a server that is away.
 */
export function tokenSource(
  url: string,
  credentials: Credentials,
  patienceSeconds = 120,
): (renew: boolean) => Promise<string> {
  let current: Promise<string> | undefined;
  return async (renew) => {
    if ("token" in credentials) return credentials.token;
    if (renew) current = undefined;
    current ??= logIn(url, credentials, patienceSeconds).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
}
