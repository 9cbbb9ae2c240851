// Errors of other harvest software that this product must not have.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { r2Bucket } from "../../../../src/objects/r2.ts";
import { inspectObject } from "../../../../src/objects/verify.ts";
import { adminClient, callerOf, workerFetch } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import {
  claimed,
  complete,
  discover,
  done,
  idOf,
  scene,
  workerToken,
} from "../../../support/fixtures/harvest.ts";
import { XXH64 } from "../../../support/fixtures/xxh64.ts";

const PASSWORD = "correct horse battery";

let admin: Client;
let worker: Client;

beforeAll(async () => {
  admin = await adminClient();
  worker = clientOf(workerFetch, await workerToken(admin));
});

const logIn = async (username: string): Promise<readonly [number, string]> => {
  const response = await workerFetch(
    new Request("http://vxdata.test/auth/jwt/login", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ username, password: PASSWORD }).toString(),
    }),
  );
  return [response.status, await response.text()];
};

test("no request makes its caller an admin, and admin calls stay closed", async () => {
  const email = "origin-climber@example.org";
  const wish = { role: "admin", is_superuser: true, is_verified: true };
  const made = await clientOf(workerFetch).post("/auth/register", {
    email,
    password: PASSWORD,
    ...wish,
  });
  expect(made.body).toMatchObject({ role: "user", is_superuser: false });
  const [, text] = await logIn(email);
  const { access_token: token } = JSON.parse(text) as JsonObject;
  const climber = clientOf(workerFetch, String(token));
  const changed = await climber.send("PATCH", "/users/me", wish);
  expect(changed.body).toMatchObject({ role: "user", is_superuser: false });
  expect(await done(climber, "GET", "/api/me")).toMatchObject({ role: "user" });
  const answer = await climber.get("/api/instruments");
  expect([answer.status, answer.text]).toEqual([403, '{"detail":"Admin access required"}']);
});

test("a deleted account cannot log in, and looks like one that never existed", async () => {
  const email = "origin-gone@example.org";
  const { actor, client } = await callerOf(email, "user");
  expect((await logIn(email))[0]).toBe(200);
  const path = `/users/${actor.id.replace("user:", "")}`;
  expect((await admin.send("DELETE", path)).status).toBe(204);
  const refused = [400, '{"detail":"LOGIN_BAD_CREDENTIALS"}'];
  expect(await logIn(email)).toEqual(refused);
  expect(await logIn("origin-never@example.org")).toEqual(refused);
  expect((await client.get("/api/files")).status).toBe(401);
});

test("a changed id is stored and in the history", async () => {
  const [one, other] = [await scene(admin, "origin one"), await scene(admin, "origin other")];
  const path = `/api/schedules/${one.schedule}`;
  const change = {
    instrument_id: other.instrument,
    default_storage_location_id: other.location,
  };
  expect(await done(admin, "PATCH", path, change)).toMatchObject(change);
  const history = await admin.post("/resources/history", { identifier: one.schedule });
  const ids = (history.body as unknown as readonly JsonObject[]).map(
    (version) => version["instrument_id"],
  );
  expect(new Set(ids)).toEqual(new Set([one.instrument, other.instrument]));
});

test("checksums are compared, and the path opens the file to a group and a project", async () => {
  const made = await scene(admin, "origin metadata");
  const reader = await callerOf("origin-reader@example.org", "user");
  const user = reader.actor.id.replace("user:", "");
  const group = idOf(await done(admin, "POST", "/api/groups", { name: "origin-nmr" }));
  await done(admin, "POST", `/api/groups/${group}/members`, { user_id: user });
  const project = idOf(await done(admin, "POST", "/api/projects", { name: "origin-glucose" }));
  const member = { member_type: "user", member_id: user };
  await done(admin, "POST", `/api/projects/${project}/members`, member);
  const builtin = (builtin_name: string, priority: number, config: JsonObject) =>
    done(admin, "POST", "/api/hooks", {
      name: builtin_name,
      trigger: "post_transfer",
      implementation: "builtin",
      builtin_name,
      priority,
      config,
      instrument_id: made.instrument,
    });
  await builtin("metadata_enrichment", 1, {
    rules: [{ pattern: "^(?P<team>[^_/]+)_(?P<study>[^/]+)/" }],
  });
  await builtin("access_assignment", 2, {
    grants: [
      { grantee_type: "group", match_field: "team" },
      { grantee_type: "project", match_field: "study", source: "metadata" },
    ],
  });
  const run = await claimed(admin, worker, made, "origin");
  const paths = ["origin-nmr_x/fid", "y_origin-glucose/fid", "y_z/fid"];
  const items = await discover(worker, run, ...paths);
  await complete(worker, run, items);
  const files = (await done(reader.client, "GET", "/api/files")) as unknown;
  const seen = (files as readonly JsonObject[]).map((file) => String(file["source_path"]));
  expect(seen.toSorted()).toEqual(paths.slice(0, 2).toSorted());
  const transfers = (await done(reader.client, "GET", "/api/transfers")) as unknown;
  expect(transfers).toMatchObject([{ checksum_verified: true }, { checksum_verified: true }]);
  await done(worker, "POST", `/api/harvest/runs/${run}/finish`, { summary: {} });
});

test.each(XXH64)("the bucket's XXH64 of %s is known", async (name, bytes, hash) => {
  const key = `origin/${name}`;
  await env.BUCKET.put(key, bytes);
  expect(await inspectObject(r2Bucket(env.BUCKET), key)).toMatchObject({ xxhash: hash });
});
