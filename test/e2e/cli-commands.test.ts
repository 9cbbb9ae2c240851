import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { imageFile } from "../support/fixtures/dicom.ts";
import { commandsIn } from "../support/run/command.ts";
import { ADMIN } from "../support/servers/server.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-e2e-commands-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { run: runWords, succeed: succeedWords } = commandsIn(folder);
const run = async (...words: readonly string[]) => runWords(words);
const succeed = async (...words: readonly string[]): Promise<string> => succeedWords(words);

describe("commands that write", () => {
  it("create, update, delete and restore a resource", async () => {
    await succeed("create", "datasource", "cmd", "--set", "name=A source");
    const labels = 'finding_labels=["Pneumonia"]';
    await succeed("create", "image", "cmd/a", "--parent", "cmd", "--set", labels);
    const found = ["query", "image", "--parent", "cmd", "--where", "finding_labels~Pneumonia"];
    expect(await succeed(...found, "--csv", "--columns", "identifier")).toBe("identifier\ncmd/a\n");
    await succeed("update", "cmd/a", "--set", "rows=7", "--clear", "finding_labels");
    expect(JSON.parse(await succeed("get", "cmd/a", "--json"))).toMatchObject({ rows: 7 });
    expect(await succeed(...found, "--count")).toBe("0\n");
    expect(await succeed("delete", "cmd/a")).toBe("1 deleted\n");
    expect((await run("get", "cmd/a")).code).toBe(5);
    await succeed("restore", "cmd/a");
    expect(await succeed("history", "cmd/a", "--csv")).toMatch(/^3,.*,deleted,$/m);
    expect(await succeed("whoami")).toContain(ADMIN.email);
    expect((await run("query", "image", "--as-of", "yesterday")).err).toMatch(/^as of \d{4}-/);
  });
});

describe("an import with files", () => {
  it("follows one without, sends each once, and download has the same bytes", async () => {
    const file = join(folder, "one.dcm");
    writeFileSync(file, imageFile(1, 1, 1, 1));
    writeFileSync(join(folder, "README"), "no data");
    const words = ["import", "--datasource", "cmd-files", "--json", folder];
    expect(JSON.parse(await succeed(...words))).toMatchObject({ leftOut: 1, uploaded: 0 });
    expect(JSON.parse(await succeed(...words, "--with-files"))).toMatchObject({ uploaded: 1 });
    const again = JSON.parse(await succeed(...words, "--with-files")) as object;
    expect(again).toMatchObject({ uploaded: 0, linked: 1 });
    const query = ["query", "image", "--parent", "cmd-files", "--below", "--json"];
    const { identifier } = JSON.parse(await succeed(...query)) as { identifier: string };
    // The folder is made. A file that is there is replaced only when that is said.
    const target = join(folder, "back", "again");
    const fetching = ["download", "-o", target, identifier];
    const path = (await succeed(...fetching)).trim();
    expect(readFileSync(path).equals(readFileSync(file))).toBe(true);
    writeFileSync(path, "other bytes");
    const refused = await run(...fetching);
    expect({ code: refused.code, err: refused.err }).toEqual({
      code: 2,
      err: expect.stringContaining("--force replaces it"),
    });
    expect(readFileSync(path, "utf8")).toBe("other bytes");
    await succeed(...fetching, "--force");
    expect(readFileSync(path).equals(readFileSync(file))).toBe(true);
  });
});
