import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { hashing, hashOf } from "../../../scripts/agent/hash.ts";
import { XXH64 } from "../../support/fixtures/xxh64.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-xxh64-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The digest of bytes that arrive in pieces of a size. */
const streamed = async (bytes: Uint8Array, piece: number) => {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += piece) {
    pieces.push(Buffer.from(bytes.subarray(start, start + piece)));
  }
  const { stream, result } = await hashing();
  await pipeline(Readable.from(pieces), stream, async (source: AsyncIterable<unknown>) => {
    for await (const _ of source);
  });
  return result();
};

test.each(XXH64)("the XXH64 of %s is correct, for any pieces", async (name, bytes, hash) => {
  for (const piece of [1, 7, 32, 4_096]) {
    expect(await streamed(bytes, piece)).toMatchObject({ bytes: bytes.length, xxh64: hash });
  }
  const path = join(folder, name.replaceAll(/\W/g, "-"));
  writeFileSync(path, bytes);
  expect(await hashOf(path)).toBe(hash);
});
