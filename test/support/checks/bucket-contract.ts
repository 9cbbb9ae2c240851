/** The contract of every bucket, whatever its implementation. */
import { expect } from "vitest";
import { deleteAll, type Bucket } from "../../../src/objects/bucket.ts";

const MEBIBYTE = 1024 * 1024;

const bytesOf = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + seed) % 251);

const encoder = new TextEncoder();

const textAt = async (bucket: Bucket, key: string): Promise<string | undefined> =>
  (await bucket.get(key))?.text();

const keysBelow = async (bucket: Bucket, prefix: string): Promise<readonly string[]> => {
  const keys: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await bucket.list(prefix, cursor);
    keys.push(...page.objects.map(({ key }) => key));
    ({ cursor } = page);
  }
  return keys;
};

/** Names that an address or XML could get wrong, but that keys may contain. */
const NAMES = [
  "a b+c%20d",
  "Röntgen-Ä",
  "X光片",
  "عكس",
  "🩻",
  "é (combining é)",
  "&<>\"'",
  "!*'()~$,;:=@?#[]^`{|}",
  "%2F%00",
];

const expectSame = async (found: Uint8Array | undefined, wanted: Uint8Array): Promise<void> => {
  expect(found?.length).toBe(wanted.length);
  expect(Buffer.compare(Buffer.from(found ?? []), Buffer.from(wanted))).toBe(0);
};

/** The prefix of a guarantee's keys. */
export const prefixOf = (name: string): string => name.replaceAll(" ", "-");

type Check = (bucket: Bucket, prefix: string) => Promise<void>;

