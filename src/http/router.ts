/**
 * Finds routes. Paths with the same first segment have a router of their own: the fast router,
 * which compiles its paths to one expression, cannot distinguish some paths (`/users/me` from
 * `/users/:id`), and a few of them would leave all routes to the slow one.
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

/** True for middleware, and for other handlers that match anywhere. */
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
