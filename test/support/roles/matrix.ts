// Who may do what, over every route: the checked-in table. A route without a row fails the test, so
// a new call needs a line here. Most need one of the patterns and perhaps a valid request.
import type { JsonObject } from "../../../src/model/json.ts";
import { DATASET_ROLES } from "./datasets.ts";
import { ENTITY_ROLES } from "./entities.ts";
import { HARVEST_ROLES } from "./harvest.ts";
import { OBJECT_ROLES } from "./objects.ts";
import { SOURCE_ROLES } from "./sources.ts";
import { ADMIN, OPEN, OWN_ACCOUNT, READ, row, WRITE, type MatrixRow } from "./row.ts";

const dataset = (identifier: string): JsonObject => ({
  identifier,
  payload_type: "dataset",
  name: "one",
});

/** Identifiers that exist before the first request. */
export const FIXTURE = {
  datasource: "matrix",
  image: "matrix/image",
  patient: "matrix.P000001",
} as const;

const encoded = encodeURIComponent(FIXTURE.image);

/** The table. */
export const ROLE_MATRIX: Readonly<Record<string, MatrixRow>> = {
  "GET /health": row(OPEN),
  "GET /ready": row(OPEN),
  "GET /problems/{code}": row(OPEN, () => ({ path: "/problems/not-found" })),

  "POST /auth/register": row(OPEN, ({ fresh }) => ({
    body: { email: `${fresh}@matrix.test`, password: "a long pass phrase" },
  })),
  "POST /auth/jwt/login": row(OPEN, ({ login }) => ({ form: login })),
  "GET /users/me": row(OWN_ACCOUNT),
  "PATCH /users/me": row(OWN_ACCOUNT, ({ fresh }) => ({
    body: { email: `${fresh}@matrix.test` },
  })),
  "GET /users/{id}": row(ADMIN, async ({ user }) => ({ path: `/users/${await user()}` })),
  "PATCH /users/{id}": row(ADMIN, async ({ user }) => ({
    path: `/users/${await user()}`,
    body: { role: "editor" },
  })),
  "DELETE /users/{id}": row(ADMIN, async ({ user }) => ({ path: `/users/${await user()}` })),
  "GET /.well-known/jwks.json": row(OPEN),
  "POST /auth": row(OPEN, ({ credentials }) => ({ body: { method: "apk", ...credentials } })),
  "POST /auth/refresh": row(OPEN, async ({ refreshToken }) => ({
    body: { refresh_token: await refreshToken() },
  })),
  "GET /auth/authorize": row("401 401 401 ok ok ok 403 403", () => ({
    path: "/auth/authorize?service=source",
  })),
  "GET /auth/public-key": row(OPEN),

  "GET /admin/users": row(ADMIN),
  "PATCH /admin/users/{id}": row(ADMIN, async ({ user }) => ({
    path: `/admin/users/${await user()}`,
    body: { role: "editor" },
  })),
  "DELETE /admin/users/{id}": row(ADMIN, async ({ user }) => ({
    path: `/admin/users/${await user()}`,
  })),
  "GET /admin/api-keys": row(ADMIN),
  "POST /admin/api-keys": row(ADMIN, () => ({ body: { description: "one more" } })),
  "DELETE /admin/api-keys/{id}": row(ADMIN, async ({ key }) => ({
    path: `/admin/api-keys/${await key()}`,
  })),
  "GET /admin/policies": row(ADMIN),
  "POST /admin/policies": row(ADMIN, async ({ key }) => ({
    body: { subjects: [`apk:${await key()}`], payload_types: ["image"], actions: ["read"] },
  })),
  "DELETE /admin/policies/{id}": row(ADMIN, async ({ policy }) => ({
    path: `/admin/policies/${await policy()}`,
  })),
  "GET /admin/transactions": row(ADMIN),
  "POST /admin/materialized-views/refresh": row(ADMIN),

  "POST /resources/create": row(WRITE, ({ fresh }) => ({ body: { resources: [dataset(fresh)] } })),
  "POST /resources/read": row(READ, async ({ resource }) => ({
    body: { identifiers: [await resource()] },
  })),
  "POST /resources/update": row(WRITE, async ({ resource }) => ({
    body: { updates: { [await resource()]: { name: "two" } } },
  })),
  "POST /resources/delete": row(WRITE, async ({ resource }) => ({
    body: { identifiers: [await resource()] },
  })),
  // For a key without visible resources it does not exist; the others see it, and do not own it.
  "POST /resources/grants/create": row("401 401 401 403 403 ok 404 403", async ({ grant }) => ({
    body: { grants: [await grant()] },
  })),
  "POST /resources/grants/read": row(READ, async ({ resource }) => ({
    body: { identifiers: [await resource()] },
  })),
  "POST /resources/grants/delete": row("401 401 401 403 403 ok 404 403", async ({ grant }) => ({
    body: { grants: [await grant()] },
  })),
  "POST /query": row(READ, () => ({ body: { payload_type: "image" } })),
  "POST /query/explain": row(READ, () => ({ body: { payload_type: "image" } })),
  "POST /query/count": row(READ, () => ({ body: { payload_type: "image" } })),
  "POST /resources/history": row(READ, () => ({ body: { identifier: FIXTURE.image } })),
  "POST /resources/diff": row(READ, () => ({
    body: { identifier: FIXTURE.image, from: 1, to: 1 },
  })),
  "GET /changes": row(READ),
  "GET /transactions/{id}": row(READ, ({ transaction }) => ({
    path: `/transactions/${transaction}`,
  })),
  "GET /children": row(READ),
  "GET /parents/{identifier}": row(READ, () => ({ path: `/parents/${encoded}` })),
  "GET /lineage/{identifier}": row(READ, () => ({ path: `/lineage/${encoded}` })),
  "GET /artefacts/latest": row(READ, () => ({
    path: "/artefacts/latest?repo=matrix&branch=main&path=out",
  })),
  "GET /datasources/stats": row(READ),
  "GET /datasources/detailed-stats": row(READ),
  "GET /schemas": row(READ),
  "GET /schemas/{payload_type}": row(READ, () => ({ path: "/schemas/image" })),
  "GET /schemas/{payload_type}/indexes": row(ADMIN, () => ({ path: "/schemas/image/indexes" })),
  "PUT /schemas/{payload_type}/indexes": row(ADMIN, () => ({
    path: "/schemas/image/indexes",
    body: { fields: ["modality"] },
  })),
  "PUT /schemas/{payload_type}": row(ADMIN, ({ fresh }) => ({
    path: `/schemas/${fresh.replaceAll("-", "_")}`,
    body: { version: "1.0.0", json_schema: { type: "object" } },
  })),
  "POST /patients/register": row(WRITE, ({ fresh }) => ({
    body: { datasource_id: FIXTURE.datasource, external_uid: fresh },
  })),
  "POST /patients/resolve": row(READ, () => ({
    body: { datasource_id: FIXTURE.datasource, external_uid: "fixture" },
  })),
  "POST /studies/register": row(WRITE, ({ fresh }) => ({
    body: { patient_identifier: FIXTURE.patient, external_uid: fresh },
  })),
  "POST /studies/resolve": row(READ, () => ({
    body: { patient_identifier: FIXTURE.patient, external_uid: "fixture" },
  })),
  ...OBJECT_ROLES,
  ...ENTITY_ROLES,
  ...DATASET_ROLES,
  ...SOURCE_ROLES,
  ...HARVEST_ROLES,

  // The last one: it revokes the tokens of the callers.
  "POST /auth/jwt/logout": row("401 401 401 ok ok ok ok ok"),
};
