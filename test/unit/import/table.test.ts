import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { SourceRule } from "../../../src/cli/import/mapping.ts";
import { readTable, type TableRow } from "../../../src/cli/import/table.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-table-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = async (name: string, content: string | Uint8Array, source: SourceRule = {}) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  const rows: TableRow[] = [];
  let columns: readonly string[] | undefined;
  const parts = readTable(path, source, (names) => {
    columns = names;
  });
  for await (const part of parts) rows.push(...part.rows);
  return { columns, rows };
};

const plain = (rows: readonly TableRow[]) =>
  rows.map((row) => ("cells" in row ? Object.fromEntries(row.cells) : row));

describe("a table", () => {
  it("names its cells by the header, with or without a byte order mark", async () => {
    const expected = [{ id: "1", label: "é😀" }];
    const text = "id,label\r\n1,é😀\r\n";
    expect(plain((await read("a.csv", text)).rows)).toEqual(expected);
    expect(plain((await read("bom.csv", `\uFEFF${text}`)).rows)).toEqual(expected);
    expect(plain((await read("a.csv.gz", gzipSync(text))).rows)).toEqual(expected);
    expect(plain((await read("misnamed.csv", gzipSync(text))).rows)).toEqual(expected);
    expect(plain((await read("a.tsv", text.replace(",", "\t").replace(",", "\t"))).rows)).toEqual(
      expected,
    );
  });

  it("may be NDJSON with typed values; a bad line is reported alone", async () => {
    const { columns, rows } = await read("a.ndjson", '{"id":1,"l":[1]}\n\nnope\n[1]\n{"id":2}');
    expect(columns).toBeUndefined();
    expect(rows.map(({ line }) => line)).toEqual([1, 3, 4, 5]);
    expect(plain(rows)[0]).toEqual({ id: 1, l: [1] });
    expect(rows.map((row) => "error" in row)).toEqual([false, true, true, false]);
  });

  it("with commas inside its headers takes the columns by position", async () => {
    const source: SourceRule = {
      header: "skip",
      expect_header: ["Image Index", "Size[Width"],
      columns: ["image", "width", "height"],
    };
    const { columns, rows } = await read(
      "a.csv",
      "Image Index,Size[Width,Height]\nx.png,2,3\n",
      source,
    );
    expect(columns).toEqual(["image", "width", "height"]);
    expect(plain(rows)).toEqual([{ image: "x.png", width: "2", height: "3" }]);
  });

  it("may have no header at all", async () => {
    const { rows } = await read("a.csv", "1,2\n", { header: "none", columns: ["a", "b"] });
    expect(plain(rows)).toEqual([{ a: "1", b: "2" }]);
  });

  it("refuses a row with too few or too many cells, and accepts empty surplus ones", async () => {
    const { rows } = await read("a.csv", "a,b\n1\n1,2,3\n1,2,,\n");
    expect(rows.map((row) => ("error" in row ? row.error : "ok"))).toEqual([
      "2 cells were expected, not 1",
      "2 cells were expected, not 3",
      "ok",
    ]);
  });

  it.each([
    [
      "is another one than the mapping is for",
      "x,y\n1,2\n",
      { expect_header: ["a"] },
      "cell 1 of the header",
    ],
    ["names a column twice", "a,a\n1,2\n", {}, "twice"],
    ["is empty", "", {}, "empty"],
    ["has a header that cannot be read", 'a,"b"c\n', {}, "header cannot be read"],
  ])("that %s is refused as a whole", async (_what, text, source, expected) => {
    await expect(read("a.csv", text, source)).rejects.toThrow(expected);
  });

  it("that is not UTF-8, or damaged gzip, or of an unknown kind is refused as a whole", async () => {
    await expect(read("a.csv", Uint8Array.of(0x61, 0x0a, 0xe9, 0x0a))).rejects.toThrow("UTF-8");
    const damaged = gzipSync("a,b\n".repeat(1000)).subarray(0, -20);
    await expect(read("a.csv.gz", damaged)).rejects.toThrow("gzip data is damaged");
    await expect(read("a.docx", "a")).rejects.toThrow("source.format");
    await expect(read("a.xlsx", "a")).rejects.toThrow("the workbook cannot be read");
  });

  it("that does not exist is an error like any other", async () => {
    const parts = readTable(join(folder, "missing.csv"), {}, () => undefined);
    await expect(parts.next()).rejects.toThrow("ENOENT");
  });

  it("keeps characters whole that are split by the file's blocks", async () => {
    const text = `id,label\n${Array.from({ length: 60_000 }, (_, index) => `${index},é😀ü`).join("\n")}`;
    const { rows } = await read("big.csv", text);
    expect(rows).toHaveLength(60_000);
    expect(new Set(rows.map((row) => ("cells" in row ? row.cells.get("label") : "")))).toEqual(
      new Set(["é😀ü"]),
    );
  });
});