/** Guarantees by their name. Each gets a bucket, and a prefix that no other uses. */
const BUCKET_CONTRACT: Readonly<Record<string, Check>> = {
  "an object that is not there is null": async (bucket, prefix) => {
    expect(await bucket.head(`${prefix}/none`)).toBeNull();
    expect(await bucket.get(`${prefix}/none`)).toBeNull();
    expect(await bucket.get(`${prefix}/none`, { range: { offset: 1 } })).toBeNull();
    await bucket.delete([`${prefix}/none`]);
  },

  "an object is read as it was stored, with its type, and replaced": async (bucket, prefix) => {
    const key = `${prefix}/one`;
    await bucket.put(key, "first", {
      contentType: "text/csv",
      contentDisposition: 'attachment; filename="one.csv"',
    });
    const head = await bucket.head(key);
    expect(head).toMatchObject({ size: 5, contentType: "text/csv" });
    expect(Object.fromEntries(head?.headers() ?? [])).toEqual({
      "content-type": "text/csv",
      "content-disposition": 'attachment; filename="one.csv"',
    });
    expect(head?.etag).toMatch(/^"[^"]+"$/);
    const found = await bucket.get(key);
    expect(found).toMatchObject({ size: 5, contentType: "text/csv", etag: head?.etag });
    expect(await found?.text()).toBe("first");
    await bucket.put(key, encoder.encode("second, in bytes"));
    const second = await bucket.head(key);
    expect(second?.size).toBe(16);
    // No type was set: a store may return none, or that it is bytes.
    expect([null, "application/octet-stream", "binary/octet-stream"]).toContain(
      second?.contentType,
    );
    expect(await textAt(bucket, key)).toBe("second, in bytes");
    expect(second?.etag).not.toBe(head?.etag);
  },

  "an object without bytes is one": async (bucket, prefix) => {
    await bucket.put(`${prefix}/empty`, "");
    expect(await bucket.head(`${prefix}/empty`)).toMatchObject({ size: 0 });
    expect(await textAt(bucket, `${prefix}/empty`)).toBe("");
  },

  "ranges are exact, and tell the size of all": async (bucket, prefix) => {
    const key = `${prefix}/range`;
    await bucket.put(key, "0123456789");
    const read = async (offset: number, length?: number) => {
      const range = length === undefined ? { offset } : { offset, length };
      const found = await bucket.get(key, { range });
      return [found?.size, await found?.text()];
    };
    expect(await read(0, 1)).toEqual([10, "0"]);
    expect(await read(3, 4)).toEqual([10, "3456"]);
    expect(await read(9, 1)).toEqual([10, "9"]);
    expect(await read(7)).toEqual([10, "789"]);
    expect(await read(0)).toEqual([10, "0123456789"]);
  },

  "an object is read only while it is the one that was looked at": async (bucket, prefix) => {
    const key = `${prefix}/tagged`;
    await bucket.put(key, "before");
    const { etag = "" } = (await bucket.head(key)) ?? {};
    const range = { offset: 2, length: 2 };
    expect(await (await bucket.get(key, { etag }))?.text()).toBe("before");
    expect(await (await bucket.get(key, { etag, range }))?.text()).toBe("fo");
    await bucket.put(key, "after");
    expect(await bucket.get(key, { etag })).toBeNull();
    expect(await bucket.get(key, { etag, range })).toBeNull();
  },

  "keys of any characters are stored, listed in order and removed": async (bucket, prefix) => {
    const keys = NAMES.map((name) => `${prefix}/${name}/${name}`);
    for (const key of keys) await bucket.put(key, key);
    for (const key of keys) expect(await textAt(bucket, key)).toBe(key);
    expect(new Set(await keysBelow(bucket, `${prefix}/`))).toEqual(new Set(keys));
    const [first = "", ...others] = keys;
    await bucket.delete(others);
    expect(await keysBelow(bucket, `${prefix}/`)).toEqual([first]);
  },

  "a list goes on behind its pages, below a prefix alone": async (bucket, prefix) => {
    const keys = Array.from({ length: 1_203 }, (_, at) => `${prefix}/in/${10_000 + at}`);
    for (let from = 0; from < keys.length; from += 50) {
      await Promise.all(keys.slice(from, from + 50).map((key) => bucket.put(key, "x")));
    }
    await bucket.put(`${prefix}/out`, "x");
    expect(await keysBelow(bucket, `${prefix}/in/`)).toEqual(keys);
    const { objects } = await bucket.list(`${prefix}/out`);
    expect(objects).toEqual([{ key: `${prefix}/out`, size: 1 }]);
    await deleteAll(bucket, [...keys, `${prefix}/none`]);
    expect(await keysBelow(bucket, `${prefix}/`)).toEqual([`${prefix}/out`]);
  },

  "an upload in parts appears when it is complete, and can be gone on with": async (
    bucket,
    prefix,
  ) => {
    const key = `${prefix}/parts`;
    const [first, second, rest] = [bytesOf(5 * MEBIBYTE), bytesOf(5 * MEBIBYTE, 7), bytesOf(9)];
    const begun = await bucket.createUpload(key, { contentType: "text/plain" });
    const one = await begun.uploadPart(1, first);
    expect(await bucket.head(key)).toBeNull();
    const upload = bucket.resumeUpload(key, begun.uploadId);
    const three = await upload.uploadPart(3, rest);
    const two = await upload.uploadPart(2, second);
    await upload.complete([one, two, three]);
    const found = await bucket.get(key);
    expect(found).toMatchObject({ size: 10 * MEBIBYTE + 9, contentType: "text/plain" });
    await expectSame(await found?.bytes(), Buffer.concat([first, second, rest]));
    const middle = await bucket.get(key, { range: { offset: 5 * MEBIBYTE - 3, length: 6 } });
    const wanted = Buffer.concat([first.subarray(-3), second.subarray(0, 3)]);
    await expectSame(await middle?.bytes(), wanted);
  },

  "an upload that was given up leaves nothing, and cannot be gone on with": async (
    bucket,
    prefix,
  ) => {
    const key = `${prefix}/dropped`;
    const upload = await bucket.createUpload(key, {});
    const part = await upload.uploadPart(1, bytesOf(9));
    await upload.abort();
    expect(await bucket.head(key)).toBeNull();
    const gone = /upload does not exist|NoSuchUpload|10024/;
    await expect(upload.uploadPart(1, bytesOf(9))).rejects.toThrow(gone);
    await expect(upload.complete([part])).rejects.toThrow(gone);
  },

  "a body that nobody reads to its end can be let go": async (bucket, prefix) => {
    const key = `${prefix}/long`;
    await bucket.put(key, bytesOf(3 * MEBIBYTE));
    const found = await bucket.get(key);
    await found?.body.cancel();
    const half = await bucket.get(key);
    for await (const piece of half?.body ?? []) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect((await bucket.head(key))?.size).toBe(3 * MEBIBYTE);
  },
};

/** The names of all guarantees. */
export const BUCKET_GUARANTEES = Object.keys(BUCKET_CONTRACT);

/** Checks one guarantee, by its name above. */
export const expectBucket = async (bucket: Bucket, name: string): Promise<void> => {
  const check = BUCKET_CONTRACT[name];
  expect(check).toBeDefined();
  await check?.(bucket, prefixOf(name));
};
