import { describe, expect, it } from "vitest";
import { createClient, ExportFailedError, login, loginToken } from "../../../src/client/index.ts";
import { problem, stubClient, stubFetch } from "./stub.ts";

const page = (names: readonly string[], cursor: string | null) => ({
  body: {
    results: names.map((identifier) => ({ identifier, payload_type: "image" })),
    next_cursor: cursor,
    limit: 2,
  },
});

describe("a walk over a query", () => {
  const pages = [page(["a", "b"], "c1"), page(["c", "d"], "c2"), page(["e"], null)];

  it("follows the cursor to the last page, with the same body", async () => {
    const { client, seen } = stubClient(pages);
    const request = { payload_type: "image", filters: { rows: { gt: 1 } }, limit: 2 } as const;
    const names: string[] = [];
    for await (const { identifier } of client.query(request)) names.push(identifier);
    expect(names).toEqual(["a", "b", "c", "d", "e"]);
    const bodies = seen.map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toEqual([request, { ...request, cursor: "c1" }, { ...request, cursor: "c2" }]);
  });

  it("requests no page that is not consumed, and starts again each time", async () => {
    const { client, seen } = stubClient([...pages, ...pages]);
    const walk = client.query({ payload_type: "image" });
    for await (const { identifier } of walk) if (identifier === "b") break;
    expect(seen).toHaveLength(1);
    for await (const { results } of walk.pages()) if (results.length > 0) break;
    expect(JSON.parse(seen[1]?.body ?? "")).not.toHaveProperty("cursor");
  });

  it("retries a page with a transient error, and returns nothing twice", async () => {
    const { client } = stubClient([pages[0] ?? {}, { broken: "ECONNRESET" }, page(["c"], null)]);
    const found = await client.query({ payload_type: "image" }).all();
    expect(found.map(({ identifier }) => identifier)).toEqual(["a", "b", "c"]);
  });
});

describe("a walk over the versions of a resource", () => {
  const versions = (numbers: readonly number[], cursor: string | null) => ({
    body: { results: numbers.map((version) => ({ version })), next_cursor: cursor, limit: 2 },
  });

  it("follows the cursor to the last page", async () => {
    const { client, seen } = stubClient([versions([1, 2], "c1"), versions([3], null)]);
    const found = await client.versions("a/b", { limit: 2 }).all();
    expect(found.map(({ version }) => version)).toEqual([1, 2, 3]);
    const request = { identifier: "a/b", limit: 2 };
    const bodies = seen.map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toEqual([request, { ...request, cursor: "c1" }]);
  });

  it("requests pages of a default length", async () => {
    const { client, seen } = stubClient([versions([1], null)]);
    await client.versions("a").all();
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual({ identifier: "a", limit: 1_000 });
  });
});

describe("a walk over children", () => {
  it("follows the Link header", async () => {
    const link = '</children?parent_identifier=p&cursor=a%2Bb&limit=2>; rel="next"';
    const node = (identifier: string) => ({ identifier });
    const { client, seen } = stubClient([
      { body: [node("n/1"), node("n/2")], headers: { link } },
      { body: [node("n/3")] },
    ]);
    const nodes = await client.children({ parent_identifier: "p", limit: 2 }).all();
    expect(nodes.map(({ identifier }) => identifier)).toEqual(["n/1", "n/2", "n/3"]);
    expect(seen[1]?.query).toEqual({ parent_identifier: "p", limit: "2", cursor: "a+b" });
  });
});

describe("a walk over the feed", () => {
  const feed = (transactions: readonly number[], next: string, more = true) => ({
    body: { changes: transactions.map((transaction) => ({ transaction })), next, more },
  });

  it("of a past state ends with it, not with an empty page", async () => {
    const pages = [feed([1, 2], "a"), feed([], "b"), feed([3], "c", false)];
    const { client, seen } = stubClient(pages);
    const changes = await client.follow({}, { as_of: "2026-01-01T00:00:00Z" }).all();
    expect(changes.map(({ transaction }) => transaction)).toEqual([1, 2, 3]);
    expect(seen.map(({ query }) => query["after"])).toEqual([undefined, "a", "b"]);
  });
});

describe("an export", () => {
  const state = (name: string, more: object = {}) => ({
    body: { id: "e1", state: name, url: null, fault: null, ...more },
  });

  it("is waited for, and its file is downloaded without the token", async () => {
    const url = "http://stub.test/exports/e1/file?signature=s";
    const { client, seen, clock } = stubClient(
      [
        state("pending"),
        state("pending"),
        state("running"),
        state("succeeded", { url }),
        { body: "bytes" },
      ],
      { token: "t" },
    );
    const seenStates: string[] = [];
    const onProgress = ({ state: now }: { readonly state: string }) => void seenStates.push(now);
    const stream = await client.export({}, { format: "csv", onProgress });
    expect(await new Response(stream).text()).toBe('"bytes"');
    expect(seenStates).toEqual(["pending", "running", "succeeded"]);
    expect(clock.waits).toEqual([100, 150]);
    expect(seen.at(-1)?.headers.get("authorization")).toBeNull();
    expect(seen[0]?.headers.has("idempotency-key")).toBe(true);
  });

  it("that failed throws the reason", async () => {
    const { client } = stubClient([state("failed", { fault: "too many rows" })]);
    const failed = client.export({});
    await expect(failed).rejects.toBeInstanceOf(ExportFailedError);
    await expect(failed).rejects.toThrow("too many rows");
  });
});

describe("a login", () => {
  const url = "http://stub.test";
  const account = { email: "a+b@example.org", password: "p&w" };

  it("sends the form that the endpoint takes, and no token", async () => {
    const { fetch, seen } = stubFetch({ body: { access_token: "t1" } });
    expect(await login(account, { url, fetch })).toBe("t1");
    expect(seen[0]?.path).toBe("/auth/jwt/login");
    expect(seen[0]?.headers.get("content-type")).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toEqual({
      username: account.email,
      password: account.password,
    });
  });

  it("of a key begins a session", async () => {
    const { fetch, seen } = stubFetch({ body: { access_token: "t1" } });
    await login({ key: "k", secret: "s" }, { url, fetch });
    expect([seen[0]?.path, JSON.parse(seen[0]?.body ?? "")]).toEqual([
      "/auth",
      { method: "apk", key: "k", secret: "s" },
    ]);
  });

  it("happens once for many calls, and again when the token has expired", async () => {
    const path = stubFetch({ body: { access_token: "t1" } }, { body: { access_token: "t2" } });
    const token = loginToken(account, { url, fetch: path.fetch });
    const api = stubFetch({}, {}, problem(401, "unauthenticated"), {});
    const client = createClient({ url, token, fetch: api.fetch });
    await Promise.all([client.health(), client.health()]);
    expect(path.seen).toHaveLength(1);
    await client.health();
    const sent = api.seen.map(({ headers }) => headers.get("authorization"));
    expect(sent).toEqual(["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"]);
  });

  it("that is refused is tried again by the next call", async () => {
    const path = stubFetch(problem(400, "invalid_value"), { body: { access_token: "t2" } });
    const token = loginToken(account, { url, fetch: path.fetch });
    const client = createClient({ url, token, fetch: stubFetch({}).fetch });
    await expect(client.health()).rejects.toMatchObject({ status: 400 });
    await client.health();
    expect(path.seen).toHaveLength(2);
  });
});
