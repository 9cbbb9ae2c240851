// API keys of tests.
import type { JsonObject } from "../../../src/model/json.ts";
import { workerFetch } from "../fixtures/callers.ts";
import { clientOf, type Client, type Fetch } from "./http.ts";

/** A key with its secret. */
export interface KeyCredentials {
  readonly key: string;
  readonly secret: string;
}

/** Credentials of a session. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** Adds a key with policies. */
export const createKey = async (
  admin: Client,
  policies: readonly JsonObject[],
): Promise<KeyCredentials> => {
  const answer = await admin.post("/admin/api-keys", { policies });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  const { key, secret } = answer.body as unknown as KeyCredentials;
  return { key, secret };
};

/** Begins a session of a key. */
export const signIn = async (
  { key, secret }: KeyCredentials,
  fetch: Fetch = workerFetch,
): Promise<Tokens> => {
  const answer = await clientOf(fetch).post("/auth", { method: "apk", key, secret });
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body as unknown as Tokens;
};

/** A client of a new key with these policies. */
export const keyClient = async (
  admin: Client,
  policies: readonly JsonObject[],
  fetch: Fetch = workerFetch,
): Promise<{ readonly client: Client; readonly key: string }> => {
  const credentials = await createKey(admin, policies);
  const { access_token: token } = await signIn(credentials, fetch);
  return { client: clientOf(fetch, token), key: credentials.key };
};
