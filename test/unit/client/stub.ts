import { type ClientOptions, createClient } from "../../../src/client/index.ts";
import type { Json } from "../../../src/model/json.ts";

/** A request that reached the stub. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Headers;
  readonly body: string;
  readonly signal: AbortSignal | undefined;
}

/** A reply of the stub: a response, or a broken connection. */
export type Reply =
  | { readonly status?: number; readonly body?: Json; readonly headers?: Record<string, string> }
  | { readonly broken: string }
  | { readonly silent: true };

/** A `fetch` that returns replies in order (the last one repeatedly), and records the requests. */
export const stubFetch = (...replies: readonly Reply[]) => {
  const seen: Seen[] = [];
  const fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input));
    seen.push({
      method: init.method ?? "GET",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: new Headers(init.headers),
      body: typeof init.body === "string" ? init.body : "",
      signal: init.signal ?? undefined,
    });
    const reply = replies[Math.min(seen.length, replies.length) - 1] ?? {};
    if ("broken" in reply) {
      const cause = Object.assign(new Error(reply.broken), { code: reply.broken });
      throw new TypeError("fetch failed", { cause });
    }
    if ("silent" in reply) {
      return new Promise((_, reject) => {
        init.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
      });
    }
    const { status = 200, body = {}, headers = {} } = reply;
    return new Response(JSON.stringify(body), { status, headers });
  };
  return { seen, fetch: fetch as typeof globalThis.fetch };
};

/** A problem document. */
export const problem = (status: number, code: string, errors: Json = []): Reply => ({
  status,
  body: { type: `/problems/${code}`, title: code, status, detail: "no", code, errors },
});

/** A clock that only advances by its own sleeps, with a fixed random number. */
const stubClock = (random = 0.5) => {
  const waits: number[] = [];
  let now = 1_000_000;
  return {
    waits,
    now: () => now,
    random: () => random,
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      waits.push(milliseconds);
      now += milliseconds;
    },
  };
};

/** A client over a stub, with a clock that does not wait. */
export const stubClient = (replies: readonly Reply[], options: Partial<ClientOptions> = {}) => {
  const stub = stubFetch(...replies);
  const clock = stubClock();
  const client = createClient({ url: "http://stub.test/", fetch: stub.fetch, clock, ...options });
  return { client, clock, ...stub };
};
