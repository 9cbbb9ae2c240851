import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildClient } from "../../../scripts/build/client.ts";
import { renderDeclarations } from "../../../src/schema/typescript.ts";
import { IS_ALL } from "../../support/run/figures.ts";

const ROOT = join(import.meta.dirname, "../../..");
const TYPES = join(ROOT, "test/types");

const folder = mkdtempSync(join(tmpdir(), "vxdata-types-"));

// The package as a user has it, as far as compilers look.
beforeAll(() => {
  const installed = join(folder, "node_modules/vxdata");
  mkdirSync(installed, { recursive: true });
  cpSync(join(ROOT, "package.json"), join(installed, "package.json"));
  buildClient(join(installed, "dist/client"));
  cpSync(TYPES, folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Compiler = "typescript" | "typescript-5.4" | "typescript-5.9";
/** The newest alone at small figures: the others are slow. */
const COMPILERS: readonly Compiler[] = [
  "typescript",
  ...(IS_ALL ? (["typescript-5.9", "typescript-5.4"] as const) : []),
];

/** What a compiler says of files, strictly, and of the package's declarations. */
const compile = (compiler: Compiler, files: readonly string[], exact: boolean): string => {
  const config = `${compiler}-${String(exact)}-${files.join("-")}.json`;
  const compilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: exact,
    module: "nodenext",
    allowImportingTsExtensions: true,
    target: "es2022",
    lib: ["es2023", "dom", "dom.asynciterable"],
    types: [],
  };
  writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, files }));
  const tsc = join(ROOT, "node_modules", compiler, "bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", config], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout;
};

const cases = COMPILERS.flatMap((compiler) => [true, false].map((exact) => ({ compiler, exact })));

describe("the declarations of the package", { timeout: 300_000 }, () => {
  test.each(cases)(
    "admit correct calls and find every planted mistake: $compiler, exact optional properties: $exact",
    ({ compiler, exact }) => {
      expect(compile(compiler, ["declared.ts", "correct.ts", "mistakes.ts"], exact)).toBe("");
    },
  );

  test("find at least 80 planted mistakes, in every method over resources and class of operators", () => {
    const text = readFileSync(join(TYPES, "mistakes.ts"), "utf8");
    expect(text.match(/\/\/ @ts-expect-error/g)?.length).toBeGreaterThanOrEqual(80);
    const methods = ["create", "update", "query", "queryPage", "count", "parquet", "export"];
    const reads = ["orderExport", "get", "read", "history", "versions", "lineage", "children"];
    const rest = ["changes", "follow", "schema", "registerPatients", "createGrants", "delete"];
    for (const name of [...methods, ...reads, ...rest, "diff"]) {
      expect(text, name).toContain(`client.${name}(`);
    }
  });

  test("say what is wrong", () => {
    const lines = [
      'import { createClient } from "vxdata/client";',
      'const client = createClient({ url: "" });',
      'await client.create([{ identifier: "a", payload_type: "study", rows: 512 }]);',
      'client.query({ payload_type: "image", filters: { modalty: "CT" } });',
      'client.query({ payload_type: "image", filters: { rows: { like: "5%" } } });',
      'client.query({ payload_type: "image", select_columns: ["rowz"] });',
    ];
    writeFileSync(join(folder, "messages.ts"), lines.join("\n"));
    const said = compile("typescript", ["messages.ts"], true);
    expect(said).toMatch(/\(3,\d+\): .*'number & NoFieldOf<"study">'/);
    expect(said).toMatch(/\(4,\d+\): .*'modalty' does not exist.*Did you mean to write 'modality'/);
    expect(said).toMatch(/\(5,\d+\): .*'like' does not exist/);
    expect(said).toMatch(/\(6,\d+\): .*'"rowz"' is not assignable to type 'Column<"image"/);
  });
});

describe("vxdata types", { timeout: 300_000 }, () => {
  const schemas = {
    image: { type: "object", properties: { rows: { type: "integer" } } },
    dose_report: {
      type: "object",
      description: "A dose, and what it */ was for.",
      properties: {
        milligray: { type: "number", "x-unit": "mGy" },
        organ: { enum: ["lung", "liver"] },
        "odd name": { type: ["string", "null"] },
        phases: { type: "array", items: { type: "string" } },
        device: { $ref: "#/$defs/device" },
        tuple: { type: "array", prefixItems: [{ type: "number" }] },
      },
      required: ["milligray"],
      $defs: {
        device: { type: "object", properties: { inner: { $ref: "#/$defs/device" } } },
      },
    },
    anything_goes: { type: "object", additionalProperties: true },
  };

  test("declares the registered types alone, so that the client checks them", () => {
    const text = renderDeclarations(schemas, ["image"]);
    expect(text).not.toContain("readonly image:");
    writeFileSync(join(folder, "vxdata.d.ts"), text);
    const lines = [
      'import { createClient } from "vxdata/client";',
      'const client = createClient({ url: "" });',
      'await client.create([{ identifier: "a", payload_type: "dose_report", milligray: 1 }]);',
      'await client.create([{ identifier: "a", payload_type: "anything_goes", any: 1 }]);',
      'await client.update({ a: { payload_type: "dose_report", "odd name": null } });',
      "const [one] = await client.query({",
      '  payload_type: "dose_report",',
      '  filters: { milligray: { gte: 1 }, organ: "lung", phases: { contains: "a" } },',
      '  select_columns: ["organ"],',
      "}).all();",
      'const organ: "lung" | "liver" | null | undefined = one?.organ;',
      "console.log(organ);",
      "// @ts-expect-error: it needs a dose.",
      'await client.create([{ identifier: "a", payload_type: "dose_report" }]);',
      "// @ts-expect-error: no such organ.",
      'client.query({ payload_type: "dose_report", filters: { organ: "heart" } });',
    ];
    writeFileSync(join(folder, "declared-use.ts"), lines.join("\n"));
    for (const compiler of COMPILERS) {
      expect(compile(compiler, ["vxdata.d.ts", "declared-use.ts"], true), compiler).toBe("");
    }
  });

  test("of a server without registered types is a declaration too", () => {
    writeFileSync(join(folder, "none.d.ts"), renderDeclarations({ image: {} }, ["image"]));
    expect(compile("typescript", ["none.d.ts"], true)).toBe("");
  });
});
