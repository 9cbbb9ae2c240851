import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { createTokens } from "../../src/identity/token.ts";
import { parseSigningKeys } from "../../src/identity/signing-key.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { adminClient, callerOf, workerFetch } from "../support/cast.ts";
import { BASE, login, type Client } from "../support/client.ts";
import { define } from "../support/datasets.ts";
import { operationsOf, type OpenApiDocument, type Operation } from "../support/document.ts";
import { createKey, signIn, type KeyCredentials } from "../support/keys.ts";
import { ROLE_MATRIX, FIXTURE } from "../support/role-matrix.ts";
import { CALLERS, type Asked, type CallerKind, type World } from "../support/roles/row.ts";
import { succeed } from "../support/scene.ts";

const PASSWORD = "correct horse battery";
const EVERYTHING = { payload_types: ["*"], actions: ["create", "read", "update", "delete"] };

let admin: Client;
let operations: readonly Operation[];
let credentials: KeyCredentials;
let transaction = "";
const tokens: Partial<Record<CallerKind, string>> = {};

const setRole = async (email: string, role: string): Promise<void> => {
  await env.DB.prepare("UPDATE users SET role = ? WHERE email_folded = ?").bind(role, email).run();
};

const writeFixture = async (): Promise<void> => {
  const { datasource, image } = FIXTURE;
  const resources = [
    { identifier: datasource, payload_type: "datasource", name: "matrix" },
    { identifier: image, payload_type: "image", parent_identifier: datasource },
    {
      identifier: "matrix/artefact",
      payload_type: "artefact",
      repo: "matrix",
      branch: "main",
      path: "out",
      commit: "c",
      kind: "model",
      status: "succeeded",
    },
  ];
  const written = await admin.post("/resources/create", { resources });
  expect(written.status, written.text).toBe(200);
  transaction = written.headers.get("x-transaction") ?? "";
  const patient = { datasource_id: datasource, external_uid: "fixture" };
  await succeed(admin.post("/patients/register", patient));
  const study = { patient_identifier: FIXTURE.patient, external_uid: "fixture" };
  await succeed(admin.post("/studies/register", study));
};

beforeAll(async () => {
  const response = await workerFetch(new Request(`${BASE}/openapi.json`));
  operations = operationsOf(await response.json<OpenApiDocument>());
  admin = await adminClient();
  for (const role of ["user", "editor"] as const) {
    await callerOf(`${role}@matrix.test`, role);
    tokens[role] = await login(workerFetch, `${role}@matrix.test`, PASSWORD);
  }
  await callerOf("admin@matrix.test", "user");
  await setRole("admin@matrix.test", "admin");
  tokens.admin = await login(workerFetch, "admin@matrix.test", PASSWORD);
  const past = createTokens(parseSigningKeys(env.SIGNING_KEYS), () => Date.now() - 7_200_000);
  const userId = crypto.randomUUID();
  tokens.expired = await past.issue({ userId, role: "admin", tokenVersion: 1 });
  const [head, claims, signature = ""] = tokens.admin.split(".");
  tokens["wrong signature"] = [head, claims, [...signature].toReversed().join("")].join(".");
  const without = await signIn(await createKey(admin, []));
  tokens["key without policy"] = without.access_token;
  credentials = await createKey(admin, [EVERYTHING]);
  tokens["key with policy"] = (await signIn(credentials)).access_token;
  await writeFixture();
}, 60_000);

let count = 0;

const addUser = async (fresh: string): Promise<string> => {
  const id = crypto.randomUUID();
  const email = `${fresh}@there.test`;
  await env.DB.prepare(
    "INSERT INTO users VALUES (?, ?, ?, '$scrypt$', 'user', 1, 1, 1700000000000000, NULL)",
  )
    .bind(id, email, email)
    .run();
  return id;
};

const makeEntity: World["makeEntity"] = async (name, metadata, disabled) => {
  await succeed(admin.put(`/metadata/${name}/1.0.0`, metadata));
  if (disabled) await succeed(admin.send("PUT", `/metadata/${name}/1.0.0/disabled`));
};

const addResource = async (identifier: string): Promise<string> => {
  const resources = [{ identifier, payload_type: "dataset", name: "one" }];
  await succeed(admin.post("/resources/create", { resources }));
  return identifier;
};

const addGrant = async (fresh: string): Promise<JsonObject> => {
  const identifier = await addResource(`${fresh}/resource`);
  const grant = { identifier, grantee_type: "user", grantee_id: crypto.randomUUID() };
  await succeed(admin.post("/resources/grants/create", { grants: [grant] }));
  return grant;
};

const addPolicy = async (): Promise<string> => {
  const policy = { subjects: ["role:user"], payload_types: ["nothing"], actions: ["read"] };
  return String(((await admin.post("/admin/policies", policy)).body as JsonObject)["id"]);
};

/** What a good request needs, made anew so that no caller meets what another one did. */
const worldOf = (): World => {
  count += 1;
  const fresh = `fresh-${count}`;
  return {
    fresh,
    resource: () => addResource(`${fresh}/resource`),
    grant: () => addGrant(fresh),
    user: () => addUser(fresh),
    key: async () => (await createKey(admin, [])).key,
    policy: addPolicy,
    make: async (path, body) => {
      const made = await admin.post(path, body);
      expect(made.status, made.text).toBe(201);
      return String((made.body as JsonObject)["id"]);
    },
    refreshToken: async () => (await signIn(credentials)).refresh_token,
    credentials,
    login: { username: "editor@matrix.test", password: PASSWORD },
    transaction,
    makeEntity,
    defineDataset: (name, definition) => define(admin, name, definition),
  };
};

const send = async ({ method, path }: Operation, asked: Asked, token?: string): Promise<Response> =>
  workerFetch(
    new Request(`${BASE}${asked.path ?? path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(asked.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
      ...(asked.form === undefined ? {} : { body: new URLSearchParams(asked.form) }),
    }),
  );

const outcomeOf = ({ status }: Response): string =>
  status >= 200 && status < 300 ? "ok" : String(status);

test("every route of the OpenAPI document has a row, and every row a route", () => {
  const names = operations.map(({ name }) => name);
  expect(Object.keys(ROLE_MATRIX).toSorted()).toEqual(names.toSorted());
});

test(
  "every kind of caller gets from every route what the table says",
  { timeout: 120_000 },
  async () => {
    const actual: Record<string, string> = {};
    for (const [name, { ask }] of Object.entries(ROLE_MATRIX)) {
      const operation = operations.find((each) => each.name === name);
      if (operation === undefined) continue;
      const outcomes: string[] = [];
      for (const caller of CALLERS) {
        const asked = (await ask?.(worldOf())) ?? {};
        const response = await send(operation, asked, tokens[caller]);
        await response.text();
        outcomes.push(outcomeOf(response));
      }
      actual[name] = outcomes.join(" ");
    }
    const expected = Object.entries(ROLE_MATRIX).map(([name, { outcomes }]) => [name, outcomes]);
    expect(actual).toEqual(Object.fromEntries(expected));
  },
);
