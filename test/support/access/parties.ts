// All parties, and the payload types of the protected data.
import { env } from "cloudflare:workers";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { appOver } from "../servers/app.ts";
import { adminToken, registerType } from "../fixtures/callers.ts";
import { clientOf, login, type Client, type Fetch } from "../clients/http.ts";
import { define } from "../clients/datasets.ts";
import { defineEntity } from "../clients/entities.ts";
import { createKey, signIn } from "../clients/keys.ts";
import { named } from "../fixtures/relations.ts";
import type { Party } from "./canaries.ts";
import { recorderOver, type Recorded, type Recorder } from "./recorder.ts";

/** The parties, and their clients. */
export interface Parties {
  readonly recorder: Recorder;
  /** Sends a request that has to succeed. */
  readonly ask: (
    party: Party | "admin",
    method: string,
    path: string,
    body?: Json,
  ) => Promise<Recorded>;
  /** Ids of accounts and keys, as grants name them. */
  readonly ids: Readonly<Record<string, string>>;
  /** Permission tokens for source specifications. */
  readonly permissions: Readonly<Record<string, string>>;
}

const PASSWORD = "correct horse battery";
const ROLES = {
  holder: "editor",
  owner: "editor",
  grantee: "editor",
  granted: "user",
  editor: "editor",
  former: "editor",
  user: "user",
} as const;

const DATA = ["create", "read", "update", "delete"];

/** Policies of the keys: some payload types, only own resources, harvest workers. */
const KEYS: Readonly<Partial<Record<Party, JsonObject>>> = {
  key: { payload_types: ["dataset", "vault_loose"], actions: DATA },
  own: { payload_types: ["*"], actions: DATA, owner_only: true },
  worker: { payload_types: ["*"], actions: ["harvest"] },
};

const text = { type: "string" };
const closed = { type: "string", access: { find: ["admin"] } };
const shape = (fields: JsonObject): JsonObject => ({ type: "object", fields });
const list = (items: JsonObject): JsonObject => ({ type: "array", items });

/** Fields of each kind with an access list, and open ones of the same shapes beside them. */
const GUARDED: JsonObject = {
  _id: text,
  open: text,
  secret: closed,
  half: shape({ a: text, b: closed }),
  copy: shape({ a: text, b: text }),
  list: list(shape({ k: text, v: closed })),
  copies: list(shape({ k: text, v: text, a: text, b: text })),
  words: { type: "array", items: text, access: { find: ["admin"] } },
  texts: list(text),
};

/** Registers the payload types. */
const register = async (admin: Client): Promise<void> => {
  await define(admin, "vault_notes", named(["name"]));
  const relation = { dataset: "vault_notes", cardinality: "one-to-many", cascade: false };
  await define(admin, "vault_files", named(["name"], [relation]));
  const answer = await admin.put("/schemas/vault_loose", {
    version: "1.0.0",
    json_schema: { type: "object", properties: { name: text } },
    strict: false,
  });
  if (answer.status !== 200) throw new Error(answer.text);
  await registerType(admin, "vault_strict", { type: "object", properties: { name: text } });
  await defineEntity(admin, "guarded", GUARDED, { info: { defaultVersion: "1.0.0" } });
  const access = { find: ["admin"], update: ["admin"] };
  await defineEntity(
    admin,
    "guarded",
    { ...GUARDED, fresh: text },
    { version: "2.0.0", schema: { access }, info: { defaultVersion: "1.0.0" } },
  );
};

const enrol = async (fetch: Fetch, email: string, role: string) => {
  await clientOf(fetch).post("/auth/register", { email, password: PASSWORD });
  const row = await env.DB.prepare("UPDATE users SET role = ? WHERE email_folded = ? RETURNING id")
    .bind(role, email)
    .first<{ id: string }>();
  return { id: row?.id ?? "", token: await login(fetch, email, PASSWORD) };
};

/** Creates all parties, each with a token except the anonymous one. */
export const assembleParties = async (
  around: (fetch: Fetch) => Fetch = (fetch) => fetch,
): Promise<Parties> => {
  const fetch = around(appOver(env.DB, { PUBLIC_READ: "true" }));
  const tokens: Record<string, string> = { admin: await adminToken(fetch) };
  const admin = clientOf(fetch, tokens["admin"]);
  const ids: Record<string, string> = {};
  const permissions: Record<string, string> = {};
  for (const [party, role] of Object.entries(ROLES)) {
    const { id, token } = await enrol(fetch, `${party}@example.org`, role);
    ids[party] = id;
    tokens[party] = token;
    const answer = await clientOf(fetch, token).get("/auth/authorize?service=source");
    permissions[party] = String((answer.body as JsonObject)["token"]);
  }
  await register(admin);
  for (const [party, policy] of Object.entries(KEYS)) {
    const credentials = await createKey(admin, [policy]);
    ids[party] = credentials.key;
    tokens[party] = (await signIn(credentials, fetch)).access_token;
  }
  const recorder = recorderOver(fetch, tokens);
  return {
    recorder,
    ids,
    permissions,
    ask: async (party, method, path, body) => {
      const request = { method, path, ...(body === undefined ? {} : { body }) };
      const recorded = await recorder.ask(party, request);
      const { status } = recorded;
      if (status >= 300) {
        throw new Error(`${party} ${method} ${path}: ${status} ${JSON.stringify(recorded.body)}`);
      }
      return recorded;
    },
  };
};
