import { existsSync } from "node:fs";
import { isJsonObject, type Json } from "../../src/model/json.ts";
import { readDevVars } from "./dev-vars.ts";
import { parseProblem } from "./problem.ts";

/** There is nothing to log in with, or the server does not take it. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

/** Where credentials may come from, in order of precedence. */
export interface CredentialSources {
  readonly url: string;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The project's `.dev.vars`, used for servers on this machine alone. */
  readonly devVarsPath: string;
}

/** A ready token, or what to log in with. */
export type Credentials =
  | { readonly token: string }
  | { readonly email: string; readonly password: string };

const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

/** True for a server on this machine. */
export const isLoopback = (url: string): boolean => LOOPBACK.includes(new URL(url).hostname);

const pair = (email: string | undefined, password: string | undefined): Credentials | undefined =>
  email === undefined || password === undefined || password === ""
    ? undefined
    : { email, password };

/**
 * Chooses credentials: options, then VXDATA_TOKEN, then VXDATA_EMAIL and VXDATA_PASSWORD, then the
 * local admin. The local admin's password is never sent to another machine.
 * @throws {CredentialsError} when there are none.
 */
export const chooseCredentials = (sources: CredentialSources): Credentials => {
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
};

const login = async (url: string, email: string, password: string): Promise<string> => {
  const response = await fetch(new URL("/auth/jwt/login", url), {
    method: "POST",
    body: new URLSearchParams({ username: email, password }),
  });
  const text = await response.text();
  if (response.status >= 500) throw new Error(`the login answered ${response.status}`);
  if (!response.ok) {
    const { detail } = parseProblem(response.status, text);
    throw new CredentialsError(`the server refused the login: ${response.status} ${detail}`);
  }
  const body = JSON.parse(text) as Json;
  const token = isJsonObject(body) ? body["access_token"] : undefined;
  if (typeof token !== "string") throw new CredentialsError("the login gave no access_token");
  return token;
};

/** Gives the bearer token, logging in once and again whenever a renewal is asked for. */
export const tokenSource = (
  url: string,
  credentials: Credentials,
): ((renew: boolean) => Promise<string>) => {
  let current: Promise<string> | undefined;
  return async (renew) => {
    if ("token" in credentials) return credentials.token;
    if (renew) current = undefined;
    current ??= login(url, credentials.email, credentials.password).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
};
