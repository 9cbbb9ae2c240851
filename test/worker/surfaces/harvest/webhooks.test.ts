import { createHmac } from "node:crypto";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminToken, callerOf, workerFetch } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import {
  claimed,
  complete,
  discover,
  done,
  idOf,
  scene,
  type Scene,
} from "../../../support/fixtures/harvest.ts";
import { logged } from "../../../support/checks/log.ts";

const ADDRESS = "https://hooks.example.org/a";
const SECRET = "unspeakable-webhook-word-77aa";

interface Sent {
  readonly url: string;
  readonly text: string;
  readonly body: JsonObject;
  readonly headers: Headers;
}

let token = "";
let admin: Client;
let sent: Sent[] = [];
let answerTo: (path: string, request: Request) => Promise<Response> | Response;

beforeAll(async () => {
  token = await adminToken();
  admin = clientOf(workerFetch, token);
});

beforeEach(() => {
  sent = [];
  answerTo = () => Response.json({});
  vi.stubGlobal("fetch", async (input: RequestInfo, init?: RequestInit) => {
    const request = new Request(input, init);
    const text = await request.clone().text();
    const body = JSON.parse(text) as JsonObject;
    sent.push({ url: request.url, text, body, headers: request.headers });
    return answerTo(String((body["file"] as JsonObject)["source_path"]), request);
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const addHook = async (
  instrument: string | null,
  trigger: string,
  members: JsonObject = {},
  by: Client = admin,
): Promise<string> =>
  idOf(
    await done(by, "POST", "/api/hooks", {
      name: trigger,
      trigger,
      implementation: "http_webhook",
      webhook_url: ADDRESS,
      config: { secret: SECRET },
      instrument_id: instrument,
      ...members,
    }),
  );

let scenes = 0;

/** A run of a new instrument, claimed. */
const begin = async (): Promise<Scene & { readonly run: string; readonly name: string }> => {
  scenes += 1;
  const name = `webhook ${scenes}`;
  const made = await scene(admin, name);
  return { ...made, name, run: await claimed(admin, admin, made, name) };
};

const fileOf = (item: JsonObject | undefined): Promise<JsonObject> =>
  done(admin, "GET", `/api/files/${String(item?.["file_id"])}`);

const failures = (from: number, hook: string): number =>
  logged.slice(from).filter((line) => line.includes('"event":"hook failed"') && line.includes(hook))
    .length;

test("a call is signed with the hook's secret over exactly what is sent", async () => {
  const { instrument, run } = await begin();
  const before = await addHook(instrument, "pre_transfer");
  const after = await addHook(instrument, "post_transfer", { config: null });
  const items = await discover(admin, run, "a/b.raw");
  await complete(admin, run, items);
  const [first, second, ...more] = sent;
  expect(more).toEqual([]);
  const digest = createHmac("sha256", SECRET).update(String(first?.text)).digest("hex");
  expect(first?.headers.get("x-signature-256")).toBe(`sha256=${digest}`);
  expect(first?.headers.get("content-type")).toBe("application/json");
  expect(first?.headers.get("authorization")).toBeNull();
  const id = items[0]?.["file_id"] ?? "";
  expect(first?.body).toEqual({
    event: "pre_transfer",
    hook_id: before,
    instrument_id: instrument,
    file: {
      id,
      source_path: "a/b.raw",
      filename: "b.raw",
      size_bytes: 7,
      metadata: {},
      xxhash: null,
    },
  });
  // A hook without a secret gets no signature.
  expect(second?.headers.get("x-signature-256")).toBeNull();
  expect(second?.body).toMatchObject({
    event: "post_transfer",
    hook_id: after,
    file: { id, xxhash: "26c7827d889f6da3" },
    transfer: { status: "completed", dest_checksum: "26c7827d889f6da3" },
  });
  expect(logged.join("\n")).not.toContain(SECRET);
});

test("before a transfer its action, message and path decide", async () => {
  const { instrument, name, run } = await begin();
  await addHook(instrument, "pre_transfer");
  const answers: Readonly<Record<string, Json>> = {
    skip: { action: "skip", message: "not wanted" },
    redirect: { action: "redirect", redirect_path: "/raw", message: "over there" },
    nowhere: { action: "redirect" },
    odd: { action: "explode", message: 7, access_grants: "all" },
  };
  answerTo = (path) => Response.json(answers[path] ?? {});
  const paths = [...Object.keys(answers), "plain"];
  const [skip, redirect, ...others] = await discover(admin, run, ...paths);
  expect(skip).toMatchObject({ decision: "skip", message: "not wanted", destination_path: null });
  expect(redirect).toMatchObject({
    decision: "redirect",
    message: "over there",
    destination_path: `/raw/${name}/redirect`,
  });
  expect(others.map(({ decision, destination_path }) => [decision, destination_path])).toEqual([
    ["proceed", `/archive/${name}/nowhere`],
    ["proceed", `/archive/${name}/odd`],
    ["proceed", `/archive/${name}/plain`],
  ]);
  const path = `/api/transfers?file_id=${String(skip?.["file_id"])}`;
  expect(await done(admin, "GET", path)).toMatchObject([
    { status: "skipped", error_message: "not wanted" },
  ]);
});

test("a path that leaves its folder is a failure of the hook", async () => {
  const { instrument, name, run } = await begin();
  const hook = await addHook(instrument, "pre_transfer");
  const paths = ["/raw/../../etc", "..", "a/./b", "\\..\\x", "/a\u0000b", "x".repeat(5_000)];
  answerTo = (path) =>
    Response.json({ action: "redirect", redirect_path: paths[Number(path)] ?? null });
  const from = logged.length;
  const items = await discover(admin, run, ...paths.map((_, at) => String(at)));
  expect(items.map((item) => item["destination_path"])).toEqual(
    paths.map((_, at) => `/archive/${name}/${at}`),
  );
  expect(failures(from, hook)).toBe(paths.length);
});

test("after a transfer its metadata and grants are stored", async () => {
  const { instrument, run } = await begin();
  const reader = await callerOf(`webhook-${scenes}@example.org`, "user");
  const user = reader.actor.id.replace("user:", "");
  const group = idOf(await done(admin, "POST", "/api/groups", { name: `hooked ${scenes}` }));
  await addHook(instrument, "post_transfer");
  answerTo = (path) =>
    Response.json({
      action: "skip",
      metadata_updates: { patient: { age: 41 }, note: null, list: [1, "ü"] },
      access_grants:
        path === "own"
          ? [
              { grantee_type: "user", grantee_id: user.toUpperCase() },
              { grantee_type: "user", grantee_id: user },
              { grantee_type: "group", grantee_id: group },
              { grantee_type: "user", grantee_id: "nobody" },
            ]
          : [],
    });
  const items = await discover(admin, run, "own", "other");
  expect(await done(reader.client, "GET", "/api/files")).toEqual([]);
  await complete(admin, run, items);
  const [own] = items;
  expect(await fileOf(own)).toMatchObject({
    metadata_: { patient: { age: 41 }, list: [1, "ü"] },
    xxhash: "26c7827d889f6da3",
  });
  const seen = (await done(reader.client, "GET", "/api/files")) as unknown;
  expect(seen).toMatchObject([{ id: own?.["file_id"] ?? "" }]);
  const grants = await done(admin, "GET", `/api/files/${String(own?.["file_id"])}/access`);
  expect((grants as unknown as readonly JsonObject[]).map((each) => each["grantee_id"])).toEqual(
    expect.arrayContaining([user, group]),
  );
  expect(grants).toHaveLength(2);
});

/** A response that never ends. */
const endless = (): Response =>
  new Response(
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(4_096).fill(32)),
    }),
  );

test("a failing one is logged and skipped, and the others run", async () => {
  const { instrument, run } = await begin();
  const failing = await addHook(instrument, "pre_transfer", { priority: 1 });
  await addHook(instrument, "pre_transfer", {
    priority: 2,
    implementation: "builtin",
    builtin_name: "file_filter",
    webhook_url: null,
    config: { exclude_patterns: ["*.tmp"] },
  });
  const answers: readonly (() => Response)[] = [
    () => new Response("no", { status: 500 }),
    () => new Response("not json"),
    () => new Response(null, { status: 302, headers: { location: "https://10.0.0.1/" } }),
    () => new Response("x".repeat(70_000)),
    endless,
    () => {
      throw new TypeError("Network connection lost.");
    },
  ];
  answerTo = (path) => answers[Number(path.split(".")[0])]?.() ?? Response.json({});
  const from = logged.length;
  const items = await discover(admin, run, ...answers.map((_, at) => `${at}.tmp`), "9.tmp", "x");
  expect(failures(from, failing)).toBe(answers.length);
  expect(items.map(({ decision }) => decision)).toEqual([
    ...Array<string>(answers.length + 1).fill("skip"),
    "proceed",
  ]);
  // The redirect was not followed.
  expect(new Set(sent.map(({ url }) => url))).toEqual(new Set([ADDRESS]));
});

test("one without a response for five seconds has failed", async () => {
  const { instrument, run } = await begin();
  const hook = await addHook(instrument, "pre_transfer");
  const limits: number[] = [];
  const controller = new AbortController();
  const spy = vi.spyOn(AbortSignal, "timeout").mockImplementation((millis) => {
    limits.push(millis);
    return controller.signal;
  });
  const silence = (request: Request): Promise<Response> =>
    new Promise((_resolve, reject) => {
      request.signal.addEventListener("abort", () => reject(new Error("timeout")));
      controller.abort();
    });
  answerTo = (_path, request) => silence(request);
  const from = logged.length;
  expect(await discover(admin, run, "silent")).toMatchObject([{ decision: "proceed" }]);
  spy.mockRestore();
  expect(limits).toEqual([5_000]);
  expect(failures(from, hook)).toBe(1);
});

test("a hook that was stored in development is not called in production", async () => {
  const { instrument, run } = await begin();
  const lax = appOver(env.DB, { ALLOW_PRIVATE_WEBHOOKS: "true" });
  const webhook_url = "http://127.0.0.1:8080/hook";
  const developer = clientOf(lax, token);
  const hook = await addHook(instrument, "pre_transfer", { webhook_url }, developer);
  answerTo = () => Response.json({ action: "skip", message: "asked" });
  const from = logged.length;
  expect(await discover(admin, run, "a")).toMatchObject([{ decision: "proceed" }]);
  expect(sent).toEqual([]);
  expect(failures(from, hook)).toBe(1);
  expect(await discover(developer, run, "b")).toMatchObject([{ message: "asked" }]);
  expect(sent.map(({ url }) => url)).toEqual([webhook_url]);
});

test("responses that cannot be stored lose no report", async () => {
  const { instrument, run } = await begin();
  await addHook(instrument, "post_transfer");
  const deep = JSON.parse(`${'{"a":'.repeat(200)}1${"}".repeat(200)}`) as JsonObject;
  const members = { "": 1, "a.b": 2, $x: 3, __proto__: 4, long: "x".repeat(60_000) };
  const grant = () => ({ grantee_type: "user", grantee_id: crypto.randomUUID() });
  const answers: Readonly<Record<string, Json>> = {
    deep: { metadata_updates: deep },
    strange: { metadata_updates: members },
    surrogate: { metadata_updates: { word: "\uD800" } },
    grants: { access_grants: Array.from({ length: 300 }, grant) },
  };
  answerTo = (path) => Response.json(answers[path] ?? {});
  const items = await discover(admin, run, ...Object.keys(answers), "plain");
  await complete(admin, run, items);
  const expected = { xxhash: "26c7827d889f6da3" };
  for (const item of items) expect(await fileOf(item)).toMatchObject(expected);
});
