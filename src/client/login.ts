import type { SharedOptions, Token } from "./options.ts";
import { createSender } from "./send.ts";

/** An account, or an API key. */
export type Credentials =
  | { readonly email: string; readonly password: string }
  | { readonly key: string; readonly secret: string };

type Options = { readonly url: string } & Omit<SharedOptions, "token" | "as_of">;

interface Granted {
  readonly access_token: string;
}

const encoded = (values: Readonly<Record<string, string>>): string =>
  new URLSearchParams(values).toString();

/**
 * Logs in, and returns an access token.
 * @throws {ProblemError} when the server refuses the credentials.
 */
export async function login(credentials: Credentials, options: Options): Promise<string> {
  const { send } = createSender(options);
  const byKey = "key" in credentials;
  const { text } = byKey
    ? await send({
        method: "POST",
        path: "/auth",
        body: { method: "apk", key: credentials.key, secret: credentials.secret },
        kind: "plain",
      })
    : await send({
        method: "POST",
        path: "/auth/jwt/login",
        body: encoded({ username: credentials.email, password: credentials.password }),
        kind: "plain",
        contentType: "application/x-www-form-urlencoded",
      });
  return (JSON.parse(text) as Granted).access_token;
}

/** A token for `createClient`: logs in when it is first needed, and again when it has expired. */
export function loginToken(credentials: Credentials, options: Options): Token {
  let current: Promise<string> | undefined;
  return async (renew) => {
    if (renew) current = undefined;
    current ??= login(credentials, options).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
}
