/** Sessions of API keys and users, with tokens that rotate. */
import type { Credentials } from "../../../identity/accounts.ts";
import type { KeyCredentials, TokenPair } from "../../../identity/project.ts";
import type { AccountsContext } from "./context.ts";

/** The credentials that begin a session. */
export type SignIn =
  | ({ readonly method: "apk" } & KeyCredentials)
  | ({ readonly method: "ums" } & Credentials);

/** Begins a session. @throws AppError `unauthenticated` for wrong credentials, `too_many_requests`. */
export function signIn({ project }: AccountsContext, sent: SignIn): Promise<TokenPair> {
  const auth = project();
  return sent.method === "apk" ? auth.signInKey(sent) : auth.signInUser(sent);
}

/**
 * Exchanges a refresh token. Using a refresh token twice ends its session. @throws AppError
 * `unauthenticated`.
 */
export function refresh({ project }: AccountsContext, token: string): Promise<TokenPair> {
  return project().refresh(token);
}
