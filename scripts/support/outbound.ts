/** How a server on a machine of one's own sends requests: to public addresses alone. */
import { lookup as resolveName, type LookupAddress } from "node:dns";
import { request as sendHttp, type ClientRequest, type IncomingMessage } from "node:http";
import { request as sendHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { Readable, type Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { Headers, Response, type Request } from "miniflare";
import { isPublicHost } from "../../src/model/network.ts";

/** Finds all addresses of a name. */
export type Resolve = (
  name: string,
  answer: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

const resolveAll: Resolve = (name, answer) => {
  resolveName(name, { all: true }, answer);
};

/** True for an address, as resolvers write it, on the open net. */
export const isPublicAddress = (address: string): boolean => {
  if (isIP(address) === 4) return isPublicHost(address);
  const written = `http://[${address}]/`;
  // An address with a zone is one of the local link.
  return URL.canParse(written) && isPublicHost(new URL(written).hostname);
};

/** How names are found, and which addresses are connected to. */
export interface Reach {
  readonly resolve: Resolve;
  readonly isAllowed: (address: string) => boolean;
}

const OPEN_NET: Reach = { resolve: resolveAll, isAllowed: isPublicAddress };

const refusal = (): Error => new Error("The address is private.");

/**
 * Finds the address that a connection is made to, and refuses names of which any address is private.
 * The connection goes to what was looked at: no second answer for the name comes between.
 */
const publicLookup =
  ({ resolve, isAllowed }: Reach): LookupFunction =>
  (name, options, answer) => {
    resolve(name, (error, found) => {
      const isRefused = error === null && !found.every(({ address }) => isAllowed(address));
      const failure = error ?? (isRefused || found.length === 0 ? refusal() : null);
      if (options.all === true) {
        answer(failure, failure === null ? [...found] : []);
        return;
      }
      const [first] = found;
      answer(failure, first?.address ?? "", first?.family);
    });
  };

const headersOf = (message: IncomingMessage): Headers => {
  const headers = new Headers();
  const { rawHeaders } = message;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    // Of the connection, and not of the answer.
    if (name !== "connection" && name !== "keep-alive" && name !== "transfer-encoding") {
      headers.append(name, rawHeaders[at + 1] ?? "");
    }
  }
  return headers;
};

/** Of the hop between workerd and here, and not of the request. */
const ofHop = (name: string): boolean =>
  /^(?:host|connection|transfer-encoding|mf-.*|cf-.*)$/.test(name);

const sentHeaders = (request: Request): Record<string, string> =>
  Object.fromEntries([...request.headers].filter(([name]) => !ofHop(name)));

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** The body as it is written on to workerd: who does that encodes it anew. */
const decoded = (message: IncomingMessage): Readable => {
  const decoder = DECODERS[message.headers["content-encoding"] ?? ""]?.();
  if (decoder === undefined) return message;
  // The reader sees what goes wrong.
  pipeline(message, decoder).catch(() => undefined);
  return decoder;
};

const NO_BODY = new Set([204, 205, 304]);

const answered = (call: ClientRequest): Promise<IncomingMessage> =>
  new Promise((settle, fail) => {
    call.once("response", settle);
    call.once("error", fail);
  });

/**
 * Sends a request as it is, and answers what comes: redirects are the caller's to follow, each by a
 * request of its own. Private, loopback and reserved addresses are refused when the connection is
 * made, by whatever name they were found: 502.
 */
export const sendPublicly = async (
  request: Request,
  reach: Reach = OPEN_NET,
): Promise<Response> => {
  const url = new URL(request.url);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const send = url.protocol === "https:" ? sendHttps : sendHttp;
  try {
    // Of an address nobody asks for the name.
    if (isIP(host) !== 0 && !reach.isAllowed(host)) throw refusal();
    const call = send(url.href, {
      method: request.method,
      headers: sentHeaders(request),
      lookup: publicLookup(reach),
      agent: false,
    });
    const answer = answered(call);
    const sent =
      request.body === null
        ? Promise.resolve(call.end())
        : pipeline(Readable.fromWeb(request.body), call);
    sent.catch(() => undefined);
    const message = await answer;
    const status = message.statusCode ?? 502;
    const body =
      NO_BODY.has(status) || request.method === "HEAD" ? null : Readable.toWeb(decoded(message));
    if (body === null) message.resume();
    return new Response(body as ConstructorParameters<typeof Response>[0], {
      status,
      headers: headersOf(message),
    });
  } catch (error) {
    return new Response((error as Error).message, { status: 502 });
  }
};
