import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPacked, type Packed } from "../support/servers/packed.ts";
import { hasPython, PYTHON } from "../support/run/python.ts";
import { ADMIN, adminToken, openTestServer, type TestServer } from "../support/servers/server.ts";
import { blocksIn, page, ROOT } from "../unit/docs/markdown.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-e2e-package-"));
let packed: Packed;
let server: TestServer;
beforeAll(async () => {
  packed = installPacked(folder);
  server = await openTestServer();
}, 300_000);
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Compiles one file of the empty project with the compiler of a user. */
const compile = (file: string, ...more: readonly string[]): string => {
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const words = ["--noEmit", "--strict", "--module", "nodenext"];
  const lib = ["--target", "es2022", "--lib", "es2023,dom,dom.asynciterable", "--types", ""];
  const { stdout } = spawnSync(tsc, [...words, ...lib, ...more, file], {
    cwd: packed.folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  return stdout;
};

const run = (file: string): string =>
  execFileSync(process.execPath, [file], {
    cwd: packed.folder,
    encoding: "utf8",
    env: {
      ...process.env,
      VXDATA_URL: server.url,
      VXDATA_EMAIL: ADMIN.email,
      VXDATA_PASSWORD: ADMIN.password,
    },
  });

describe("the package", () => {
  it("contains the built files and no sources", () => {
    const others = packed.files.filter((path) => !/^(?:bin|dist\/client|dist\/cli)\//.test(path));
    expect(others.toSorted()).toEqual(["LICENSE", "README.md", "package.json"]);
    expect(packed.files.filter((path) => /\.test\.|\.tsbuildinfo$|\.map$/.test(path))).toEqual([]);
  });

  it("has no dependencies", () => {
    const installed = readdirSync(join(packed.folder, "node_modules"));
    expect(installed.filter((name) => !name.startsWith("."))).toEqual(["vxdata"]);
  });

  it("has a client that imports only its own files", () => {
    const files = packed.files.filter((path) => path.startsWith("dist/client/"));
    expect(files).toContain("dist/client/index.d.ts");
    for (const path of files) {
      const text = readFileSync(join(packed.folder, "node_modules/vxdata", path), "utf8");
      const imports = text.matchAll(/^(?:import|export)[^;"]*from "([^"]+)"|import\("([^"]+)"\)/gm);
      const sources = [...imports].map((one) => one[1] ?? one[2]);
      const foreign = sources.filter((one) => !/^\.\/[\w-]+\.js$/.test(one ?? ""));
      expect(foreign, path).toEqual([]);
    }
  });

  it("is as docs/sdk.md says: the page compiles, with own types, and runs", () => {
    const blocks = blocksIn(page("docs/sdk.md")).filter(({ language }) => language === "ts");
    const program = blocks.map(({ text }) => text).join("\n");
    const env = "declare const process: { env: Record<string, string | undefined> };\n";
    writeFileSync(join(packed.folder, "page.ts"), program + env);
    expect(compile("page.ts", "--exactOptionalPropertyTypes")).toBe("");
    const output = run("page.ts");
    expect(output).toContain("tour/ct 512\n");
    expect(output).toContain("\ntrue\n");
    expect(output).toMatch(/\n0\n2\n2 \[/);
    expect(output).toContain("\nbytes\n");
    expect(output).toContain("10001 of 10001\n");
    expect(output).toMatch(/\ntour .*in use/);
    expect(output).toMatch(/\n0\.5\n$/);
  });

  it("has a command line without dependencies that imports a table", async () => {
    const env = {
      ...process.env,
      VXDATA_CONFIG_DIR: join(folder, "config"),
      VXDATA_URL: server.url,
      VXDATA_TOKEN: await adminToken(server.url),
    };
    // The file that `npx` runs.
    const program = join(packed.folder, "node_modules/.bin/vxdata");
    const call = (...words: readonly string[]): string =>
      execFileSync(program, [...words], {
        cwd: packed.folder,
        encoding: "utf8",
        env,
        shell: process.platform === "win32",
      });
    expect(call("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(call("import", "--help")).toContain("Usage: vxdata import");
    const row = { id: "packed", type: "datasource", name: "By the package" };
    writeFileSync(join(packed.folder, "rows.ndjson"), JSON.stringify(row));
    expect(call("import", "--mapping", "generic", "rows.ndjson")).toContain("resources created");
    expect(call("query", "datasource", "--where", "identifier=packed")).toMatch(/^packed {2}/m);
  });

  it("rejects at compile time what the server would refuse", () => {
    const lines = [
      'import { createClient } from "vxdata/client";',
      'const client = createClient({ url: "" });',
      'await client.create([{ identifier: "a", payload_type: "image", rows: "512" }]);',
      'for await (const one of client.query({ payload_type: "study" })) one.rows;',
    ];
    writeFileSync(join(packed.folder, "bad.ts"), lines.join("\n"));
    const faults = compile("bad.ts");
    expect(faults).toMatch(/^bad\.ts\(4,\d+\).*'rows' does not exist/m);
  });
});

describe("the examples", () => {
  const EXAMPLES = join(ROOT, "examples");
  beforeAll(() => cpSync(EXAMPLES, join(packed.folder, "examples"), { recursive: true }));

  it("are all listed, and all run here", () => {
    const listed = [...page("examples/README.md").matchAll(/^\| \[[^\]]+\]\(([\w.-]+)\)/gm)];
    const files = readdirSync(EXAMPLES).filter((name) => name !== "README.md");
    expect(listed.map(([, name]) => String(name)).toSorted()).toEqual(files.toSorted());
    expect(files.toSorted()).toEqual(
      // The notebook is run by the tests of the Python client.
      [...PROGRAMS.keys(), "follow-changes.sh", "import_csv.py", "notebook.ipynb"].toSorted(),
    );
  });

  /** The output of each program. */
  const PROGRAMS: ReadonlyMap<string, RegExp> = new Map([
    [
      "time-travel.ts",
      /^then: \[ 'nodule' \]\nnow: \[ 'no finding' \]\nversion 1 by .+\nversion 2 by/,
    ],
    [
      "provenance.ts",
      /^6 resources, 4 derivations\nmade from: \[(?:[^\]]*ct-\d){3}[^\]]*\]\nPROV-JSON has: .*entity/,
    ],
    ["parquet.ts", /^500 images of then in images\.parquet\n499 images now; \d{4,} bytes/],
  ]);

  it.each([...PROGRAMS])("%s compiles and runs", (name, printed) => {
    const types = [
      "--lib",
      "es2023",
      "--types",
      "node",
      "--typeRoots",
      join(ROOT, "node_modules/@types"),
    ];
    expect(compile(join("examples", name), ...types)).toBe("");
    expect(run(join("examples", name))).toMatch(printed);
  });

  const environment = {
    ...process.env,
    PYTHONPATH: join(ROOT, "clients/python"),
    PYTHONDONTWRITEBYTECODE: "1",
    VXDATA_URL: "",
    VXDATA_EMAIL: ADMIN.email,
    VXDATA_PASSWORD: ADMIN.password,
  };
  const start = (program: string, name: string): string =>
    execFileSync(program, [join(EXAMPLES, name)], {
      cwd: packed.folder,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      env: { ...environment, VXDATA_URL: server.url },
    });

  it.runIf(hasPython())("import_csv.py registers each patient once", () => {
    const first = start(PYTHON, "import_csv.py");
    expect(first).toMatch(/^F \S+\nM \S+\nF \S+\n3 patients\n$/);
    expect(start(PYTHON, "import_csv.py")).toBe(first);
  });

  it.skipIf(process.platform === "win32")("follow-changes.sh continues where it stopped", () => {
    expect(start("sh", "follow-changes.sh")).toContain('"changes":[{');
    expect(start("sh", "follow-changes.sh")).toContain('"changes":[]');
  });
});
