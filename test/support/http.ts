// Servers of a test's own, and requests to ours.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json, JsonObject } from "../../src/model/json.ts";

/** Answers of a server of ours, by path. */
export const openServer = async (
  answers: Map<string, string>,
): Promise<{ server: Server; url: string }> => {
  const server = createServer((request, response) => {
    const body = answers.get(request.url ?? "");
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
};

/** Posts JSON, and reads the answer. */
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
