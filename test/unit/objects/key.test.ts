import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createUuid } from "../../../src/identity/uuid.ts";
import {
  encodedKey,
  isAddressable,
  isGroup,
  isKey,
  keyOf,
  sanitisedName,
  uploadKey,
} from "../../../src/objects/key.ts";
import { presign } from "../../../src/objects/presign.ts";
import { runs } from "../../support/run/figures.ts";

const BAD = [
  "",
  ".",
  "..",
  "...",
  "../../etc/passwd",
  "..\\..\\boot.ini",
  "%2e%2e%2fother",
  "%252e%252e/other",
  "a/../../b",
  "/absolute",
  "//host/share",
  "C:\\file",
  "file\u0000.dcm",
  "line\r\nX-Header: 1",
  "\u2024\u2024/one-dot-leaders",
  "\uff0e\uff0e\uff0ffullwidth",
  "trailing.",
  ".hidden",
  "name?x=1#y",
  "a+b c&d=e;f",
  "\u202egnp.exe",
  "é".repeat(600),
  `${"a".repeat(2_000)}.nii.gz`,
  "\ud800",
  "exports",
  "EXPORTS",
  "s3://bucket/key",
  "__proto__",
  "\u0301combining",
  "胸部.dcm",
  "👩‍⚕️.png",
];

const hostile = fc.oneof(
  fc.constantFrom(...BAD),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom("/", "\\", ".", "%", "2", "e", "f", "\u0000", "a", "\uff0e", "\u2024"),
    maxLength: 40,
  }),
);

/** The text after each possible number of decodings on the way to the bucket. */
const decodings = (text: string): readonly string[] => {
  const found = [text];
  for (let layer = 0; layer < 3; layer += 1) {
    try {
      found.push(decodeURIComponent(found.at(-1) ?? ""));
    } catch {
      break;
    }
  }
  return found;
};

const resolved = (key: string): string =>
  decodeURIComponent(new URL(`http://bucket.test/${encodedKey(key)}`).pathname.slice(1));

describe("the key of an upload", () => {
  test("is in its group whatever the filename is, after any decoding", () => {
    fc.assert(
      fc.property(hostile, (filename) => {
        const id = createUuid();
        const key = uploadKey("group-1", id, filename.toWellFormed());
        for (const text of decodings(key)) {
          const segments = text.split(/[/\\]/);
          expect(segments.slice(0, 2)).toEqual(["group-1", id]);
          expect(segments).toHaveLength(3);
          expect(segments[2]).toMatch(/^[^.\p{Cc}\s][^\p{Cc}\s]*$/u);
          expect(segments[2]).not.toContain("..");
        }
        expect(isAddressable(key)).toBe(true);
        expect(resolved(key)).toBe(key);
        expect(new TextEncoder().encode(key).length).toBeLessThanOrEqual(1_024);
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("keeps the meaningful part of a name", () => {
    expect(sanitisedName("CT Thorax (1).dcm")).toBe("CT_Thorax__1_.dcm");
    expect(sanitisedName("胸部-1.dcm")).toBe("胸部-1.dcm");
    expect(sanitisedName(`${"a".repeat(2_000)}.nii.gz`)).toMatch(/^a{248}\.nii\.gz$/);
    expect(sanitisedName("...")).toBe("file");
  });

  test("has a group of one plain segment, which is not reserved", () => {
    fc.assert(
      fc.property(hostile, (group) => {
        if (!isGroup(group)) return;
        expect(group).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
        expect(group).not.toContain("..");
        expect(group.toLowerCase()).not.toBe("exports");
      }),
      { numRuns: runs(2_000) },
    );
    expect(["cohort-7", "a", "A.b_c-d", "7"].every(isGroup)).toBe(true);
    expect(BAD.filter(isGroup)).toEqual([]);
  });
});

describe("a key that a caller names", () => {
  test("is the same in a URL, or invalid", () => {
    fc.assert(
      fc.property(hostile, (path) => {
        expect(isKey(path) ? resolved(path) : path).toBe(path);
      }),
      { numRuns: runs(2_000) },
    );
    for (const path of ["a/../b", "a//b", "/a", "a/", "a/./b", "", "a\\b", "a\u0000", "\ud800"]) {
      expect({ path, isKey: isKey(path) }).toEqual({ path, isKey: false });
    }
  });

  test("is that of an address in our bucket, and never a reserved one", () => {
    expect(keyOf("s3://ours/a/b", "ours")).toBe("a/b");
    expect(keyOf("s3://other/a/b", "ours")).toBe("s3://other/a/b");
    expect(isAddressable(keyOf("s3://other/a/b", "ours"))).toBe(false);
    expect(isAddressable("exports/id/1/image.parquet")).toBe(false);
    expect(isAddressable("_tasks/id/secret")).toBe(false);
  });
});

// An independent signer, written from the specification: both have to agree.
const encoder = new TextEncoder();
const hex = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString("hex");
const sha256 = async (text: string): Promise<string> =>
  hex(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
const hmac = async (key: Uint8Array, text: string): Promise<Uint8Array> => {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", new Uint8Array(key), algorithm, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, encoder.encode(text)));
};

const signatureOf = async (
  url: URL,
  method: string,
  headers: Readonly<Record<string, string>>,
  secret: string,
): Promise<string> => {
  const credential = (url.searchParams.get("X-Amz-Credential") ?? "").split("/").slice(1);
  const query = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map((pair) =>
      pair
        .map((text) =>
          encodeURIComponent(text).replaceAll(
            /[!'()*]/g,
            (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
          ),
        )
        .join("="),
    )
    .toSorted()
    .join("&");
  const all = Object.entries({ ...headers, host: url.host }).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const canonical = [
    method,
    url.pathname,
    query,
    ...all.map(([name, value]) => `${name}:${value}`),
    "",
    all.map(([name]) => name).join(";"),
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const toSign = [
    "AWS4-HMAC-SHA256",
    url.searchParams.get("X-Amz-Date"),
    credential.join("/"),
    await sha256(canonical),
  ].join("\n");
  let key = encoder.encode(`AWS4${secret}`);
  for (const part of credential) key = new Uint8Array(await hmac(key, part));
  return Buffer.from(await hmac(key, toSign)).toString("hex");
};

test("presigned URLs have the signature that another signer computes", async () => {
  const access = {
    endpoint: "https://account.example.org",
    bucket: "bucket",
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "a secret of the test",
    region: "auto",
  };
  await fc.assert(
    fc.asyncProperty(
      hostile,
      fc.constantFrom("GET", "PUT"),
      fc.integer({ min: 1, max: 604_800 }),
      fc.date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true }),
      async (name, method, expiresIn, now) => {
        const key = uploadKey("g", createUuid(), name.toWellFormed());
        const headers = { "if-none-match": "*", "content-length": "5" };
        const url = new URL(await presign(access, { method, key, expiresIn, headers, now }));
        const expected = await signatureOf(url, method, headers, access.secretAccessKey);
        expect(url.searchParams.get("X-Amz-Signature")).toBe(expected);
        expect(url.searchParams.get("X-Amz-Expires")).toBe(String(expiresIn));
        expect(decodeURIComponent(url.pathname)).toBe(`/bucket/${key}`);
      },
    ),
    { numRuns: runs(500) },
  );
});
