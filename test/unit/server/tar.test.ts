import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bytesOf, readTar, writeTar } from "../../../src/server/tar.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-tar-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LONG = `v3/${"d".repeat(60)}/${"f".repeat(80)}.sqlite`;

const FILES: readonly (readonly [name: string, text: string])[] = [
  ["a.json", "{}"],
  ["empty", ""],
  ["block", "x".repeat(512)],
  [LONG, "y".repeat(1_025)],
];

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text.slice(0, 3));
  yield Buffer.from(text.slice(3));
}

const writeTo = async (path: string): Promise<void> => {
  const handle = await open(path, "w");
  const tar = writeTar(handle);
  for (const [name, text] of FILES) await tar.add(name, text.length, pieces(text));
  await tar.end();
  await handle.close();
};

const readFrom = async (path: string): Promise<readonly (readonly [string, string])[]> => {
  const handle = await open(path, "r");
  try {
    const found: [string, string][] = [];
    for await (const entry of readTar(handle, path)) {
      let text = "";
      for await (const piece of bytesOf(handle, entry)) text += piece.toString();
      found.push([entry.name, text]);
    }
    return found;
  } finally {
    await handle.close();
  }
};

describe("an archive", () => {
  const path = join(folder, "a.tar");

  it("is read as it was written, by us and by tar", async () => {
    await writeTo(path);
    expect(await readFrom(path)).toEqual(FILES);
    const names = execFileSync("tar", ["--list", "--file", path], { encoding: "utf8" });
    expect(names.trim().split("\n")).toEqual(FILES.map(([name]) => name));
  });

  it("is refused when it is truncated at any block, or continues after its end", async () => {
    await writeTo(path);
    const { size } = statSync(path);
    for (let length = 0; length < size; length += 256) {
      await writeTo(path);
      truncateSync(path, length);
      await expect(readFrom(path), String(length)).rejects.toThrow(path);
    }
    await writeTo(path);
    writeFileSync(path, "more", { flag: "a" });
    await expect(readFrom(path)).rejects.toThrow("behind its end");
  });

  it("is not written with fewer or more bytes than a header announces", async () => {
    const handle = await open(join(folder, "b.tar"), "w");
    const tar = writeTar(handle);
    await expect(tar.add("a", 3, pieces("four"))).rejects.toThrow("a has 4 bytes in place of 3");
    await expect(tar.add("b", 5, pieces("four"))).rejects.toThrow("b has 4 bytes in place of 5");
    await handle.close();
  });
});
