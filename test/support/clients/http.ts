import type { Json, JsonObject } from "../../../src/model/json.ts";

/** Anything that responds to a request: the Worker's own `fetch`, or an app made for one test. */
export type Fetch = (request: Request) => Promise<Response>;

/** A response with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body unchanged. */
  readonly text: string;
  /** The body as JSON; null when it is empty or not JSON. */
  readonly body: Json;
}

/** Sends requests as one caller. */
export interface Client {
  readonly send: (
    method: string,
    path: string,
    body?: Json,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>;
  /** `POST` with a JSON body. */
  readonly post: (
    path: string,
    body: Json,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>;
  readonly get: (path: string) => Promise<Answer>;
  readonly put: (path: string, body: Json) => Promise<Answer>;
}

/** The address of the Worker in tests; no request leaves the process. */
export const BASE = "http://vxdata.test";

const parse = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
};

/** A client with a token, or without. */
export const clientOf = (fetch: Fetch, token?: string): Client => {
  const send: Client["send"] = async (method, path, body, headers = {}) => {
    const response = await fetch(
      new Request(`${BASE}${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  };
  return {
    send,
    post: (path, body, headers) => send("POST", path, body, headers),
    get: (path) => send("GET", path),
    put: (path, body) => send("PUT", path, body),
  };
};

/** Logs in and returns the bearer token; throws when the login is refused. */
export const login = async (fetch: Fetch, email: string, password: string): Promise<string> => {
  const response = await fetch(
    new Request(`${BASE}/auth/jwt/login`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ username: email, password }).toString(),
    }),
  );
  const text = await response.text();
  const token = (parse(text) as JsonObject | null)?.["access_token"];
  if (typeof token !== "string") throw new Error(`login answered ${response.status}: ${text}`);
  return token;
};

let prefixes = 0;

/** A unique identifier prefix: tests of a file share storage. */
export const uniquePrefix = (word: string): string => {
  prefixes += 1;
  return `${word}-${prefixes}/`;
};
