import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json, JsonObject } from "../../../src/model/json.ts";

/** A call that reached the stub. */
export interface StubCall {
  readonly path: string;
  readonly idempotencyKey: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** How the stub fails the next call: instead of handling it, or (`drop-after`) after handling it. */
export type StubFault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: "drop-before" }
  | { readonly kind: "drop-after" };

/** A server in memory with the few routes that an import uses. */
export interface Stub {
  readonly url: string;
  readonly calls: StubCall[];
  readonly resources: Map<string, JsonObject>;
  /** Consumed from the front, one per call; an undefined entry lets the call pass. */
  readonly faults: (StubFault | undefined)[];
  readonly schemas: Record<string, JsonObject>;
  /** The error of a resource, if any. */
  check: (resource: JsonObject) => { readonly code: string; readonly detail: string } | undefined;
  readonly close: () => Promise<void>;
}

/** The number of errors that one response lists: fewer than the elements of a batch. */
const LISTED_MAX = 3;

interface Answer {
  readonly status: number;
  readonly body: Json;
}

const problem = (status: number, code: string, errors: readonly JsonObject[] = []): Answer => ({
  status,
  body: { title: code, status, code, detail: `refused: ${code}`, errors },
});

const textAt = (object: JsonObject, member: string): string => {
  const value = object[member];
  return typeof value === "string" ? value : "";
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
};

const register = (
  resources: Map<string, JsonObject>,
  items: readonly JsonObject[],
  ownerMember: string,
  letter: string,
): Answer => {
  const identifiers = items.map((item) => {
    const owner = textAt(item, ownerMember);
    const uid = textAt(item, "external_uid");
    const siblings = [...resources.values()].filter(
      (one) => one["parent_identifier"] === owner && "uid" in one,
    );
    const known = siblings.find((one) => one["uid"] === uid);
    if (known !== undefined) return textAt(known, "identifier");
    const identifier = `${owner}.${letter}${String(siblings.length + 1).padStart(3, "0")}`;
    const payload = (item["payload"] ?? {}) as JsonObject;
    resources.set(identifier, { identifier, parent_identifier: owner, uid, ...payload });
    return identifier;
  });
  return { status: 200, body: { identifiers } };
};

const create = (stub: Stub, added: readonly JsonObject[]): Answer => {
  const known = new Set([
    ...stub.resources.keys(),
    ...added.map((one) => textAt(one, "identifier")),
  ]);
  const errors = added.flatMap((resource, index) => {
    const identifier = textAt(resource, "identifier");
    const parent = resource["parent_identifier"];
    const at = { index, identifier, path: `resources.${index}.identifier` };
    if (stub.resources.has(identifier)) {
      return [{ ...at, code: "already_exists", detail: `${identifier} exists already` }];
    }
    if (typeof parent === "string" && !known.has(parent)) {
      return [{ ...at, code: "missing_reference", detail: `${parent} does not exist` }];
    }
    const fault = stub.check(resource);
    return fault === undefined ? [] : [{ ...at, ...fault }];
  });
  if (errors.length > 0) return problem(400, errors[0]?.code ?? "", errors.slice(0, LISTED_MAX));
  for (const resource of added) stub.resources.set(textAt(resource, "identifier"), resource);
  return { status: 200, body: { created: added.length } };
};

const answer = (stub: Stub, path: string, body: JsonObject): Answer => {
  const { resources } = stub;
  const items = (body["items"] ?? body["resources"] ?? []) as readonly JsonObject[];
  if (path === "/schemas") return { status: 200, body: stub.schemas };
  if (path.startsWith("/patients/register"))
    return register(resources, items, "datasource_id", "P");
  if (path.startsWith("/studies/register")) {
    return register(resources, items, "patient_identifier", "S");
  }
  if (path === "/resources/create") return create(stub, items);
  if (path === "/resources/read") {
    const identifiers = body["identifiers"] as readonly string[];
    return { status: 200, body: identifiers.flatMap((name) => resources.get(name) ?? []) };
  }
  return problem(404, "not_found");
};

const headersOf = (fault: StubFault | undefined): Record<string, string> =>
  fault?.kind === "status" && fault.retryAfter !== undefined
    ? { "retry-after": fault.retryAfter }
    : {};

const serve = async (
  stub: Stub,
  remembered: Map<string, Answer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const text = await bodyOf(request);
  const path = request.url ?? "";
  const key = request.headers["idempotency-key"] as string | undefined;
  const { authorization } = request.headers;
  stub.calls.push({ path, idempotencyKey: key, authorization, body: text });
  const fault = stub.faults.shift();
  if (fault?.kind === "drop-before") return void response.destroy();
  const given =
    fault?.kind === "status"
      ? problem(fault.status, "unavailable")
      : (remembered.get(key ?? "") ?? answer(stub, path, JSON.parse(text || "{}") as JsonObject));
  if (key !== undefined && given.status === 200) remembered.set(key, given);
  if (fault?.kind === "drop-after") return void response.destroy();
  response.writeHead(given.status, { "content-type": "application/json", ...headersOf(fault) });
  response.end(JSON.stringify(given.body));
};

/** Starts a stub on a free port. */
export const openStub = async (): Promise<Stub> => {
  const remembered = new Map<string, Answer>();
  const server = createServer((request, response) => {
    void serve(stub, remembered, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stub: Stub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    resources: new Map(),
    faults: [],
    schemas: {},
    check: () => undefined,
    close: async () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return stub;
};
