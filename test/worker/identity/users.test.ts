import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Caller } from "../../model/run.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { clientOf, login, uniquePrefix, type Client } from "../../support/clients/http.ts";
import { dataset, readOne, succeed } from "../../support/fixtures/restricted-tree.ts";

const PASSWORD = "correct horse battery";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

const idOf = ({ actor }: Caller): string => actor.id.replace("user:", "");

describe.each(["/admin/users", "/users"])("%s/{id}", (endpoint) => {
  const word = endpoint === "/users" ? "plain" : "admin";

  test("changes a role, which affects the next request", async () => {
    const caller = await callerOf(`${word}-role@example.org`, "user");
    const resources = [dataset(`${uniquePrefix("role")}a`)];
    expect((await caller.client.post("/resources/create", { resources })).status).toBe(403);
    const path = `${endpoint}/${idOf(caller)}`;
    const changed = await admin.send("PATCH", path, { role: "editor" });
    expect([changed.status, (changed.body as JsonObject)["role"]]).toEqual([200, "editor"]);
    expect((await caller.client.post("/resources/create", { resources })).status).toBe(200);
  });

  test("locks and unlocks an account, whose tokens and sessions are refused while it is locked", async () => {
    const email = `${word}-closed@example.org`;
    const caller = await callerOf(email, "user");
    const path = `${endpoint}/${idOf(caller)}`;
    expect((await admin.send("PATCH", path, { is_active: false })).status).toBe(200);
    expect((await caller.client.get("/users/me")).status).toBe(401);
    await expect(login(workerFetch, email, PASSWORD)).rejects.toThrow("LOGIN_BAD_CREDENTIALS");
    expect((await admin.send("PATCH", path, { is_active: true })).status).toBe(200);
    await login(workerFetch, email, PASSWORD);
  });

  test("removes an account; what it owns stays, and its address is free again", async () => {
    const email = `${word}-gone@example.org`;
    const caller = await callerOf(email, "editor");
    const identifier = `${uniquePrefix("gone")}a`;
    await succeed(caller.client.post("/resources/create", { resources: [dataset(identifier)] }));
    const path = `${endpoint}/${idOf(caller)}`;
    expect((await admin.send("DELETE", path)).status).toBe(204);
    expect((await caller.client.get("/users/me")).status).toBe(401);
    expect((await admin.send("DELETE", path)).status).toBe(404);
    expect((await admin.send("PATCH", path, { role: "user" })).status).toBe(404);
    expect((await readOne(admin, identifier))["identifier"]).toBe(identifier);
    const again = await clientOf(workerFetch).post("/auth/register", { email, password: PASSWORD });
    expect(again.status).toBe(201);
    expect((again.body as JsonObject)["id"]).not.toBe(idOf(caller));
  });

  test("does not let admins lock out or remove themselves", async () => {
    const { id } = (await succeed(admin.get("/users/me"))) as { readonly id: string };
    const refused = endpoint === "/users" ? 422 : 400;
    expect((await admin.send("DELETE", `${endpoint}/${id}`)).status).toBe(refused);
    for (const change of [{ role: "user" }, { is_active: false }]) {
      expect((await admin.send("PATCH", `${endpoint}/${id}`, change)).status).toBe(refused);
    }
    expect((await admin.get("/users/me")).status).toBe(200);
  });
});

test("the lists of admins page along their links and contain no credentials", async () => {
  for (const name of ["one", "two", "three"]) await callerOf(`list-${name}@example.org`, "user");
  const ids: string[] = [];
  let path: string | undefined = "/admin/users?limit=2";
  while (path !== undefined) {
    const page = await admin.get(path);
    expect(page.text).not.toContain("scrypt");
    const rows = page.body as readonly JsonObject[];
    expect(rows.length).toBeLessThanOrEqual(2);
    ids.push(...rows.map((row) => String(row["id"])));
    path = /<([^>]+)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1];
  }
  expect(ids).toEqual([...new Set(ids)].toSorted());
  expect(ids.length).toBeGreaterThan(5);
  expect((await admin.get("/admin/users?limit=1000")).headers.get("link")).toBeNull();
  for (const bad of ["limit=0", "limit=1001", "after=x", "role=admin"]) {
    expect((await admin.get(`/admin/users?${bad}`)).status).toBe(400);
  }
});
