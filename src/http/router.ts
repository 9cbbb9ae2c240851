/**
 * Finds routes. Paths that begin alike have a router of their own: the quick one, which compiles its
 * paths to one expression, cannot tell some paths apart (`/users/me` from `/users/:id`), and would
 * leave all routes to the slow one for a few.
 */
import type { Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { SmartRouter } from "hono/router/smart-router";
import { TrieRouter } from "hono/router/trie-router";

type Route<T> = readonly [method: string, path: string, handler: T];

const firstOf = (path: string): string => {
  const end = path.indexOf("/", 1);
  return path.slice(1, end === -1 ? path.length : end);
};

/** True for middleware, and for what else may stand at any place. */
const isAnywhere = (path: string): boolean => /^\/?[*:]/.test(path);

/** An empty router. */
export function createRouter<T>(): Router<T> {
  const anywhere: Route<T>[] = [];
  const fresh = (): Router<T> => {
    const router = new SmartRouter<T>({ routers: [new RegExpRouter<T>(), new TrieRouter<T>()] });
    for (const route of anywhere) router.add(...route);
    return router;
  };
  const others = fresh();
  const routers = new Map<string, Router<T>>();
  return {
    name: "by the first segment",
    add: (method, path, handler) => {
      if (isAnywhere(path)) {
        anywhere.push([method, path, handler]);
        for (const router of [others, ...routers.values()]) router.add(method, path, handler);
        return;
      }
      const first = firstOf(path);
      const router = routers.get(first) ?? fresh();
      routers.set(first, router);
      router.add(method, path, handler);
    },
    match: (method, path) => (routers.get(firstOf(path)) ?? others).match(method, path),
  };
}
