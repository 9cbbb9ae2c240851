// Calls that read no records of callers, or read them as another call does.

const reason = (why: string, ...calls: readonly string[]): readonly (readonly [string, string])[] =>
  (calls.join(" ").match(/[A-Z]+ \S+/g) ?? []).map((call) => [call, why] as const);

const ADMIN_RESOURCES = [
  "instruments",
  "service-accounts",
  "storage-locations",
  "schedules",
  "groups",
];

/** Calls whose load need not be measured, each with its reason. */
export const OTHER_READS: ReadonlyMap<string, string> = new Map([
  ...reason(
    "the same read as by another path",
    "POST /data/find POST /data/find/{entity}/{version} GET /data/find/{entity}/{version}",
    "POST /data/explain POST /data/explain/{entity}/{version} GET /data/explain/{entity}",
    "GET /data/explain/{entity}/{version}",
  ),
  ...reason(
    "the same read as of hooks, of another kind",
    ...[...ADMIN_RESOURCES, "projects"].map((kind) => `GET /api/${kind}`),
    "GET /api/files GET /api/transfers",
  ),
  ...reason(
    "one resource",
    ...[...ADMIN_RESOURCES, "projects", "hooks", "files", "transfers"].map(
      (kind) => `GET /api/${kind}/{id}`,
    ),
    "GET /api/storage-locations/{id}/test GET /source/{owner}/{dataset}/{revision}",
  ),
  ...reason(
    "links with members of bounded length, page by page",
    "GET /api/groups/{id}/members GET /api/projects/{id}/members GET /api/instruments/{id}/access",
    "GET /api/files/{id}/access",
  ),
  ...reason(
    "accounts, keys and policies have members of bounded length and pages of bounded size",
    "GET /admin/api-keys GET /admin/policies GET /admin/users GET /users/me GET /users/{id}",
    "GET /api/me",
  ),
  ...reason(
    "payload types are in the memory of every isolate, and an admin alone registers them",
    "GET /schemas GET /schemas/{payload_type} GET /admin/datasets GET /admin/datasets/{name}",
    "GET /metadata GET /metadata/dependencies GET /metadata/roles GET /metadata/{entity}",
    "GET /metadata/{entity}/dependencies GET /metadata/{entity}/roles",
    "GET /metadata/{entity}/{version} GET /metadata/{entity}/{version}/dependencies",
    "GET /metadata/{entity}/{version}/diff/{other} GET /metadata/{entity}/{version}/roles",
    "POST /metadata/{entity}/reindex POST /metadata/{entity}/{version}/reindex",
  ),
  ...reason(
    "reads identifiers and names of objects alone",
    "POST /patients/resolve POST /studies/resolve GET /s3/config GET /s3/parquet",
    "POST /s3/presign POST /s3/presign/batch GET /exports/{id} GET /exports/{id}/file",
  ),
  ...reason(
    "reads no resources",
    "GET /health GET /ready GET /data/health GET /data/diagnostics GET /.well-known/jwks.json",
    "GET /auth/authorize GET /auth/public-key GET /api/hooks/builtins POST /auth",
    "POST /auth/jwt/login POST /auth/jwt/logout POST /auth/refresh POST /auth/register",
    "GET /data/generate/{entity}/{path} GET /data/generate/{entity}/{version}/{path}",
    "POST /admin/materialized-views/refresh",
  ),
  ...reason("an answer that was given before", "GET /data/task/{taskHandle}"),
  ...reason(
    "a write",
    "POST /admin/api-keys POST /admin/policies POST /data/delete POST /data/delete/{entity}",
    "POST /data/delete/{entity}/{version} POST /data/insert POST /data/save",
    "POST /data/save/{entity} POST /data/save/{entity}/{version} POST /data/update",
    "POST /data/update/{entity} POST /data/update/{entity}/{version} POST /ds/{dataset}",
    "POST /metadata/{entity}/{version}/default POST /patients/register POST /studies/register",
    "POST /resources/create POST /resources/delete POST /resources/update",
    "POST /resources/grants/create POST /resources/grants/delete POST /s3/finalize",
    "POST /source/update POST /source/upload POST /api/files/{id}/access",
    ...[...ADMIN_RESOURCES, "projects", "hooks"].flatMap((kind) => [
      `POST /api/${kind}`,
      `POST /api/${kind}/{id}/restore`,
    ]),
    "POST /api/groups/{id}/members POST /api/projects/{id}/members",
    "POST /api/instruments/{id}/access POST /api/instruments/{id}/harvest",
    "POST /api/schedules/{id}/trigger POST /api/harvest/runs/claim",
    "POST /api/harvest/runs/{id}/discovered POST /api/harvest/runs/{id}/finish",
    "POST /api/harvest/runs/{id}/transfers",
  ),
]);
