// What the requests of the table of roles need: a fixture, and things that are new for every request.
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Client } from "../clients/http.ts";
import { define } from "../clients/datasets.ts";
import { createKey, signIn, type KeyCredentials } from "../clients/keys.ts";
import { FIXTURE } from "./matrix.ts";
import { succeed } from "../fixtures/restricted-tree.ts";
import type { World } from "./row.ts";

const EVERYTHING = { payload_types: ["*"], actions: ["create", "read", "update", "delete"] };

const writeFixture = async (admin: Client): Promise<string> => {
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
  const patient = { datasource_id: datasource, external_uid: "fixture" };
  await succeed(admin.post("/patients/register", patient));
  const study = { patient_identifier: FIXTURE.patient, external_uid: "fixture" };
  await succeed(admin.post("/studies/register", study));
  return written.headers.get("x-transaction") ?? "";
};

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

const makeEntity = async (
  admin: Client,
  [name, metadata, disabled]: Parameters<World["makeEntity"]>,
): Promise<void> => {
  await succeed(admin.put(`/metadata/${name}/1.0.0`, metadata));
  if (disabled) await succeed(admin.send("PUT", `/metadata/${name}/1.0.0/disabled`));
};

const addResource = async (admin: Client, identifier: string): Promise<string> => {
  const resources = [{ identifier, payload_type: "dataset", name: "one" }];
  await succeed(admin.post("/resources/create", { resources }));
  return identifier;
};

const addGrant = async (admin: Client, fresh: string): Promise<JsonObject> => {
  const identifier = await addResource(admin, `${fresh}/resource`);
  const grant = { identifier, grantee_type: "user", grantee_id: crypto.randomUUID() };
  await succeed(admin.post("/resources/grants/create", { grants: [grant] }));
  return grant;
};

const addPolicy = async (admin: Client): Promise<string> => {
  const policy = { subjects: ["role:user"], payload_types: ["nothing"], actions: ["read"] };
  return String(((await admin.post("/admin/policies", policy)).body as JsonObject)["id"]);
};

/** What good requests need. */
export interface Worlds {
  /** Made anew for each request, so that no caller meets what another one did. */
  readonly worldOf: () => World;
  /** A key that may do everything with resources. */
  readonly credentials: KeyCredentials;
}

/** Writes what exists before the first request, and makes the rest as it is asked for. */
export const openWorlds = async (admin: Client, login: World["login"]): Promise<Worlds> => {
  const credentials = await createKey(admin, [EVERYTHING]);
  const transaction = await writeFixture(admin);
  let count = 0;
  const worldOf = (): World => {
    count += 1;
    const fresh = `fresh-${count}`;
    return {
      fresh,
      resource: () => addResource(admin, `${fresh}/resource`),
      grant: () => addGrant(admin, fresh),
      user: () => addUser(fresh),
      key: async () => (await createKey(admin, [])).key,
      policy: () => addPolicy(admin),
      make: async (path, body) => {
        const made = await admin.post(path, body);
        expect(made.status, made.text).toBe(201);
        return String((made.body as JsonObject)["id"]);
      },
      refreshToken: async () => (await signIn(credentials)).refresh_token,
      credentials,
      login,
      transaction,
      makeEntity: (...wanted) => makeEntity(admin, wanted),
      defineDataset: (name, definition) => define(admin, name, definition),
    };
  };
  return { worldOf, credentials };
};
