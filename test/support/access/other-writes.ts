// Calls of administrators and workers, which refuse all other callers.
import type { JsonObject } from "../../../src/model/json.ts";
import type { Request } from "./recorder.ts";
import type { Actors } from "./actors.ts";
import { anyIdentifier, oneOf, post, type Way, type Writing } from "./writing.ts";

type Kind = readonly [path: string, of: (actors: Actors) => string, body: JsonObject];

const KINDS: readonly Kind[] = [
  ["instruments", (actors) => actors.instrument, { name: "i", cifs_host: "h", cifs_share: "s" }],
  ["storage-locations", (actors) => actors.location, { name: "l", type: "posix", base_path: "/a" }],
  ["service-accounts", (actors) => actors.account, { name: "a", username: "u", password: "p" }],
  ["schedules", (actors) => actors.schedule, { cron_expression: "0 0 1 1 *" }],
  [
    "hooks",
    (actors) => actors.hook,
    { name: "h", trigger: "pre_transfer", implementation: "builtin" },
  ],
  ["groups", (actors) => actors.group, { name: "g" }],
  ["projects", (actors) => actors.project, { name: "p" }],
];

const call = (method: string, path: string, body?: JsonObject): Request => ({
  method,
  path,
  ...(body === undefined ? {} : { body }),
});

const adminResources = KINDS.flatMap(([path, of, body]): readonly (readonly [string, Way])[] => {
  const base = `/api/${path}`;
  const at = ({ actors }: Writing): string => `${base}/${of(actors)}`;
  return [
    [`POST ${base}`, () => call("POST", base, body)],
    [`PATCH ${base}/{id}`, (writing) => call("PATCH", at(writing), { name: "changed" })],
    [`DELETE ${base}/{id}`, (writing) => call("DELETE", at(writing))],
    [`POST ${base}/{id}/restore`, (writing) => call("POST", `${at(writing)}/restore`)],
  ];
});

const own = ({ ids, party }: Writing): string => ids[party] ?? "";

const links: Readonly<Record<string, Way>> = {
  "POST /api/instruments/{id}/access": (writing) =>
    post(`/api/instruments/${writing.actors.instrument}/access`, { user_id: own(writing) }),
  "DELETE /api/instruments/{id}/access/{user_id}": (writing) =>
    call("DELETE", `/api/instruments/${writing.actors.instrument}/access/${own(writing)}`),
  "POST /api/groups/{id}/members": (writing) =>
    post(`/api/groups/${writing.actors.group}/members`, { user_id: own(writing) }),
  "DELETE /api/groups/{id}/members/{user_id}": (writing) =>
    call("DELETE", `/api/groups/${writing.actors.group}/members/${own(writing)}`),
  "POST /api/projects/{id}/members": (writing) =>
    post(`/api/projects/${writing.actors.project}/members`, {
      member_type: "user",
      member_id: own(writing),
    }),
  "DELETE /api/projects/{id}/members/{member_id}": (writing) =>
    call("DELETE", `/api/projects/${writing.actors.project}/members/${own(writing)}`),
  "POST /api/files/{id}/access": (writing) =>
    post(`/api/files/${oneOf(writing, writing.actors.file, writing.cell.table)}/access`, {
      grantee_type: "user",
      grantee_id: own(writing),
    }),
  "DELETE /api/files/{id}/access/{grant_id}": (writing) =>
    call("DELETE", `/api/files/${writing.actors.file}/access/${own(writing)}`),
};

const anyRun = (writing: Writing): string =>
  oneOf(writing, writing.actors.held, writing.actors.run);

const runs: Readonly<Record<string, Way>> = {
  "POST /api/instruments/{id}/harvest": ({ actors }) =>
    call("POST", `/api/instruments/${actors.instrument}/harvest`),
  "POST /api/schedules/{id}/trigger": ({ actors }) =>
    call("POST", `/api/schedules/${actors.schedule}/trigger`),
  "POST /api/harvest/runs/claim": () => post("/api/harvest/runs/claim", { worker: "w" }),
  "POST /api/harvest/runs/{id}/discovered": (writing) =>
    post(`/api/harvest/runs/${anyRun(writing)}/discovered`, {
      entries: [{ source_path: oneOf(writing, "vault/1.csv", "vault/new.csv"), size_bytes: 1 }],
    }),
  "POST /api/harvest/runs/{id}/transfers": (writing) =>
    post(`/api/harvest/runs/${anyRun(writing)}/transfers`, {
      items: [
        { file_id: oneOf(writing, writing.actors.file, writing.cell.note), status: "completed" },
      ],
    }),
  "POST /api/harvest/runs/{id}/finish": ({ actors }) =>
    post(`/api/harvest/runs/${actors.run}/finish`, {}),
};

/** The calls of harvest workers. */
export const WORKER_WRITES: readonly string[] = Object.keys(runs).filter((name) =>
  name.startsWith("POST /api/harvest/"),
);

/** A policy by which the caller's role could do anything. */
const policy = (writing: Writing): JsonObject => ({
  subjects: ["role:user", "role:editor", `apk:${writing.ids["key"] ?? ""}`],
  payload_types: ["*"],
  actions: ["create", "read", "update", "delete", "administer"],
});

