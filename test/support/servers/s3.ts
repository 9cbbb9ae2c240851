/** A strict S3 store in memory, which fails on request. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { S3Access } from "../../../src/objects/presign.ts";
import { isSigned } from "./s3-signature.ts";
import {
  type Answer,
  failure,
  md5,
  type Request,
  type S3State,
  verbOf,
  VERBS,
} from "./s3-verbs.ts";

/** How one response fails. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly code: string }
  /** Closes the connection; `done`: the request was processed before. */
  | { readonly kind: "drop"; readonly done: boolean }
  /** Ends the body after half of it. */
  | { readonly kind: "cut" }
  /** Sends nothing, or stops in the middle of the body, until the client disconnects. */
  | { readonly kind: "silence" | "stall" }
  /** Responds with these headers instead of the right ones. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> };

/** The store. */
export interface S3Server extends S3State {
  readonly access: S3Access;
  /** The requests, as `METHOD what key`. */
  readonly received: string[];
  /** Makes the next responses fail, for requests that satisfy `when`. */
  readonly fail: (faults: readonly Fault[], when?: (received: string) => boolean) => void;
  readonly close: () => Promise<void>;
}

const respond = (
  socket: Socket,
  response: ServerResponse,
  method: string,
  { status, headers = {}, body = "" }: Answer,
  fault: Fault | undefined,
): void => {
  const bytes = Buffer.from(body);
  const over = fault?.kind === "headers" ? fault.headers : {};
  response.writeHead(status, { ...headers, "content-length": String(bytes.length), ...over });
  if (method === "HEAD") return void response.end();
  const half = bytes.subarray(0, Math.ceil(bytes.length / 2));
  if (fault?.kind === "stall") return void response.write(half);
  if (fault?.kind === "cut") return void response.write(half, () => socket.destroy());
  return void response.end(bytes);
};

const bodyOf = async (incoming: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
};

const answerOf = (server: S3Server, url: URL, request: Request, bucket: string): Answer => {
  const { headers, body } = request;
  if (bucket !== server.access.bucket) return failure(404, "NoSuchBucket");
  if (!isSigned(server.access, request.method, url, headers)) {
    return failure(403, "SignatureDoesNotMatch");
  }
  const digest = headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD";
  const own = createHash("sha256").update(body).digest("hex");
  if (digest !== "UNSIGNED-PAYLOAD" && digest !== own) {
    return failure(400, "XAmzContentSHA256Mismatch");
  }
  const md5Header = headers["content-md5"];
  if (md5Header !== undefined && md5Header !== md5(body).toString("base64")) {
    return failure(400, "BadDigest");
  }
  return VERBS[verbOf(request)]?.(server, request) ?? failure(405, "MethodNotAllowed");
};

/** Starts a store on a free port of this machine, or on one. */
export const startS3 = async (port = 0): Promise<S3Server> => {
  let faults: readonly Fault[] = [];
  let isMeant = (_request: string): boolean => true;
  const sockets = new Set<Socket>();
  const work = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? "/", server.access.endpoint);
    const [, bucket = "", ...segments] = url.pathname.split("/").map(decodeURIComponent);
    const { method = "", headers } = incoming;
    const body = await bodyOf(incoming);
    const request = { method, key: segments.join("/"), query: url.searchParams, headers, body };
    const received = `${verbOf(request)} ${request.key}`.trimEnd();
    server.received.push(received);
    const [fault, ...others] = isMeant(received) ? faults : [];
    if (fault !== undefined) faults = others;
    if (fault?.kind === "silence") return;
    if (fault?.kind === "drop" && !fault.done) return void incoming.socket.destroy();
    const answer =
      fault?.kind === "status"
        ? failure(fault.status, fault.code)
        : answerOf(server, url, request, bucket);
    if (fault?.kind === "drop") return void incoming.socket.destroy();
    respond(incoming.socket, response, method, answer, fault);
  };
  const listener = createServer((incoming, response) => {
    work(incoming, response).catch(() => incoming.socket.destroy());
  });
  listener.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void listener.listen(port, "127.0.0.1", resolve));
  const server: S3Server = {
    access: {
      endpoint: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
      bucket: "vxdata",
      accessKeyId: "store-key",
      secretAccessKey: "store-secret-0123",
      region: "us-east-1",
    },
    objects: new Map(),
    uploads: new Map(),
    received: [],
    fail: (wanted, when = () => true) => {
      faults = wanted;
      isMeant = when;
    },
    pageSize: 1_000,
    knowsConditions: true,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return server;
};
