// The kinds of callers of the cost test, with their tokens.
import { adminToken, callerOf, workerFetch } from "../fixtures/callers.ts";
import { clientOf, login, type Client } from "../clients/http.ts";
import { createKey, signIn } from "../clients/keys.ts";

/** The kinds of callers. */
export const CALLERS = [
  "admin",
  "owner",
  "grantee",
  // Callers who see most of the added restricted rows.
  "owner of many",
  "grantee of many",
  "user",
  // Keys of several payload types, of one, and only of their own resources of one.
  "key",
  "narrow key",
  "own key",
  "anonymous",
] as const;

/** One kind of caller. */
export type CallerKind = (typeof CALLERS)[number];

/** All callers. */
export interface Callers {
  /** Bearer tokens; none for the anonymous caller. */
  readonly tokens: Readonly<Partial<Record<CallerKind, string>>>;
  readonly admin: Client;
  /** Owns what is measured. */
  readonly owner: Client;
  /** Owns everything that is added later. */
  readonly other: Client;
  /** Writes the public image of the key that sees only its own rows. */
  readonly ownKey: Client;
  /** User ids, without their kind. */
  readonly granteeId: string;
  readonly granteeOfManyId: string;
  readonly userId: string;
}

const PASSWORD = "correct horse battery";

/** Makes the accounts and keys. */
export const makeCallers = async (): Promise<Callers> => {
  const admin = await adminToken();
  const adminClient = clientOf(workerFetch, admin);
  const person = async (word: string, role: "editor" | "user") => {
    const email = `${word}@example.org`;
    const { actor } = await callerOf(email, role);
    const token = await login(workerFetch, email, PASSWORD);
    return { token, id: actor.id.slice("user:".length), client: clientOf(workerFetch, token) };
  };
  const owner = await person("owner", "editor");
  const other = await person("other", "editor");
  const grantee = await person("grantee", "user");
  const granteeOfMany = await person("many", "user");
  const user = await person("user", "user");
  const keyOf = async (payload_types: readonly string[], owner_only: boolean): Promise<string> => {
    const actions = owner_only ? ["read", "create"] : ["read"];
    const policy = { payload_types: [...payload_types], actions, owner_only };
    return (await signIn(await createKey(adminClient, [policy]))).access_token;
  };
  const types = ["datasource", "patient", "study", "image", "table", "artefact"];
  const key = await keyOf(types, false);
  const narrowKey = await keyOf(["image"], false);
  const ownKey = await keyOf(["image"], true);
  return {
    tokens: {
      admin,
      owner: owner.token,
      grantee: grantee.token,
      "owner of many": other.token,
      "grantee of many": granteeOfMany.token,
      user: user.token,
      key,
      "narrow key": narrowKey,
      "own key": ownKey,
    },
    admin: adminClient,
    owner: owner.client,
    other: other.client,
    ownKey: clientOf(workerFetch, ownKey),
    granteeId: grantee.id,
    granteeOfManyId: granteeOfMany.id,
    userId: user.id,
  };
};

/** Settings of the measured product that differ from those of the test run. */
export const COST_SETTINGS = { PUBLIC_READ: "true" } as const;
