import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { AppError } from "../../../src/model/error.ts";
import { jsonEqual } from "../../../src/model/json.ts";
import { hashQuery, readCursor, sealCursor, type Cursor } from "../../../src/query/cursor.ts";
import { importOpaqueKey } from "../../../src/query/opaque.ts";
import { literals } from "../../support/generators/conditions.ts";
import { documents } from "../../support/generators/sample-values.ts";

const newKey = (): Promise<CryptoKey> =>
  importOpaqueKey(crypto.getRandomValues(new Uint8Array(32)));

let key: CryptoKey;

beforeAll(async () => {
  key = await newKey();
});

const cursor: Cursor = {
  transaction: 42,
  position: { values: [1.5, null, "é😀", true], identifier: "r/1" },
  queryHash: "abc",
};

/** The error code for each text; undefined for an accepted one. */
const refusals = (
  texts: readonly string[],
  queryHash = "abc",
  secret = key,
): Promise<readonly (string | undefined)[]> =>
  Promise.all(
    texts.map((text) =>
      readCursor(secret, text, queryHash).then(
        () => undefined,
        (cause: unknown) => (cause instanceof AppError ? cause.code : "no AppError"),
      ),
    ),
  );

const refusedAll = (texts: readonly string[]): readonly string[] =>
  texts.map(() => "invalid_cursor");

describe("a cursor", () => {
  it("is decoded to what was encoded, for any values", async () => {
    const values = fc.array(fc.oneof(literals, fc.constant(null)), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(values, fc.string(), fc.nat(), async (sorted, identifier, transaction) => {
        const given: Cursor = {
          transaction,
          position: { values: JSON.parse(JSON.stringify(sorted)), identifier },
          queryHash: "q",
        };
        expect(await readCursor(key, await sealCursor(key, given), "q")).toEqual(given);
      }),
    );
  });

  it("has the same length for any numbers", async () => {
    const lengths = [0, 9, 10, 1_000_000, -1.797_693_134_862_315_7e308, Number.MIN_VALUE].map(
      async (value) => {
        const position = { values: [value], identifier: "r/1" };
        return (await sealCursor(key, { ...cursor, position })).length;
      },
    );
    expect(new Set(await Promise.all(lengths)).size).toBe(1);
  });

  it("is base64url text", async () => {
    expect(await sealCursor(key, cursor)).toMatch(/^[\w-]+$/);
  });

  it("reveals nothing to its reader, not even by its length or by a comparison", async () => {
    const later = { ...cursor, transaction: 123_456_789 };
    const texts = await Promise.all([cursor, cursor, later].map((each) => sealCursor(key, each)));
    expect(new Set(texts).size).toBe(3);
    expect(new Set(texts.map((text) => text.length)).size).toBe(1);
    for (const text of texts)
      expect(atob(text.replaceAll("-", "+").replaceAll("_", "/"))).not.toMatch(/r\/1|abc/);
  });

  it("is refused with any character changed, left out or added", async () => {
    const text = await sealCursor(key, cursor);
    const tampered = Array.from(text).flatMap((character, position) => [
      text.slice(0, position) + (character === "A" ? "B" : "A") + text.slice(position + 1),
      text.slice(0, position) + text.slice(position + 1),
    ]);
    const others = ["", "A", "=", `${text}=`, `${text}A`, ` ${text}`, text.slice(0, 43), "é", "{}"];
    const all = [...tampered, ...others];
    expect(await refusals(all)).toEqual(refusedAll(all));
  });

  it("is refused when only the unused bits of its last character differ", async () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const text = await sealCursor(key, cursor);
    const all = Array.from(alphabet, (last) => text.slice(0, -1) + last).filter(
      (other) => other !== text,
    );
    expect(await refusals(all)).toEqual(refusedAll(all));
  });

  it("is refused for another query and under another key", async () => {
    const text = await sealCursor(key, cursor);
    expect(await refusals([text], "other")).toEqual(["invalid_cursor"]);
    expect(await refusals([text], "abc", await newKey())).toEqual(["invalid_cursor"]);
  });
});

describe("hashQuery", () => {
  it("is the same for equal values, whatever the order of members", async () => {
    expect(await hashQuery({ a: 1, b: [1, null] })).toBe(await hashQuery({ b: [1, null], a: 1 }));
    expect(await hashQuery({ a: 1 })).toMatch(/^[\w-]{43}$/);
  });

  it("differs for different values", async () => {
    await fc.assert(
      fc.asyncProperty(documents, documents, async (left, right) => {
        const same = (await hashQuery(left)) === (await hashQuery(right));
        expect(same).toBe(jsonEqual(left, right));
      }),
    );
  });
});
