// Servers of a test's own, and requests to ours.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json, JsonObject } from "../../../src/model/json.ts";

/** A server of the test's own. */
export interface OwnServer {
  readonly server: Server;
  /** Its address, with a slash at the end. */
  readonly url: string;
  /** Requested paths, in order. */
  readonly seen: readonly string[];
}

/** Starts a server that responds by path. */
export const openServer = async (answers: ReadonlyMap<string, string>): Promise<OwnServer> => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    const body = answers.get(request.url ?? "");
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}/`, seen };
};

/** Posts JSON, and reads the response. */
export const send = async (
  url: string,
  body: Json,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: JsonObject }> => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: JSON.parse(await response.text()) as JsonObject };
};

/** Reads JSON; throws when there is none. */
export const read = async (
  url: string,
  headers: Record<string, string> = {},
): Promise<JsonObject> => {
  const response = await fetch(url, { headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return JSON.parse(text) as JsonObject;
};
