import type { Context } from "hono";
import { AppError } from "../model/error.ts";
import type { Api } from "./api.ts";
import type { AppEnv } from "./env.ts";
import { describedRoutes } from "./openapi.ts";
import { problemResponse } from "./problem.ts";

interface Known {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{\w+\}/g, "[^/]+")}$`);

const knownPaths = (app: Api): readonly Known[] => {
  const paths = new Map<string, Set<string>>();
  for (const { path, method } of describedRoutes(app)) {
    paths.set(path, (paths.get(path) ?? new Set()).add(method.toUpperCase()));
  }
  return [...paths].map(([path, methods]) => ({ pattern: patternOf(path), methods }));
};

/** Responds 405 with `Allow` (RFC 9110) for a known path, 404 for others. */
export function refuseUnknown(app: Api): (c: Context<AppEnv>) => Response {
  let known: readonly Known[] | undefined;
  return (c) => {
    known ??= knownPaths(app);
    const methods = known.flatMap(({ pattern, methods: of }) =>
      pattern.test(c.req.path) ? [...of] : [],
    );
    if (methods.length === 0) {
      return problemResponse(c, new AppError("not_found", "There is no such route."));
    }
    c.header("allow", methods.join(", "));
    return problemResponse(
      c,
      new AppError("method_not_allowed", `Allowed here: ${methods.join(", ")}.`),
    );
  };
}
