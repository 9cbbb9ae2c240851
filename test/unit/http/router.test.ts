import { describe, expect, it } from "vitest";
import { createRouter } from "../../../src/http/router.ts";

const routed = (...routes: readonly (readonly [method: string, path: string])[]) => {
  const router = createRouter<string>();
  for (const [method, path] of routes) router.add(method, path, `${method} ${path}`);
  return (method: string, path: string): readonly string[] =>
    router.match(method, path)[0].map(([handler]) => handler);
};

describe("createRouter", () => {
  it("runs middleware for all paths, known or not, before handlers that are added after it", () => {
    const match = routed(["ALL", "*"], ["GET", "/a/b"], ["ALL", "/*"], ["GET", "/c"]);
    expect(match("GET", "/a/b")).toEqual(["ALL *", "GET /a/b", "ALL /*"]);
    expect(match("GET", "/c")).toEqual(["ALL *", "ALL /*", "GET /c"]);
    expect(match("GET", "/nowhere/at/all")).toEqual(["ALL *", "ALL /*"]);
  });

  it("keeps the order of routes that both match, also where the fast router gives up", () => {
    const match = routed(
      ["GET", "/users/me"],
      ["GET", "/users/:id"],
      ["GET", "/users/:name/groups"],
      ["GET", "/users/:id/:part"],
    );
    expect(match("GET", "/users/me")).toEqual(["GET /users/me", "GET /users/:id"]);
    expect(match("GET", "/users/x/groups")).toEqual([
      "GET /users/:name/groups",
      "GET /users/:id/:part",
    ]);
  });

  it("matches the rest of a path, including slashes and line ends, when a route has such a parameter", () => {
    const match = routed(["GET", "/parents/:identifier{[\\s\\S]+}"], ["GET", "/docs/*"]);
    expect(match("GET", "/parents/a/b\nc/ß")).toHaveLength(1);
    expect(match("GET", "/parents/")).toEqual([]);
    expect(match("GET", "/docs/a/b")).toEqual(["GET /docs/*"]);
    expect(match("POST", "/parents/a")).toEqual([]);
  });

  it("distinguishes a root from an empty first segment", () => {
    const match = routed(["GET", "/"], ["GET", "/a"]);
    expect(match("GET", "/")).toEqual(["GET /"]);
    expect(match("GET", "//a")).toEqual([]);
  });
});
