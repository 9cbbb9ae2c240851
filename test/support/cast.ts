import { env, exports } from "cloudflare:workers";
import type { JsonObject } from "../../src/model/json.ts";
import { jsonSchemaOf } from "../model/fields.ts";
import type { Caller, Cast } from "../model/run.ts";
import type { Types } from "../model/types.ts";
import { appOver } from "./app.ts";
import { clientOf, login, type Client, type Fetch } from "./client.ts";

/** The Worker under test. */
export const workerFetch: Fetch = (request) =>
  (exports as unknown as { readonly default: Fetcher }).default.fetch(request);

/** A variable of the test run, e.g. `HISTORIES` or `FC_SEED`; undefined when it is not set. */
export const setting = (name: string): string | undefined => {
  const value = (env as unknown as Readonly<Record<string, unknown>>)[name] ?? process.env[name];
  return typeof value === "string" && value !== "" ? value : undefined;
};

const textOf = (name: string): string => {
  const value = setting(name);
  if (value === undefined) throw new Error(`The test run has no ${name}.`);
  return value;
};

/** The token of the first admin. */
export const adminToken = (fetch: Fetch = workerFetch): Promise<string> =>
  login(fetch, textOf("ADMIN_EMAIL"), textOf("ADMIN_PASSWORD"));

/** A client of the first admin. */
export const adminClient = async (fetch: Fetch = workerFetch): Promise<Client> =>
  clientOf(fetch, await adminToken(fetch));

const idOf = async (email: string): Promise<string> => {
  const row = await env.DB.prepare("SELECT id FROM users WHERE email_folded = ?")
    .bind(email.toLowerCase())
    .first<{ id: string }>();
  if (row === null) throw new Error(`No such account: ${email}`);
  return row.id;
};

/** Registers an account, sets its role and logs it in. */
export const callerOf = async (
  email: string,
  role: "editor" | "user",
  fetch: Fetch = workerFetch,
): Promise<Caller> => {
  const password = "correct horse battery";
  await clientOf(fetch).post("/auth/register", { email, password });
  const id = await idOf(email);
  await env.DB.prepare("UPDATE users SET role = ? WHERE id = ?").bind(role, id).run();
  const token = await login(fetch, email, password);
  return { client: clientOf(fetch, token), actor: { id: `user:${id}`, role } };
};

/** Registers one payload type; throws when it is refused. */
export const registerType = async (
  admin: Client,
  name: string,
  json_schema: JsonObject,
): Promise<void> => {
  const answer = await admin.put(`/schemas/${name}`, { version: "1.0.0", json_schema });
  if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.text}`);
};

/** Registers the payload types of the model; a test file does it once. */
export const registerTypes = async (admin: Client, types: Types): Promise<void> => {
  for (const [name, type] of Object.entries(types)) {
    await registerType(admin, name, jsonSchemaOf(type));
  }
};

/** An admin, an editor, a reader and an anonymous caller. */
export const assemble = async (): Promise<Cast> => {
  const openApp = appOver(env.DB, { PUBLIC_READ: "true" });
  const admin = await adminClient();
  const adminId = await idOf(textOf("ADMIN_EMAIL"));
  return {
    admin: { client: admin, actor: { id: `user:${adminId}`, role: "admin" } },
    editor: await callerOf("editor@example.org", "editor"),
    reader: await callerOf("reader@example.org", "user"),
    nobody: { client: clientOf(openApp), actor: { id: "anonymous", role: "anonymous" } },
    feed: { position: 0 },
  };
};
