import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "@hono/zod-openapi";
import { describe, expect, test } from "vitest";
import { addRoute, addRouteByParts, createApi } from "../../../src/http/api.ts";
import { answer, jsonBody } from "../../../src/http/describe.ts";
import type { AppEnv } from "../../../src/http/env.ts";
import { declared } from "../../../src/schema/declared.ts";

const ROOT = join(import.meta.dirname, "../../..");

const Body = z.strictObject({ name: z.string().max(3) }).openapi("DeclaredBody");
const query = z.strictObject({ size: z.coerce.number().max(9).optional() });
const params = z.strictObject({ id: z.string().max(2) });

const declaration = {
  method: "post" as const,
  path: "/things/{id}",
  security: [],
  request: { body: jsonBody(Body, { name: "a" }), query, params },
  responses: answer(z.unknown(), "What was sent.", {}),
};

const open = { requires: null };

const send = async (api: ReturnType<typeof createApi>, path: string, body: unknown) => {
  api.onError((error) => Response.json({ refused: error.message }, { status: 400 }));
  const request = new Request(`https://example.test${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const variables = { services: { limit: null }, address: new URL(request.url) };
  const address = { path: variables.address.pathname, query: variables.address.search };
  const outer = createApi();
  outer.use((c, next) => {
    c.set("services", variables.services as unknown as AppEnv["Variables"]["services"]);
    c.set("address", address as AppEnv["Variables"]["address"]);
    return next();
  });
  outer.route("/", api);
  return (await outer.request(request)).json();
};

describe("a route declares its schemas once", () => {
  const api = createApi();
  addRoute(api, declaration, open, (c, { body, query: given, params: named }) =>
    c.json({ body, query: given, params: named }),
  );

  test("the schema that checks a request is the documented one", async () => {
    const document = api.getOpenAPI31Document({
      openapi: "3.1.0",
      info: { title: "", version: "" },
    });
    expect(document.components?.schemas?.["DeclaredBody"]).toMatchObject({
      properties: { name: { type: "string", maxLength: 3 } },
      additionalProperties: false,
    });
    expect(await send(api, "/things/ab?size=2", { name: "abc" })).toEqual({
      body: { name: "abc" },
      query: { size: 2 },
      params: { id: "ab" },
    });
    const name = { refused: "name: Expected a text of length at most 3." };
    expect(await send(api, "/things/ab", { name: "abcd" })).toEqual(name);
    const size = { refused: "size: Expected a number of at most 9." };
    expect(await send(api, "/things/ab?size=10", { name: "a" })).toEqual(size);
    const id = { refused: "id: Expected a text of length at most 2." };
    expect(await send(api, "/things/abc", { name: "a" })).toEqual(id);
  });

  test("a second schema for a part does not compile", () => {
    // @ts-expect-error The access of a route has no schema.
    addRoute(createApi(), declaration, { requires: null, body: Body }, (c) => c.body(null));
    // @ts-expect-error Nor has that of a route that requests its parts.
    addRouteByParts(createApi(), declaration, { requires: null, query }, (c) => c.body(null));
    expect(Object.keys(open)).toEqual(["requires"]);
  });

  test("no surface parses by a schema beside its declarations", () => {
    const files = globSync("src/surfaces/**/*.ts", { cwd: ROOT });
    expect(files.length).toBeGreaterThan(100);
    const parsing = files.filter((file) =>
      /\b(?:safeParse|parseAsync|safeParseAsync)\(|(?<!JSON)\.parse\(/.test(
        readFileSync(join(ROOT, file), "utf8"),
      ),
    );
    expect(parsing).toEqual([]);
  });
});

describe("a declared shape", () => {
  test("is documented, and refuses nothing: the surface's language does", () => {
    const shape = declared(z.array(z.string()).max(2));
    expect(z.toJSONSchema(shape)).toMatchObject({
      type: "array",
      items: { type: "string" },
      maxItems: 2,
    });
    for (const value of [undefined, null, 7, ["a", "b", "c"]]) {
      expect(shape.parse(value)).toEqual(value);
    }
  });
});
