/** TLS in front of the runtime, which speaks HTTP only on loopback. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { createSecureContext } from "node:tls";
import { pipeline } from "node:stream";
import { reasonOf, OperatorError } from "./operator-error.ts";
import type { Listener } from "./workers.ts";

/** A certificate with its chain, and its key, both PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a certificate and its key.
 *
 * @throws {OperatorError} when a file cannot be read, they do not match, or the certificate has expired.
 */
export function readCertificate(certFile: string, keyFile: string): Certificate {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new OperatorError(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
    }
  };
  const found = { cert: read(certFile), key: read(keyFile) };
  let end: Date;
  try {
    createSecureContext(found);
    end = new Date(new X509Certificate(found.cert).validTo);
  } catch (error) {
    const what = `${certFile} and ${keyFile} are no certificate with its key`;
    throw new OperatorError(`${what}: ${reasonOf(error)}`, { cause: error });
  }
  if (end.getTime() < Date.now()) {
    throw new OperatorError(`${certFile} has expired on ${end.toISOString()}.`);
  }
  return found;
}

/** The parameters of the terminator. */
export interface TerminatorOptions {
  readonly certificate: Certificate;
  readonly listener: Listener;
  /** Where the runtime listens. */
  readonly target: URL;
  /** True behind a proxy: its X-Forwarded-For is kept. */
  readonly isBehindProxy: boolean;
}

/** A running TLS terminator. */
export interface Terminator {
  /** Takes a renewed certificate; open connections keep theirs. */
  readonly renew: (certificate: Certificate) => void;
  /** Accepts no more connections, and resolves when every response is finished. */
  readonly stop: () => Promise<void>;
}

/** Headers about one connection (RFC 9110), not about the request. */
const HOP =
  /^(?:connection|expect|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

const headersOf = (raw: readonly string[]): [string, string][] => {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = "", value = ""] = raw.slice(at, at + 2);
    if (!HOP.test(name)) pairs.push([name, value]);
  }
  return pairs;
};

const refuse = (response: ServerResponse): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(503, { "content-type": "application/problem+json", "retry-after": "1" });
  const problem = { type: "/problems/unavailable", title: "Temporarily unavailable", status: 503 };
  response.end(
    JSON.stringify({
      ...problem,
      detail: "The server is starting or stopping.",
      code: "unavailable",
    }),
  );
};

const forwarded = (incoming: IncomingMessage, isBehindProxy: boolean): string[] => {
  const kept = headersOf(incoming.rawHeaders).filter(
    ([name]) => isBehindProxy || name.toLowerCase() !== "x-forwarded-for",
  );
  const address = incoming.socket.remoteAddress ?? "";
  const own: [string, string][] = isBehindProxy ? [] : [["x-forwarded-for", address]];
  // A body of unknown length is forwarded in chunks.
  const hasChunks = incoming.headers["transfer-encoding"] !== undefined;
  const chunks: [string, string][] = hasChunks ? [["transfer-encoding", "chunked"]] : [];
  return [...kept, ...own, ...chunks].flat();
};

const forward = (
  { target, isBehindProxy }: TerminatorOptions,
  agent: Agent,
  incoming: IncomingMessage,
  response: ServerResponse,
): void => {
  const outgoing = send({
    agent,
    host: target.hostname,
    port: target.port,
    method: incoming.method,
    path: incoming.url,
    headers: forwarded(incoming, isBehindProxy),
  });
  outgoing.once("error", () => refuse(response));
  outgoing.once("response", (answer) => {
    const status = answer.statusCode ?? 502;
    response.writeHead(status, headersOf(answer.rawHeaders).flat());
    // Ends both when one ends: work for a disconnected client stops.
    pipeline(answer, response, () => undefined);
  });
  response.once("close", () => {
    if (!response.writableFinished) outgoing.destroy();
  });
  incoming.pipe(outgoing);
};

/** How often idle connections are closed at shutdown. */
const IDLE_MILLIS = 100;

const listening = (server: Server, { host, port }: Listener): Promise<void> =>
  new Promise((settle, fail) => {
    server.once("error", (error) => fail(new OperatorError(`${host}:${port} ${reasonOf(error)}.`)));
    server.listen(port, host, settle);
  });

/**
 * Terminates TLS and forwards requests, with the caller's address as X-Forwarded-For.
 *
 * @throws {OperatorError} when it cannot listen on the address.
 */
export async function startTerminator(options: TerminatorOptions): Promise<Terminator> {
  const agent = new Agent({ keepAlive: true });
  // Uploads take as long as they take; the runtime has limits of its own for everything else.
  const limits = { requestTimeout: 0, maxHeaderSize: 65_536, minVersion: "TLSv1.2" } as const;
  const server = createServer({ ...options.certificate, ...limits }, (incoming, response) =>
    forward(options, agent, incoming, response),
  );
  await listening(server, options.listener);
  return {
    renew: (certificate) => server.setSecureContext({ ...certificate, minVersion: "TLSv1.2" }),
    stop: () =>
      new Promise((settle) => {
        const idle = setInterval(() => server.closeIdleConnections(), IDLE_MILLIS);
        server.close(() => {
          clearInterval(idle);
          agent.destroy();
          settle();
        });
      }),
  };
}
