import { createLocalJWKSet, importSPKI, jwtVerify, type JSONWebKeySet } from "jose";
import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { clientOf, login } from "../../support/clients/http.ts";
import { keyClient } from "../../support/clients/keys.ts";
import { succeed } from "../../support/fixtures/restricted-tree.ts";

const PASSWORD = "correct horse battery";
const PATH = "/auth/authorize?service=source";

let token: string;
let userId: string;

beforeAll(async () => {
  const { actor } = await callerOf("publisher@example.org", "user");
  userId = actor.id.replace("user:", "");
  token = await login(workerFetch, "publisher@example.org", PASSWORD);
});

const nobody = clientOf(workerFetch);

test("POST /auth/authorize issues a user of any role a permission token that a service verifies with the public key", async () => {
  const body = (await succeed(clientOf(workerFetch, token).get(PATH))) as JsonObject;
  const said = { userid: userId, permissions: { max_dataset_num: 100 }, service: "source" };
  expect(body).toEqual({ token: expect.any(String), ...said });
  const permission = String(body["token"]);
  const pem = await nobody.get("/auth/public-key");
  expect(pem.headers.get("content-type")).toMatch(/^text\/plain/);
  const keys = (await succeed(nobody.get("/.well-known/jwks.json"))) as unknown as JSONWebKeySet;
  for (const key of [await importSPKI(pem.text, "RS256"), createLocalJWKSet(keys)]) {
    const verified =
      typeof key === "function"
        ? await jwtVerify(permission, key, { algorithms: ["RS256"] })
        : await jwtVerify(permission, key, { algorithms: ["RS256"] });
    expect(verified.payload).toMatchObject(said);
    expect(Number(verified.payload.exp) - Number(verified.payload.iat)).toBe(3_600);
  }
});

test("POST /auth/authorize accepts the token where clients of the original service put it", async () => {
  for (const answer of [
    await nobody.send("GET", PATH, undefined, { "auth-token": token }),
    await nobody.get(`${PATH}&jwt=${token}`),
  ]) {
    expect(answer.status, answer.text).toBe(200);
  }
  for (const answer of [
    await nobody.get(PATH),
    await nobody.send("GET", PATH, undefined, { "auth-token": "x" }),
    await nobody.get(`${PATH}&jwt=`),
    await nobody.get(`${PATH}&jwt=a.b.c`),
  ]) {
    expect(answer.status).toBe(401);
  }
  expect((await clientOf(workerFetch, token).get("/auth/authorize?service=other")).status).toBe(
    400,
  );
});

test("a permission token gives no access here, and keys get none", async () => {
  const body = (await succeed(clientOf(workerFetch, token).get(PATH))) as JsonObject;
  const bearer = clientOf(workerFetch, String(body["token"]));
  for (const path of ["/schemas", "/users/me", PATH, "/changes"]) {
    expect((await bearer.get(path)).status, path).toBe(401);
  }
  const admin = await adminClient();
  const { client } = await keyClient(admin, [{ payload_types: ["*"], actions: ["read"] }]);
  expect((await client.get(PATH)).status).toBe(403);
});
