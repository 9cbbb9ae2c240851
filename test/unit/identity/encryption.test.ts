import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import {
  decryptSecret,
  encryptSecret,
  parseEncryptionKeys,
} from "../../../src/identity/encryption.ts";

const key = (): string => randomBytes(32).toString("base64");
const [one, two] = [key(), key()];
const keys = parseEncryptionKeys(JSON.stringify({ "key-1": one }));

test("encrypted text can be decrypted, and looks different each time", () => {
  const texts = ["hunter2", "", "pässwörd \u{1F511}"].map((secret) => {
    const text = encryptSecret(keys, "place", secret);
    expect(decryptSecret(keys, "place", text)).toBe(secret);
    expect(text).toMatch(/^v1\.key-1\.[\w-]+$/);
    return text;
  });
  expect(encryptSecret(keys, "place", "hunter2")).not.toBe(texts[0]);
});

test("another place, another key and a changed text cannot be decrypted", () => {
  const text = encryptSecret(keys, "place", "hunter2");
  expect(() => decryptSecret(keys, "elsewhere", text)).toThrow(/auth/i);
  expect(() =>
    decryptSecret(parseEncryptionKeys(JSON.stringify({ "key-1": two })), "place", text),
  ).toThrow(/auth/i);
  const middle = Math.floor(text.length / 2);
  const changed =
    text.slice(0, middle) + (text[middle] === "A" ? "B" : "A") + text.slice(middle + 1);
  expect(() => decryptSecret(keys, "place", changed)).toThrow(/auth/i);
});

test("a new key encrypts, and the old one after it still decrypts", () => {
  const old = encryptSecret(keys, "place", "hunter2");
  const both = parseEncryptionKeys(JSON.stringify({ "key-2": two, "key-1": one }));
  expect(decryptSecret(both, "place", old)).toBe("hunter2");
  expect(encryptSecret(both, "place", "x")).toMatch(/^v1\.key-2\./);
  const without = parseEncryptionKeys(JSON.stringify({ "key-2": two }));
  expect(() => decryptSecret(without, "place", old)).toThrow("not in ENCRYPTION_KEYS");
});

test.each([
  "",
  "null",
  "[]",
  "{}",
  "not json",
  '{"a":"short"}',
  '{"a":1}',
  JSON.stringify({ "1": one }),
  JSON.stringify({ "a.b": one }),
  JSON.stringify({ a: Buffer.alloc(32).toString("base64") }),
  JSON.stringify({ a: randomBytes(33).toString("base64") }),
])("refuses %s without repeating it", (text) => {
  let message = "";
  try {
    parseEncryptionKeys(text);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).not.toBe("");
  const quoted = text.length > 6 ? text.slice(2, -2) : "no such text";
  expect(message).not.toContain(quoted);
});