const admin: Readonly<Record<string, Way>> = {
  "PATCH /admin/users/{id}": (writing) =>
    call("PATCH", `/admin/users/${own(writing)}`, { role: "admin" }),
  "DELETE /admin/users/{id}": (writing) =>
    call("DELETE", `/admin/users/${writing.ids["holder"] ?? ""}`),
  "PATCH /users/{id}": (writing) => call("PATCH", `/users/${own(writing)}`, { role: "admin" }),
  "DELETE /users/{id}": (writing) => call("DELETE", `/users/${writing.ids["holder"] ?? ""}`),
  "PATCH /users/me": () => call("PATCH", "/users/me", { role: "admin" }),
  "POST /admin/api-keys": (writing) =>
    post("/admin/api-keys", {
      policies: [{ payload_types: ["*"], actions: ["read"] }],
      user: own(writing),
    }),
  "DELETE /admin/api-keys/{id}": (writing) =>
    call("DELETE", `/admin/api-keys/${writing.ids["key"] ?? ""}`),
  "POST /admin/policies": (writing) => post("/admin/policies", policy(writing)),
  "DELETE /admin/policies/{id}": (writing) => call("DELETE", `/admin/policies/${own(writing)}`),
  "PUT /schemas/{payload_type}": () =>
    call("PUT", "/schemas/vault_strict", { version: "9.0.0", json_schema: { type: "object" } }),
  "PUT /schemas/{payload_type}/indexes": () =>
    call("PUT", "/schemas/vault_strict/indexes", { fields: [] }),
  "PUT /admin/datasets/{name}": () => call("PUT", "/admin/datasets/vault_notes", { fields: [] }),
  "DELETE /admin/datasets/{name}": () => call("DELETE", "/admin/datasets/vault_notes"),
  "POST /admin/materialized-views/refresh": () => call("POST", "/admin/materialized-views/refresh"),
};

/** An entity with fields that every party may find. */
const opened: JsonObject = {
  entityInfo: { name: "guarded" },
  schema: {
    name: "guarded",
    version: { value: "1.0.0", changelog: "opened" },
    status: { value: "active" },
    fields: { secret: { type: "string" }, open: { type: "string" } },
  },
};

const metadata: Readonly<Record<string, Way>> = {
  "PUT /metadata/{entity}": () => call("PUT", "/metadata/guarded", { name: "guarded" }),
  "DELETE /metadata/{entity}": () => call("DELETE", "/metadata/guarded"),
  "PUT /metadata/{entity}/{version}": (writing) =>
    call("PUT", `/metadata/guarded/${oneOf(writing, "1.0.0", "3.0.0")}`, opened),
  "PUT /metadata/{entity}/{version}/{status}": () =>
    call("PUT", "/metadata/guarded/1.0.0/disabled"),
  "POST /metadata/{entity}/{version}/default": () =>
    call("POST", "/metadata/guarded/2.0.0/default"),
  "DELETE /metadata/{entity}/default": () => call("DELETE", "/metadata/guarded/default"),
  "POST /metadata/{entity}/reindex": () => call("POST", "/metadata/guarded/reindex"),
  "POST /metadata/{entity}/{version}/reindex": () =>
    call("POST", "/metadata/guarded/1.0.0/reindex"),
};

/** A specification of the caller's own whose table is an object of another owner. */
const specification = (writing: Writing, key: string): JsonObject => ({
  meta: {
    version: 1,
    ownerid: own(writing),
    owner: "a lab",
    dataset: `set-${writing.fresh()}`,
    ...oneOf<JsonObject>(
      writing,
      {},
      { findability: "published" },
      { findability: "unlisted" },
      { findability: "private" },
    ),
  },
  inputs: [
    {
      kind: "datapackage",
      url: "https://sources.invalid/base/datapackage.json",
      parameters: {
        "resource-mapping": { "data/slices.csv": `s3://vxdata/${key}` },
        descriptor: {
          name: "set",
          resources: [
            {
              name: "slices",
              path: "data/slices.csv",
              format: "csv",
              schema: {
                fields: [
                  { name: "id", type: "integer" },
                  { name: "z_mm", type: "number" },
                  { name: "note", type: "string" },
                ],
              },
            },
          ],
        },
      },
    },
  ],
});

const sources: Readonly<Record<string, Way>> = {
  "POST /source/upload": (writing) => {
    const key = oneOf(writing, ...writing.cell.keys, writing.actors.key);
    return post("/source/upload", specification(writing, key), {
      headers: { "auth-token": writing.permissions[writing.party] ?? "" },
    });
  },
  "POST /source/update": (writing) =>
    post("/source/update", {
      pipeline_id: anyIdentifier(writing),
      event: oneOf(writing, "start", "finish"),
      success: true,
    }),
};

/** By operation. */
export const OTHER_WRITES: Readonly<Record<string, Way>> = {
  ...Object.fromEntries(adminResources),
  ...links,
  ...runs,
  ...admin,
  ...metadata,
  ...sources,
};
