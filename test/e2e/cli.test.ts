import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { main } from "../../src/cli/main.ts";
import { imageFile, PERSONAL_TEXTS } from "../support/fixtures/dicom.ts";
import { ADMIN, openTestServer, type TestServer } from "../support/servers/server.ts";

const ROOT = join(import.meta.dirname, "../..");
const REAL = process.env["VXDATA_REAL_DATA"] ?? join(ROOT, "../shared/data");
/** Studies of the real data that are imported; all five in a long run. */
const STUDIES = (process.env["CLI_STUDIES"] ?? "ds004504").split(",");

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vxdata-e2e-cli-"));
  server = await openTestServer();
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the program as a logged-in user without other settings. */
const run = async (words: readonly string[], more: Record<string, string> = {}, input = "") => {
  let [out, err] = ["", ""];
  const code = await main(COMMANDS, words, {
    environment: { VXDATA_CONFIG_DIR: join(folder, "config"), ...more },
    stdin: Readable.from([input]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    signal: new AbortController().signal,
    version: "0.0.0",
  });
  return { out, err, code };
};

const at = (...names: readonly string[]): string => join(folder, ...names);

const succeed = async (...words: readonly string[]): Promise<string> => {
  const { code, err, out } = await run(words);
  expect(code, `${words.join(" ")}\n${out}${err}`).toBe(0);
  return out;
};

const countOf = async (...words: readonly string[]): Promise<number> =>
  Number(await succeed("query", ...words, "--count"));

describe("vxdata", () => {
  it("logs in once, and stores the tokens readable only by their owner", async () => {
    const wrong = await run(["login", "--url", server.url, "--email", ADMIN.email], {}, "wrong\n");
    expect(wrong.code).toBe(4);
    const words = ["login", "--url", server.url, "--email", ADMIN.email];
    const { code, err } = await run(words, {}, `${ADMIN.password}\n`);
    expect(code, err).toBe(0);
    const path = join(folder, "config", "sessions.json");
    expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
    expect(readFileSync(path, "utf8")).not.toContain(ADMIN.password);
    expect(await succeed("stats")).toContain("datasource");
  });

  it("registers, imports, queries, compares, and prints lineages", async () => {
    const table = at("images.ndjson");
    const rows = [
      { id: "cli", type: "datasource", name: "A source" },
      { id: "cli/ct", parent: "cli", type: "image", modality: "CT", rows: 512 },
      { id: "cli/mask", parent: "cli", type: "segmentation" },
    ];
    writeFileSync(table, rows.map((row) => JSON.stringify(row)).join("\n"));
    await succeed("import", "--mapping", "generic", table);
    const [patient = ""] = (await succeed("register", "patient", "cli", "4711")).split("\n");
    expect(patient).toBe("cli.P000001");
    const again = await run(
      ["register", "patient", "cli", "-", "--or-resolve", "--json"],
      {},
      "4711\n4712\n",
    );
    expect(again.out).toBe('{"identifier":"cli.P000001"}\n{"identifier":"cli.P000002"}\n');
    expect((await run(["register", "patient", "cli", "4711"])).code).toBe(6);
    expect(
      await succeed("query", "image", "--where", "rows>=512", "--columns", "identifier,rows"),
    ).toBe("identifier  rows\ncli/ct       512\n");
    expect(JSON.parse(await succeed("get", "cli/ct", "--json"))).toMatchObject({ modality: "CT" });
    const past = JSON.parse(await succeed("get", "cli/ct", "--json")) as { created_at: string };
    expect(await countOf("image", "--parent", "cli", "--as-of", past.created_at)).toBe(1);
    expect(await succeed("history", "cli/ct")).toMatch(/^ +1 {2}\S+ {2}create {5}\S+@\S+/m);
    expect(await succeed("lineage", "cli/ct")).toContain("└─ in cli  datasource");
    expect(JSON.parse(await succeed("stats", "cli", "--json"))).toMatchObject({
      datasource_id: "cli",
    });
  });

  it("exits with the code of the problem's class", async () => {
    expect((await run(["get", "nowhere"])).code).toBe(5);
    expect((await run(["history", "nowhere"])).code).toBe(5);
    expect((await run(["query", "image", "--where", "colour=red"])).code).toBe(6);
    expect((await run(["query", "--colour"])).code).toBe(2);
    expect((await run(["import", "--mapping", "generic", at("missing.csv")])).code).toBe(2);
    const away = ["stats", "--url", "http://127.0.0.1:9", "--patience", "0"];
    expect((await run(away, { VXDATA_TOKEN: "x" })).code).toBe(3);
    expect((await run(["stats"], { VXDATA_TOKEN: "x" })).code).toBe(4);
  });

  it("uploads only what has not arrived, and resumes an interrupted download", async () => {
    const file = join(folder, "scan.bin");
    const bytes = Buffer.alloc(300_000, "scan ");
    writeFileSync(file, bytes);
    const words = ["upload", "--group", "cli", "--journal", at("done.ndjson"), "--json", file];
    const line = JSON.parse(await succeed(...words)) as { path: string; sha256: string };
    expect(await succeed(...words)).toContain(line.path);
    expect(readFileSync(join(folder, "done.ndjson"), "utf8").trim().split("\n")).toHaveLength(1);
    const table = join(folder, "scan.ndjson");
    const { path, sha256 } = line;
    writeFileSync(table, JSON.stringify({ id: "cli/scan", type: "image", s3_path: path, sha256 }));
    await succeed("import", "--mapping", "generic", table);
    mkdirSync(join(folder, "back"));
    const name = path.split("/").at(-1) ?? "";
    const key = createHash("sha256").update(path).digest("hex").slice(0, 8);
    const part = join(folder, "back", `${name}.${key}.part`);
    writeFileSync(part, bytes.subarray(0, 100_000));
    await succeed("download", "-o", at("back"), "cli/scan");
    expect(readFileSync(join(folder, "back", name)).equals(bytes)).toBe(true);
    // Bytes that differ from those of the resource are discarded.
    rmSync(join(folder, "back", name));
    writeFileSync(part, Buffer.alloc(100_000, "x"));
    expect((await run(["download", "-o", at("back"), "cli/scan"])).code).toBe(3);
    expect(existsSync(join(folder, "back", name))).toBe(false);
    await succeed("download", "-o", at("back"), "cli/scan");
    // An existing file is neither downloaded again nor replaced.
    const again = await run(["download", "-o", at("back"), "cli/scan"]);
    expect([again.code, again.err]).toEqual([0, expect.stringContaining("is there already")]);
    writeFileSync(join(folder, "back", name), "mine");
    expect((await run(["download", "-o", at("back"), "cli/scan"])).code).toBe(2);
    expect(readFileSync(join(folder, "back", name), "utf8")).toBe("mine");
  });

  it("exports in three formats, and resumes an interrupted file", async () => {
    const part = ["--parent", "cli", "--below"];
    await succeed("export", ...part, "-o", at("all.ndjson"));
    const whole = readFileSync(join(folder, "all.ndjson"), "utf8");
    expect(whole.trim().split("\n")).toHaveLength(await countOf(...part));
    expect((await run(["export", ...part, "-o", at("all.ndjson")])).code).toBe(2);
    await succeed("export", "image", "-o", at("images.parquet"));
    const bytes = readFileSync(join(folder, "images.parquet"));
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    expect(await parquetReadObjects({ file: buffer })).toHaveLength(await countOf("image"));
    await succeed("export", "image", "-o", at("images.csv.txt"), "--format", "csv");
    expect(readFileSync(join(folder, "images.csv.txt"), "utf8")).toContain("cli/ct");
  });
});

describe("vxdata import", () => {
  it("creates patients, studies, series and images of a DICOM folder once, and sends no names", async () => {
    const files = join(folder, "dicom");
    mkdirSync(files);
    for (let index = 0; index < 12; index += 1) {
      const [patient, series] = [1 + (index % 3), 1 + (index % 2)];
      writeFileSync(join(files, `Doe_${index}.dcm`), imageFile(patient, 1, series, index));
    }
    writeFileSync(join(files, "broken.dcm"), "no");
    const first = await run(["import", "--datasource", "ward", files]);
    expect(first.code).toBe(1);
    expect(first.out).toContain("broken.dcm: no readable DICOM file");
    expect(await countOf("image", "--parent", "ward", "--below")).toBe(12);
    expect(await countOf("series", "--parent", "ward", "--below")).toBe(6);
    expect(await countOf("study", "--parent", "ward", "--below")).toBe(3);
    expect(await countOf("patient", "--parent", "ward")).toBe(3);
    const before = await succeed(
      "query",
      "--limit",
      "1",
      "--columns",
      "updated_at",
      "--sort",
      "updated_at",
    );
    const second = await run(["import", "--datasource", "ward", "--json", files]);
    expect(JSON.parse(second.out)).toMatchObject({
      created: 0,
      present: 18,
      rejected: 1,
      leftOut: 0,
    });
    expect(
      await succeed("query", "--limit", "1", "--columns", "updated_at", "--sort", "updated_at"),
    ).toBe(before);
    const all = await succeed("query", "--parent", "ward", "--below", "--json");
    for (const text of PERSONAL_TEXTS) expect(all + server.output(), text).not.toContain(text);
  });

  // The real data are not part of the project: they are beside it where the project is developed.
  it.skipIf(!existsSync(REAL))(
    "imports the readable files of real DICOM data, and reports the others",
    async () => {
      const words = ["import", "--datasource", "pydicom", "--json", join(REAL, "dicom-pydicom")];
      const first = await run(words);
      expect(first.code).toBe(1);
      // 142 files can be read; two of them have the same bytes. 10 others are damaged; 7 are directories of discs and 5 texts, which are no data.
      expect(JSON.parse(first.out)).toMatchObject({
        rows: 152,
        patients: 26,
        studies: 30,
        rejected: 10,
        leftOut: 12,
      });
      expect(await countOf("image", "--parent", "pydicom", "--below")).toBe(141);
      const second = await run(words);
      expect(JSON.parse(second.out)).toMatchObject({ created: 0, present: 178, rejected: 10 });
      expect(await countOf("--parent", "pydicom", "--below")).toBe(234);
    },
  );

  it.skipIf(!existsSync(REAL)).each(STUDIES)(
    "imports participants, sidecars and files of the real BIDS dataset %s",
    async (study) => {
      const path = join(REAL, "openneuro", study);
      const words = ["import", "--datasource", study, "--json", path];
      const first = await run(words);
      expect(first.code, first.err).toBe(0);
      const people =
        readFileSync(join(path, "participants.tsv"), "utf8").trim().split("\n").length - 1;
      const counts = JSON.parse(first.out) as { patients: number; rows: number };
      expect(counts.patients).toBe(people);
      expect(await countOf("bids_file", "--parent", study, "--below")).toBe(counts.rows - people);
      const sidecars = ["--parent", study, "--below", "--where", "extension=.json"];
      expect(
        await countOf("bids_file", ...sidecars, "--filters", '{"metadata": {"exists": true}}'),
      ).toBeGreaterThan(people - 1);
      const second = await run(words);
      expect(JSON.parse(second.out)).toMatchObject({ created: 0, rejected: 0 });
    },
  );
});
