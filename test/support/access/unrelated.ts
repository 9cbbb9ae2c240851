// Operations that neither write nor read what callers have stored.

const reason = (why: string, ...calls: readonly string[]): readonly (readonly [string, string])[] =>
  calls.map((call) => [call, why] as const);

/** Each with its reason. */
export const UNRELATED: ReadonlyMap<string, string> = new Map([
  ...reason(
    "begins or ends a session",
    "POST /auth/register",
    "POST /auth/jwt/login",
    "POST /auth/jwt/logout",
    "POST /auth",
    "POST /auth/refresh",
    "GET /auth/authorize",
  ),
  ...reason(
    "says how the server is set up",
    "GET /health",
    "GET /problems/{code}",
    "GET /ready",
    "GET /data/health",
    "GET /data/diagnostics",
    "GET /.well-known/jwks.json",
    "GET /auth/public-key",
    "GET /s3/config",
  ),
  ...reason(
    "names of types and roles, which admins decide",
    "GET /metadata",
    "GET /metadata/roles",
    "GET /metadata/dependencies",
    "GET /metadata/{entity}",
    "GET /metadata/{entity}/roles",
    "GET /metadata/{entity}/dependencies",
    "GET /metadata/{entity}/{version}/roles",
    "GET /metadata/{entity}/{version}/dependencies",
  ),
  ...reason(
    "makes up a value",
    "GET /data/generate/{entity}/{path}",
    "GET /data/generate/{entity}/{version}/{path}",
  ),
]);
