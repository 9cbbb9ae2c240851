// Responses have entity tags, and a client that has the response gets 304 (RFC 9110).
import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../../../src/model/json.ts";
import { adminClient } from "../../support/fixtures/callers.ts";
import type { Answer, Client } from "../../support/clients/http.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
  const about = { license: "CC0-1.0", access_level: "internal" };
  const resources: Json = [
    { identifier: "c", payload_type: "datasource", name: "C", ...about },
    { identifier: "c/m", payload_type: "model", name: "M", parent_identifier: "c", ...about },
  ];
  await admin.post("/resources/create", { resources });
});

const ask = (path: string, ifNoneMatch: string, method = "GET"): Promise<Answer> =>
  admin.send(method, path, undefined, { "if-none-match": ifNoneMatch });

describe.each([
  "/parents/c/m",
  "/children?parent_identifier=c",
  "/lineage/c/m",
  "/datasources/stats",
  "/schemas",
  "/schemas/model",
])("GET %s", (path) => {
  let tag: string;
  let text: string;

  beforeAll(async () => {
    const answer = await admin.get(path);
    tag = answer.headers.get("etag") ?? "";
    text = answer.text;
  });

  test("has a strong tag", async () => {
    expect((await admin.get(path)).status).toBe(200);
    expect(tag).toMatch(/^"[\w+/=-]{20,}"$/);
  });

  test.each(["%", "*", '"other", %', "W/%"])(
    "is 304 for a matching If-None-Match (%s)",
    async (form) => {
      const answer = await ask(path, form.replace("%", tag));
      expect([answer.status, answer.text]).toEqual([304, ""]);
      expect(answer.headers.get("etag")).toBe(tag);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("vary")).toMatch(/\bAuthorization$/);
      expect(answer.headers.get("content-type")).toBeNull();
      expect(answer.headers.get("x-request-id")).toBeTruthy();
      expect(answer.headers.get("x-d1-bookmark")).toBeTruthy();
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    },
  );

  test.each(['"other"', 'W/"other"', "other"])(
    "is 200 for another If-None-Match (%s)",
    async (form) => {
      const answer = await ask(path, form);
      expect([answer.status, answer.text]).toEqual([200, text]);
    },
  );

  test("a HEAD request has the same tag and no body", async () => {
    const answer = await admin.send("HEAD", path);
    expect([answer.status, answer.text, answer.headers.get("etag")]).toEqual([200, "", tag]);
    expect((await ask(path, tag, "HEAD")).status).toBe(304);
  });
});

test("the feed has a weak tag of its changes, since `next` differs each time", async () => {
  const before = await admin.get("/changes?after=0");
  const tag = before.headers.get("etag") ?? "";
  expect(tag).toMatch(/^W\/"[\w+/=-]{20,}"$/);
  expect((await admin.get("/changes?after=0")).text).not.toBe(before.text);
  for (const form of [tag, tag.replace("W/", ""), "*", `"other", ${tag}`]) {
    expect((await ask("/changes?after=0", form)).status).toBe(304);
  }
  const updates = { "c/m": { license: "CC-BY-4.0" } };
  expect((await admin.post("/resources/update", { updates })).status).toBe(200);
  const after = await ask("/changes?after=0", tag);
  expect([after.status, after.headers.get("etag") === tag]).toEqual([200, false]);
});

test("a caller who may not see a response does not get 304 for it", async () => {
  const { headers } = await admin.get("/parents/c/m");
  const tag = headers.get("etag") ?? "";
  const answer = await admin.send("GET", "/parents/c/m", undefined, {
    "if-none-match": tag,
    authorization: "Bearer a.b.c",
  });
  expect(answer.status).toBe(401);
});
