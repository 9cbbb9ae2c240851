import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN } from "../support/servers/server.ts";
import { sharedUrl } from "../support/servers/shared-url.ts";
import { ROOT } from "../unit/docs/markdown.ts";

const url = sharedUrl();
const folder = mkdtempSync(join(tmpdir(), "vxdata-generators-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOOK = pathToFileURL(join(ROOT, "test/support/run/typescript-api.mjs")).href;

const generate = (program: string, ...words: readonly string[]): void => {
  execFileSync(process.execPath, [program, ...words], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: `--import ${HOOK}` },
  });
};

/** The program of a package, beside its entry. */
const programOf = (entry: string, path: string): string =>
  join(dirname(fileURLToPath(import.meta.resolve(entry))), path);

beforeAll(async () => {
  const document = await (await fetch(`${url}/openapi.json`)).text();
  writeFileSync(join(folder, "openapi.json"), document);
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
  generate(programOf("openapi-typescript", "../bin/cli.js"), "openapi.json", "-o", "types.ts");
  const hey = ["-i", "openapi.json", "-o", "hey", "-c", "@hey-api/client-fetch", "--no-log-file"];
  generate(programOf("@hey-api/openapi-ts", "../bin/run.js"), ...hey);
}, 240_000);

/** Compiles a program strictly, and runs it with the server's address. */
const compileAndRun = (name: string, lines: readonly string[]): string => {
  const file = join(folder, `${name}.ts`);
  writeFileSync(
    file,
    [
      "declare const process: { argv: string[] };",
      "const [, , url = '', email = '', password = ''] = process.argv;",
      ...lines,
    ].join("\n"),
  );
  const compilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: false,
    module: "preserve",
    moduleResolution: "bundler",
    target: "es2022",
    lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
    types: [],
  };
  writeFileSync(
    join(folder, `${name}.json`),
    JSON.stringify({ compilerOptions, files: [`${name}.ts`] }),
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", `${name}.json`], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stdout).toBe("");
  const outfile = join(folder, `${name}.mjs`);
  buildSync({ entryPoints: [file], outfile, bundle: true, format: "esm", target: "node20" });
  return execFileSync(process.execPath, [outfile, url, ADMIN.email, ADMIN.password], {
    encoding: "utf8",
  });
};

describe("a client generated from /openapi.json", { timeout: 180_000 }, () => {
  test("by @hey-api/openapi-ts compiles strictly, and logs in, creates, queries and gets an error", () => {
    const output = compileAndRun("use-hey", [
      'import { login as logIn, postQuery, postResourcesCreate } from "./hey/index";',
      'import { createClient } from "./hey/client";',
      "const open = createClient({ baseUrl: url });",
      "const login = await logIn({ client: open, body: { username: email, password } });",
      "const headers = { authorization: `Bearer ${login.data?.access_token}` };",
      "const client = createClient({ baseUrl: url, headers });",
      "const made = await postResourcesCreate({",
      "  client,",
      '  body: { resources: [{ identifier: "hey/1", payload_type: "image", rows: 512 }] },',
      "});",
      "console.log(made.data?.created);",
      'const { data } = await postQuery({ client, body: { payload_type: "image", identifiers: ["hey/1"] } });',
      "const image = data?.results[0];",
      'if (image?.payload_type === "image") console.log(image.rows);',
      'const { error } = await postQuery({ client, body: { payload_type: "imgae" } });',
      'if (error !== undefined && "code" in error) console.log(error.code, error.errors?.[0]?.detail);',
      "await postQuery({ client, body: {} });",
    ]);
    expect(output).toMatch(/^1\n512\nunknown_payload_type .*Did you mean image\?/);
  });

  test("by openapi-typescript compiles strictly, and logs in, creates, queries and gets an error", () => {
    const output = compileAndRun("use-types", [
      'import type { components, paths } from "./types";',
      "type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;",
      "type Posted = { [P in keyof paths as paths[P] extends { post: object } ? P : never]: paths[P] };",
      "type Body<P extends keyof Posted> = Posted[P] extends { post: { requestBody: infer B } } ? Json<B> : never;",
      "type Answer<P extends keyof Posted> = Posted[P] extends { post: { responses: { 200: infer A } } } ? Json<A> : never;",
      'let authorization = "";',
      "const send = async (path: string, init: RequestInit): Promise<Response> => fetch(url + path, init);",
      "const form = new URLSearchParams({ username: email, password });",
      'const login = (await (await send("/auth/jwt/login", { method: "POST", body: form })).json()) as Answer<"/auth/jwt/login">;',
      "authorization = `Bearer ${login.access_token}`;",
      "const post = async <P extends keyof Posted & string>(path: P, body: Body<P>): Promise<Response> =>",
      "  send(path, { method: 'POST', body: JSON.stringify(body), headers: { authorization, 'content-type': 'application/json' } });",
      'const made = (await (await post("/resources/create", { resources: [{ identifier: "types/1", payload_type: "image", rows: 512 }] })).json()) as Answer<"/resources/create">;',
      "console.log(made.created);",
      'const page = (await (await post("/query", { payload_type: "image", identifiers: ["types/1"] })).json()) as Answer<"/query">;',
      "const [image] = page.results;",
      'if (image?.payload_type === "image") console.log(image.rows);',
      'const read = (await (await post("/resources/read", { identifiers: ["types/1"] })).json()) as components["schemas"]["AnyResponse"][];',
      'for (const one of read) if (one.payload_type === "image") console.log(one.rows?.toFixed(1));',
      'const error = (await (await post("/query", { payload_type: "imgae" })).json()) as components["schemas"]["Problem"];',
      "console.log(error.code, error.errors?.[0]?.detail);",
      'await post("/query", {});',
    ]);
    expect(output).toMatch(/^1\n512\n512\.0\nunknown_payload_type .*Did you mean image\?/);
  });
});
