// Operations that need no shape, and why.

const ONE = "One account, key, policy or session, by its key.";
const READ = "It only reads.";
const ONE_RESOURCE = "One resource and what goes with it, by identifier.";
const TYPE =
  "One payload type or entity; an index of it is made over its rows, which admins decide.";

const adminResources = [
  "instruments",
  "storage-locations",
  "service-accounts",
  "schedules",
  "hooks",
];
const containers = ["groups", "projects"];

const perVersion = (operation: string): readonly string[] => [
  `${operation}/{entity}`,
  `${operation}/{entity}/{version}`,
];

const listed: readonly (readonly [string, readonly string[]])[] = [
  [
    ONE,
    [
      "POST /auth/register",
      "POST /auth/jwt/login",
      "POST /auth/jwt/logout",
      "PATCH /users/me",
      "PATCH /users/{id}",
      "DELETE /users/{id}",
      "POST /auth",
      "POST /auth/refresh",
      "POST /admin/api-keys",
      "POST /admin/policies",
      "PATCH /admin/users/{id}",
      "DELETE /admin/users/{id}",
      "DELETE /admin/api-keys/{id}",
      "DELETE /admin/policies/{id}",
    ],
  ],
  [
    READ,
    [
      "POST /resources/read",
      "POST /resources/grants/read",
      "POST /query",
      "POST /query/count",
      "POST /query/explain",
      "POST /query/parquet",
      "POST /resources/history",
      "POST /resources/diff",
      "POST /patients/resolve",
      "POST /studies/resolve",
      "POST /data/find",
      "POST /data/explain",
      ...perVersion("POST /data/find"),
      ...perVersion("POST /data/explain"),
    ],
  ],
  [
    ONE_RESOURCE,
    [
      "POST /s3/presign",
      "POST /s3/finalize",
      "POST /exports",
      ...[...adminResources, ...containers].flatMap((name) => [
        `POST /api/${name}`,
        `PATCH /api/${name}/{id}`,
        `DELETE /api/${name}/{id}`,
        `POST /api/${name}/{id}/restore`,
      ]),
      "POST /api/schedules/{id}/trigger",
      "POST /api/instruments/{id}/harvest",
      "POST /api/instruments/{id}/access",
      "DELETE /api/instruments/{id}/access/{user_id}",
      "POST /api/groups/{id}/members",
      "DELETE /api/groups/{id}/members/{user_id}",
      "POST /api/projects/{id}/members",
      "DELETE /api/projects/{id}/members/{member_id}",
      "POST /api/files/{id}/access",
      "DELETE /api/files/{id}/access/{grant_id}",
      "POST /api/harvest/runs/claim",
      "POST /api/harvest/runs/{id}/finish",
    ],
  ],
  [
    TYPE,
    [
      "PUT /schemas/{payload_type}",
      "PUT /schemas/{payload_type}/indexes",
      "PUT /metadata/{entity}",
      "DELETE /metadata/{entity}",
      "PUT /metadata/{entity}/{version}",
      "PUT /metadata/{entity}/{version}/{status}",
      "POST /metadata/{entity}/{version}/default",
      "DELETE /metadata/{entity}/default",
      "POST /metadata/{entity}/reindex",
      "POST /metadata/{entity}/{version}/reindex",
      "PUT /admin/datasets/{name}",
    ],
  ],
  [
    "Others of the surface do the same by the same code.",
    [
      "PUT /data/insert",
      "POST /data/insert",
      "POST /data/save",
      "POST /data/update",
      "POST /data/delete",
      "PUT /data/{entity}",
      "PUT /data/{entity}/{version}",
      "PUT /data/insert/{entity}/{version}",
      "POST /data/save/{entity}/{version}",
      "POST /data/update/{entity}/{version}",
      "POST /data/delete/{entity}/{version}",
      "POST /data/bulk",
    ],
  ],
  ["It goes in parts, each as large as a deletion by query.", ["DELETE /admin/datasets/{name}"]],
  ["It goes in slices, which have tests of their own.", ["POST /admin/materialized-views/refresh"]],
  [
    "At most 50 tables with their pipelines; what runs them has a budget of its own.",
    ["POST /source/upload", "POST /source/update"],
  ],
];

/** Operations without a shape, with the reason. */
export const EXEMPT: ReadonlyMap<string, string> = new Map(
  listed.flatMap(([reason, operations]) =>
    operations.map((name): [string, string] => [name, reason]),
  ),
);
