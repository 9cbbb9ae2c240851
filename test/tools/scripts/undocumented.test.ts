// A deployed Worker is built without documentation. What checks requests must be the same as with it.
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { describe, expect, onTestFinished, test } from "vitest";
import { projectRoot } from "../../../scripts/support/project.ts";
import { prebuilt } from "../../../scripts/support/slim.ts";
import { withoutDocumentation } from "../../../scripts/support/undocumented.ts";

/** A route as the Worker acts by it. */
interface Facts {
  readonly route: string;
  readonly statuses: readonly string[];
  readonly schemas: Readonly<Record<string, unknown>>;
}

/** Notes each route with the statuses and schemas by which it acts. */
const RECORDER = `
  import { Hono } from "hono";
  import { z } from "zod";
  const WORDS = new Set(["description", "examples", "example", "$schema"]);
  const bare = (value) => Array.isArray(value) ? value.map(bare)
    : typeof value !== "object" || value === null ? value
    : Object.fromEntries(Object.entries(value).flatMap(([name, member]) =>
        WORDS.has(name) && typeof member === "string" ? [] : [[name, bare(member)]]));
  const json = (schema) => schema && bare(z.toJSONSchema(schema, {
    io: "input", unrepresentable: "any",
    // What a language checks is documented as metadata of a schema that takes anything.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodUnknown) for (const name in jsonSchema) delete jsonSchema[name];
    },
  }));
  export const routes = [];
  export const emptyApi = (options) => new Hono(options);
  export const documentText = async () => "";
  export const describeSchema = () => {};
  export const describedRoutes = () => [];
  export const describeRoute = (_api, { method, path, responses, security, request }) => {
    const [body] = Object.values(request?.body?.content ?? {});
    routes.push({
      route: method + " " + path + " " + JSON.stringify(security),
      statuses: Object.keys(responses),
      schemas: {
        body: json(body?.schema), types: Object.keys(request?.body?.content ?? {}),
        required: request?.body?.required, query: json(request?.query),
        params: json(request?.params), headers: json(request?.headers),
      },
    });
  };
`;

const recorder: Plugin = {
  name: "recorder",
  setup: (builder) => {
    builder.onResolve({ filter: /\/openapi\.ts$/ }, () => ({ path: "routes", namespace: "test" }));
    builder.onLoad({ filter: /.*/, namespace: "test" }, () => ({
      contents: RECORDER,
      resolveDir: projectRoot,
    }));
  },
};

const factsOf = async (plugins: Plugin[]): Promise<readonly Facts[]> => {
  const folder = mkdtempSync(join(tmpdir(), "vxdata-undocumented-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "app.mjs");
  await build({
    stdin: {
      contents: `
        import { createApp } from "./src/app.ts";
        import { freshSecrets } from "./src/server/secrets.ts";
        import { routes } from "./src/http/openapi.ts";
        createApp({ ...freshSecrets(), ENVIRONMENT: "development" });
        export default routes;`,
      resolveDir: projectRoot,
    },
    plugins: [recorder, ...plugins],
    bundle: true,
    outfile: file,
    format: "esm",
    platform: "node",
    target: "es2024",
    external: ["cloudflare:*"],
  });
  const loaded = (await import(pathToFileURL(file).href)) as { readonly default: Facts[] };
  return loaded.default;
};

test("routes check the same without documentation", { timeout: 120_000 }, async () => {
  const [whole, lean] = await Promise.all([factsOf([]), factsOf([prebuilt])]);
  expect(whole.length).toBeGreaterThan(150);
  expect(lean).toEqual(whole);
});

describe("the text of a file without documentation", () => {
  test("of every file of the source has the same number of lines", () => {
    const files = globSync(join(projectRoot, "src/**/*.ts"));
    expect(files.length).toBeGreaterThan(500);
    for (const file of files) {
      const text = readFileSync(file, "utf8");
      const lines = withoutDocumentation(file, text, true).split("\n").length;
      expect(lines, file).toBe(text.split("\n").length);
    }
  });

  const lean = (text: string): string => withoutDocumentation("a.ts", text, true);

  test("lacks descriptions of schemas, and keeps the rest of their chain", () => {
    expect(lean('const a = z.string().describe("x").min(1).openapi("A");')).toBe(
      "const a = z.string().min(1);",
    );
    expect(lean('const a = z\n  .any()\n  .describe("x") as Type;')).toBe(
      "const a = z\n  .any() as\n Type;",
    );
  });

  test("keeps the statuses of responses", () => {
    const text = `addRoute(api, { method: "get", path, summary: "S", description: t, responses: {
      200: { description: "D" }, ...answer(z.string(), "A", ["a"]), ...problems(400, 503), ...MORE },
      request: { body: jsonBody(Body, { a: 1 }) } }, handle);`;
    expect(lean(text))
      .toBe(`addRoute(api, { method: "get", path, summary: undefined, description: undefined, responses: {
      200: {}, ...answer(), ...problems(400, 503), ...MORE },
      request: { body: jsonBody(Body) } }, handle);`);
  });

  test("keeps descriptions where they are data", () => {
    const text =
      'const a = { description: "x", tags: ["y"] };\nconst b = z.string().describe("x");';
    expect(withoutDocumentation("a.ts", text, false)).toBe(text);
    expect(lean('const a = { description: "x", tags: ["y"] };')).toBe(
      'const a = { description: "x", tags: ["y"] };',
    );
  });

  test("refuses what is no TypeScript, naming the file", () => {
    expect(() => withoutDocumentation("b.ts", "const = ;", true)).toThrow(/^b\.ts: /);
  });
});
