import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import {
  callWebhook,
  webhookError,
  type WebhookCall,
} from "../../../src/surfaces/harvest/operations/webhook.ts";

const USER = "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10";

/** A call to a server with this response. */
const callTo = (
  response: () => Response,
  seen: { url: string; init: RequestInit | undefined }[] = [],
  secret: string | null = "word",
): WebhookCall => ({
  url: "https://hooks.example.org/a",
  secret,
  allowPrivate: false,
  body: { event: "pre_transfer", hook_id: "h" },
  fetch: (input, init) => {
    seen.push({ url: String(input), init });
    return Promise.resolve(response());
  },
});

test("the body is signed, and redirects are not followed", async () => {
  const seen: { url: string; init: RequestInit | undefined }[] = [];
  await callWebhook(callTo(() => new Response(""), seen));
  const [{ init } = { init: undefined }] = seen;
  const text = String(init?.body);
  const expected = createHmac("sha256", "word").update(text).digest("hex");
  expect(init?.headers).toMatchObject({ "x-signature-256": `sha256=${expected}` });
  expect(init?.redirect).toBe("manual");
  expect(JSON.parse(text)).toEqual({ event: "pre_transfer", hook_id: "h" });
  await callWebhook(callTo(() => new Response(""), seen, null));
  expect(Object.keys(seen[1]?.init?.headers ?? {})).toEqual(["content-type"]);
});

test("its response is parsed member by member, and invalid members are ignored", async () => {
  const answer = {
    action: "redirect",
    message: "over there",
    redirect_path: "/raw",
    metadata_updates: { a: 1 },
    access_grants: [
      { grantee_type: "user", grantee_id: USER.toUpperCase() },
      { grantee_type: "planet", grantee_id: USER },
      { grantee_type: "user", grantee_id: "no uuid" },
      "x",
    ],
  };
  expect(await callWebhook(callTo(() => Response.json(answer)))).toEqual({
    action: "redirect",
    message: "over there",
    redirectPath: "/raw",
    metadata: { a: 1 },
    grants: [{ granteeType: "user", by: "id", value: USER }],
  });
  const nothing = {
    action: "proceed",
    message: null,
    redirectPath: null,
    metadata: {},
    grants: [],
  };
  for (const odd of [[], 7, null, { action: "explode", metadata_updates: [] }]) {
    expect(await callWebhook(callTo(() => Response.json(odd)))).toEqual(nothing);
  }
});

test("an error status, a redirect or too long a body is a failure", async () => {
  const answers = [
    () => new Response("no", { status: 500 }),
    () => new Response(null, { status: 302, headers: { location: "http://10.0.0.1/" } }),
    () => new Response("not json"),
    () => new Response("x".repeat(70_000)),
  ];
  for (const answer of answers) {
    await expect(callWebhook(callTo(answer))).rejects.toThrow(/\w/);
  }
});

test("private addresses are only for development", () => {
  for (const url of [
    "http://127.0.0.1:9/",
    "http://localhost/",
    "https://10.0.0.1/",
    "https://198.51.100.7/",
    "https://hooks.intranet/",
    "https://[64:ff9b::a00:1]/",
    "https://[4000::1]/",
  ]) {
    expect(webhookError(url, false), url).toBeDefined();
    expect(webhookError(url, true), url).toBeUndefined();
  }
  expect(webhookError("ftp://hooks.example.org/", true)).toBeDefined();
  expect(webhookError("https://[2606:4700::1111]/", false)).toBeUndefined();
  expect(webhookError("https://8.8.8.8/", false)).toBeUndefined();
});
