import { describe, expect, it } from "vitest";
import { createRouter } from "../../../src/http/router.ts";

const routed = (...routes: readonly (readonly [method: string, path: string])[]) => {
  const router = createRouter<string>();
  for (const [method, path] of routes) router.add(method, path, `${method} ${path}`);
  return (method: string, path: string): readonly string[] =>
    router.match(method, path)[0].map(([handler]) => handler);
};

describe("createRouter", () => {
  it("gives middleware to all paths, known or not, before what is added after it", () => {
    const match = routed(["ALL", "*"], ["GET", "/a/b"], ["ALL", "/*"], ["GET", "/c"]);
    expect(match("GET", "/a/b")).toEqual(["ALL *", "GET /a/b", "ALL /*"]);
    expect(match("GET", "/c")).toEqual(["ALL *", "ALL /*", "GET /c"]);
    expect(match("GET", "/nowhere/at/all")).toEqual(["ALL *", "ALL /*"]);
  });

  it("keeps the order of routes that both fit, also where the quick router gives up", () => {
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

  it("takes the rest of a path, slashes and line ends included, where a route asks for it", () => {
    const match = routed(["GET", "/parents/:identifier{[\\s\\S]+}"], ["GET", "/docs/*"]);
    expect(match("GET", "/parents/a/b\nc/ß")).toHaveLength(1);
    expect(match("GET", "/parents/")).toEqual([]);
    expect(match("GET", "/docs/a/b")).toEqual(["GET /docs/*"]);
    expect(match("POST", "/parents/a")).toEqual([]);
  });

  it("tells a root from what begins with nothing", () => {
    const match = routed(["GET", "/"], ["GET", "/a"]);
    expect(match("GET", "/")).toEqual(["GET /"]);
    expect(match("GET", "//a")).toEqual([]);
  });
});
