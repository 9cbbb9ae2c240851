import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createClient, UploadError } from "../../../src/client/index.ts";
import type { JsonObject } from "../../../src/model/json.ts";

interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: unknown;
}

const digestOf = async (blob: Blob): Promise<string> =>
  createHash("sha256")
    .update(Buffer.from(await blob.arrayBuffer()))
    .digest("hex");

/** A server and its bucket in memory: objects can be created once, and responses can get lost. */
const openBucket = (options: { readonly lose?: number; readonly spoil?: string } = {}) => {
  const sent: Sent[] = [];
  const objects = new Map<string, Blob>();
  let [lost, puts, running, most] = [0, 0, 0, 0];
  const answer = async (method: string, url: URL, body: unknown): Promise<Response> => {
    if (method === "PUT") {
      puts += 1;
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running -= 1;
      if (objects.has(url.pathname)) return new Response("<Error/>", { status: 412 });
      objects.set(url.pathname, body as Blob);
      if (lost >= (options.lose ?? 0)) return new Response("");
      lost += 1;
      throw new TypeError("fetch failed");
    }
    const requestBody = JSON.parse(String(body)) as JsonObject;
    if (url.pathname === "/s3/presign/batch") {
      const items = requestBody["items"] as readonly JsonObject[];
      const urls = items.map(({ filename }) => ({
        url: `http://bucket.test/g/${String(filename)}?signature=secret`,
        path: `g/${String(filename)}`,
        headers: { "if-none-match": "*", "content-length": "7" },
        expires_at: "2026-01-01T00:00:00Z",
      }));
      return Response.json({ urls });
    }
    const path = String(requestBody["path"]);
    const blob = objects.get(`/${path}`) ?? new Blob([]);
    if (path === options.spoil || requestBody["sha256"] !== (await digestOf(blob))) {
      return Response.json({ status: 400, code: "invalid_value", detail: "no" }, { status: 400 });
    }
    const facts = { size_bytes: blob.size, content_type: null, xxhash: null, resources: [] };
    return Response.json({ path, sha256: requestBody["sha256"], ...facts });
  };
  const client = createClient({
    url: "http://api.test",
    token: "the token",
    headers: { "x-gateway": "inside" },
    retries: { baseMs: 1 },
    fetch: async (input, init = {}) => {
      const url = new URL(String(input));
      const method = init.method ?? "GET";
      sent.push({ method, url, headers: new Headers(init.headers), body: init.body });
      return answer(method, url, init.body);
    },
  });
  return { client, sent, objects, puts: () => puts, most: () => most };
};

const files = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: `f${index}`,
    data: new Blob([`content ${index}`]),
  }));

describe("an upload", () => {
  it("requests URLs in batches, uploads several files at once, and returns them in order", async () => {
    const { client, sent, most, objects } = openBucket();
    const indexes: number[] = [];
    const onUploaded = ({ index }: { readonly index: number }) => void indexes.push(index);
    const uploaded = await client.upload(files(120), { group: "g", concurrency: 3, onUploaded });
    expect(indexes.toSorted((left, right) => left - right)).toEqual([...uploaded.keys()]);
    expect(uploaded.map(({ name }) => name)).toEqual(files(120).map(({ name }) => name));
    expect(objects.size).toBe(120);
    expect(most()).toBe(3);
    const batches = sent.filter(({ url }) => url.pathname === "/s3/presign/batch");
    expect(batches).toHaveLength(3);
    expect(uploaded[7]?.sha256).toBe(await digestOf(new Blob(["content 7"])));
  });

  it("sends the token and the client's headers only to the server, not to the bucket", async () => {
    const { client, sent } = openBucket();
    await client.upload(files(2), { group: "g" });
    for (const { headers, method } of sent) {
      const inside = method !== "PUT";
      expect(headers.get("authorization")).toBe(inside ? "Bearer the token" : null);
      expect(headers.get("x-gateway")).toBe(inside ? "inside" : null);
      expect(headers.has("content-length")).toBe(false);
    }
  });

  it("whose response was lost is sent again, and an object with the same digest counts", async () => {
    const { client, puts } = openBucket({ lose: 1 });
    const uploaded = await client.upload(files(1), { group: "g" });
    expect(puts()).toBe(2);
    expect(uploaded[0]?.size_bytes).toBe(9);
  });

  it("that is refused reports which files have arrived, and not the signed URL", async () => {
    const { client } = openBucket({ spoil: "g/f2" });
    const failed = client.upload(files(5), { group: "g", concurrency: 1 });
    const error = (await failed.catch((caught: unknown) => caught)) as UploadError;
    expect(error).toBeInstanceOf(UploadError);
    expect(error.message).toContain("f2: ");
    expect(error.message).not.toContain("signature");
    expect(error.uploaded.map(({ index, name }) => [index, name])).toEqual([
      [0, "f0"],
      [1, "f1"],
    ]);
  });

  it("is aborted by its signal, with the signal's reason", async () => {
    const { client } = openBucket();
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error("enough"));
    const upload = client.upload(files(30), { group: "g", signal: stop.signal, onProgress });
    await expect(upload).rejects.toThrow("enough");
  });

  it("consumes files one by one, and opens them when their batch begins", async () => {
    const { client } = openBucket();
    const opened: string[] = [];
    const source = (async function* () {
      for (const { name, data } of files(3)) {
        yield {
          name,
          data: async () => {
            opened.push(name);
            return data;
          },
        };
      }
    })();
    expect(await client.upload(source, { group: "g" })).toHaveLength(3);
    expect(opened).toEqual(["f0", "f1", "f2"]);
  });
});
