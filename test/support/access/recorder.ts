// Wraps the client: reads every response to its end, and what its addresses lead to, and collects
// which planted words it contains.
import { env } from "cloudflare:workers";
import { parquetReadObjects } from "hyparquet";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { BASE, type Fetch } from "../clients/http.ts";
import { wordsIn, type Party } from "./canaries.ts";

/** A request in the form of tests. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: Json;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The response. */
export interface Recorded {
  readonly party: Party | "admin";
  readonly request: Request;
  readonly requestId: string;
  readonly status: number;
  /** The transaction that it names; null when it names none. */
  readonly transaction: string | null;
  readonly body: Json;
  /** Planted words in the response that were not in the request. */
  readonly words: readonly string[];
}

const decoder = new TextDecoder();

const parsed = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
};

const bigAsText = (_name: string, value: unknown): unknown =>
  typeof value === "bigint" ? String(value) : value;

/** The bytes as text; for a Parquet file its rows. */
const textOf = async (bytes: ArrayBuffer): Promise<string> => {
  const text = decoder.decode(bytes);
  if (!text.startsWith("PAR1")) return text;
  const file = {
    byteLength: bytes.byteLength,
    slice: (start: number, end?: number) => bytes.slice(start, end),
  };
  return JSON.stringify(await parquetReadObjects({ file }), bigAsText);
};

/** Where tests store objects, as presigned addresses name them. */
const BUCKET_PATH = "/vxdata/";

const addressesIn = (body: Json): readonly string[] => {
  if (Array.isArray(body)) return (body as readonly Json[]).flatMap(addressesIn);
  if (body === null || typeof body !== "object") return [];
  return Object.entries(body as JsonObject).flatMap(([name, value]) =>
    name === "url" && typeof value === "string" ? [value] : addressesIn(value),
  );
};

const objectAt = async (address: string): Promise<string> => {
  const { pathname } = new URL(address);
  const at = pathname.indexOf(BUCKET_PATH);
  if (at < 0) return "";
  const object = await env.BUCKET.get(decodeURIComponent(pathname.slice(at + BUCKET_PATH.length)));
  return object === null ? "" : textOf(await object.arrayBuffer());
};

const isUpload = ({ path, body }: Request): boolean =>
  path.startsWith("/s3/") && (body as JsonObject | undefined)?.["direction"] === "upload";

/** Sends requests and collects what their responses contain. */
export interface Recorder {
  readonly ask: (party: Party | "admin", request: Request) => Promise<Recorded>;
  /** Everything since its last call. */
  readonly take: () => readonly Recorded[];
}

const requestOf = ({ method, path, body, form, headers = {} }: Request, token?: string) =>
  new globalThis.Request(path.startsWith("http") ? path : `${BASE}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  });

/** What the addresses in a response lead to: objects of the bucket, and files of exports. */
const behind = async (fetch: Fetch, request: Request, body: Json): Promise<string> => {
  if (isUpload(request)) return "";
  const texts: string[] = [];
  for (const address of addressesIn(body)) {
    if (!URL.canParse(address)) continue;
    if (!address.startsWith(BASE)) texts.push(await objectAt(address));
    else {
      const file = await fetch(new globalThis.Request(address));
      texts.push(await textOf(await file.arrayBuffer()));
    }
  }
  return texts.join("\n");
};

/**
 * A recorder around the Worker's `fetch`.
 *
 * @param tokens of the parties that have one.
 */
export const recorderOver = (
  fetch: Fetch,
  tokens: Readonly<Partial<Record<Party | "admin", string>>>,
): Recorder => {
  let kept: Recorded[] = [];
  return {
    ask: async (party, request) => {
      const response = await fetch(requestOf(request, tokens[party]));
      const text = await textOf(await response.arrayBuffer());
      const body = parsed(text);
      const sent = JSON.stringify([request.path, request.body, request.form, request.headers]);

      const own = new Set(wordsIn(sent));
      const held = `${text}\n${JSON.stringify([...response.headers])}\n${await behind(fetch, request, body)}`;
      const recorded = {
        party,
        request,
        requestId: response.headers.get("x-request-id") ?? "",
        status: response.status,
        transaction: response.headers.get("x-transaction"),
        body,
        words: wordsIn(held).filter((word) => !own.has(word)),
      };
      kept.push(recorded);
      return recorded;
    },
    take: () => {
      const taken = kept;
      kept = [];
      return taken;
    },
  };
};

/** Returns for each request since its last call whether it has an audit record. */
export const auditReader = (): (() => Promise<ReadonlySet<string>>) => {
  let last = 0;
  return async () => {
    const { results } = await env.DB.prepare("SELECT id, request_id FROM audit WHERE id > ?")
      .bind(last)
      .all<{ id: number; request_id: string }>();
    last = Math.max(last, ...results.map(({ id }) => id));
    return new Set(results.map(({ request_id: id }) => id));
  };
};
