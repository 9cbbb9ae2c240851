// Every route of the OpenAPI document checks the role first, then the shape, then existence.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { parseSigningKeys } from "../../../src/identity/signing-key.ts";
import { createTokens } from "../../../src/identity/token.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/model/json.ts";
import {
  adminClient,
  adminToken,
  callerOf,
  registerType,
  workerFetch,
} from "../../support/fixtures/callers.ts";
import {
  BASE,
  clientOf,
  uniquePrefix,
  type Answer,
  type Client,
} from "../../support/clients/http.ts";
import {
  bodyOf,
  exampleOf,
  operationsOf,
  type OpenApiDocument,
  type Operation,
} from "../../support/checks/openapi-document.ts";
import { createKey, signIn } from "../../support/clients/keys.ts";
import { ROLE_MATRIX } from "../../support/roles/matrix.ts";
import { CALLERS, type CallerKind } from "../../support/roles/row.ts";
import { rowsOf, succeed } from "../../support/fixtures/restricted-tree.ts";
import { checksOf } from "../../support/checks/documented-responses.ts";

let admin: Client;
let document: OpenApiDocument;
let operations: readonly Operation[];
const tokens: Partial<Record<CallerKind | "demoted admin", string>> = {};

const issue = async (userId: string, role: "admin" | "editor" | "user"): Promise<string> =>
  createTokens(parseSigningKeys(env.SIGNING_KEYS), () => Date.now()).issue({
    userId,
    role,
    tokenVersion: 1,
  });

beforeAll(async () => {
  const response = await workerFetch(new Request(`${BASE}/openapi.json`));
  document = await response.json<OpenApiDocument>();
  operations = operationsOf(document);
  admin = await adminClient();
  tokens.admin = await adminToken();
  for (const role of ["user", "editor"] as const) {
    const { actor } = await callerOf(`${role}@order.test`, role);
    tokens[role] = await issue(actor.id.slice("user:".length), role);
  }
  const { actor } = await callerOf("demoted@order.test", "user");
  tokens["demoted admin"] = await issue(actor.id.slice("user:".length), "admin");
  tokens["key without policy"] = (await signIn(await createKey(admin, []))).access_token;
}, 60_000);

/** A request with one error. */
interface Wrong {
  readonly name: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const JSON_TYPE = { "content-type": "application/json" };

const wrongs = (operation: Operation): readonly Wrong[] => [
  { name: "as documented, with names that nobody has" },
  { name: "an unknown parameter", path: "?stranger=1" },
  { name: "a parameter twice", path: "?limit=1&limit=1" },
  { name: "a bad instant", path: "?as_of=yesterday" },
  { name: "a bad bookmark", headers: { "x-d1-bookmark": "not one" } },
  { name: "a bad key", headers: { "idempotency-key": " " } },
  ...(bodyOf(operation) === undefined
    ? []
    : [
        { name: "no body", headers: JSON_TYPE },
        { name: "no JSON", headers: JSON_TYPE, body: "{" },
        { name: "another type", headers: { "content-type": "text/plain" }, body: "{}" },
        ...["5", "[]", "{}", "[5]", '{"stranger":1}', "null"].map((body) => ({
          name: body,
          headers: JSON_TYPE,
          body,
        })),
      ]),
];

const NAMES: Readonly<Record<string, string>> = {
  identifier: "nobody",
  id: "00000000-0000-4000-8000-00000000dead",
};

const pathOf = ({ path }: Operation): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => NAMES[name] ?? "nobody");

const send = async (operation: Operation, wrong: Wrong, token?: string): Promise<number> => {
  const response = await workerFetch(
    new Request(`${BASE}${pathOf(operation)}${wrong.path ?? ""}`, {
      method: operation.method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...wrong.headers,
      },
      ...(wrong.body === undefined ? {} : { body: wrong.body }),
    }),
  );
  await response.text();
  return response.status;
};

const KINDS = ["anonymous", "user", "editor", "key without policy", "demoted admin"] as const;

/** Calls whose authorization depends on more than the role: on the named resources or the request. */
const BEYOND_ROLES: Readonly<Record<string, readonly string[]>> = {
  // Owners grant and revoke access with any role.
  "POST /resources/grants/create": ["user", "editor", "demoted admin"],
  "POST /resources/grants/delete": ["user", "editor", "demoted admin"],
  // Readers may download; the body decides that the call is an upload.
  "POST /s3/presign": ["user", "demoted admin"],
  "POST /s3/presign/batch": ["user", "demoted admin"],
};

/** The outcome in the table for a kind of caller; a demoted admin is a user. */
const saidOf = (name: string, kind: (typeof KINDS)[number]): string => {
  if (BEYOND_ROLES[name]?.includes(kind) === true) return "";
  const outcomes = ROLE_MATRIX[name]?.outcomes.split(" ") ?? [];
  return outcomes[CALLERS.indexOf(kind === "demoted admin" ? "user" : kind)] ?? "";
};

test(
  "a caller without permission learns only that, whatever else is wrong",
  {
    timeout: 300_000,
  },
  async () => {
    const unexpected: string[] = [];
    let requests = 0;
    for (const operation of operations) {
      for (const kind of KINDS) {
        const said = saidOf(operation.name, kind);
        if (said !== "401" && said !== "403") continue;
        for (const wrong of wrongs(operation)) {
          requests += 1;
          const token = kind === "anonymous" ? undefined : tokens[kind];
          const status = await send(operation, wrong, token);
          if (String(status) !== said)
            unexpected.push(`${operation.name}, ${kind}, ${wrong.name}: ${status}`);
        }
      }
    }
    expect(unexpected).toEqual([]);
    expect(requests).toBeGreaterThan(2_000);
  },
);

/** Copies of a JSON value where one member or the value itself has another kind, or with an extra member. */
const misshapen = (value: Json): readonly Json[] => {
  const other: Json = typeof value === "string" ? 5 : "wrong";
  if (Array.isArray(value)) {
    const [first, ...rest] = value as readonly Json[];
    const inner = first === undefined ? [] : misshapen(first).map((each) => [each, ...rest]);
    return [other, ...inner];
  }
  if (!isJsonObject(value)) return [other, [value]];
  const members = Object.entries(value).flatMap(([name, member]) =>
    misshapen(member).map((each) => ({ ...value, [name]: each })),
  );
  return [other, { ...value, stranger: 1 }, ...members];
};

const SHAPE_STATUSES: readonly number[] = [400, 413, 415, 422];

test(
  "a body of the wrong shape is reported before what it names",
  { timeout: 300_000 },
  async () => {
    const checks = checksOf(document);
    const unexpected: string[] = [];
    let requests = 0;
    for (const operation of operations) {
      const [contentType, media] = bodyOf(operation) ?? [];
      const example = media === undefined ? undefined : exampleOf(document, media);
      if (media === undefined || example === undefined || contentType !== "application/json")
        continue;
      if (operation.security?.length === 0 || operation.security === undefined) continue;
      for (const body of misshapen(example)) {
        if (checks(media)(body) === undefined) continue;
        requests += 1;
        const text = JSON.stringify(body);
        const status = await send(
          operation,
          { name: "", headers: JSON_TYPE, body: text },
          tokens.admin,
        );
        if (!SHAPE_STATUSES.includes(status))
          unexpected.push(`${operation.name} ${text}: ${status}`);
      }
    }
    expect(unexpected).toEqual([]);
    expect(requests).toBeGreaterThan(300);
  },
);

test("a value of the wrong kind is reported with its path, at any depth", async () => {
  const name = uniquePrefix("visit").replaceAll(/\W/g, "_");
  const schema = {
    type: "object",
    properties: {
      site: {
        type: "object",
        properties: { geo: { type: "object", properties: { lat: { type: "number" } } } },
      },
    },
  };
  await registerType(admin, name, schema);
  const site = { geo: { lat: 52.5 } };
  const resources = [{ identifier: `${name}/a`, payload_type: name, site }];
  await succeed(admin.post("/resources/create", { resources }));
  const right = { payload_type: name, filters: { "site.geo.lat": { lt: 60 } } };
  expect(await rowsOf(admin, right)).toHaveLength(1);
  for (const wrong of [{ lt: "north" }, { eq: true }, { in: [1, "two"] }, { contains: 1 }]) {
    for (const path of ["/query", "/query/count"]) {
      const filters = { not: { "site.geo.lat": wrong } };
      const refused = await admin.post(path, { payload_type: name, filters });
      expect(refused.status, refused.text).toBe(400);
      expect((refused.body as JsonObject)["errors"]).toMatchObject([{ path: "site.geo.lat" }]);
    }
  }
  const deeper = { payload_type: name, sort_by: "site.geo.lat.deeper" };
  expect((await admin.post("/query", deeper)).status).toBe(400);
  const records = (comparator: string, value: Json): Promise<Answer> => {
    const cond = JSON.stringify([{ field: "site.geo.lat" }, comparator, value]);
    return admin.get(`/ds/${name}?cond=${encodeURIComponent(`[${cond.slice(1, -1)}]`)}`);
  };
  expect((await succeed(records("<", 60))) as unknown as readonly Json[]).toHaveLength(1);
  for (const value of ["north", true, { lat: 1 }]) {
    const refused = await records("=", value);
    expect(refused.status, refused.text).toBe(400);
    expect(refused.text).toContain("site.geo.lat");
  }
  const query = { field: "site.geo.lat", op: "<", rvalue: "north" };
  const findBody = { query, projection: { field: "_id" } };
  const documents = await admin.post(`/data/find/${name}/1.0.0`, findBody);
  expect(documents.status, documents.text).toBe(400);
});

test("a request of a batch, and one that continues after its call, check the role first too", async () => {
  const user = clientOf(workerFetch, tokens.user);
  const wrong: readonly JsonObject[] = [
    {},
    { entity: "dataset", data: 5 },
    { entity: "nothing", data: [{}] },
    { entity: "dataset", query: { field: "stranger", op: "=", rvalue: 1 }, update: 5 },
  ];
  for (const op of ["insert", "save", "update", "delete"]) {
    const requests = wrong.map((request, seq) => ({ seq, op, request }));
    const { responses } = (await succeed(user.post("/data/bulk", { requests }))) as unknown as {
      readonly responses: readonly { readonly response: Json }[];
    };
    expect(responses).toHaveLength(wrong.length);
    for (const { response } of responses) {
      expect(JSON.stringify(response), op).toContain('"errorCode":"crud:NoAccess"');
    }
    for (const request of wrong) {
      const body = { ...request, execution: { asynchronous: 60_000 } };
      const answer = await user.send("POST", `/data/${op}`, body);
      expect([answer.status, answer.text.includes("crud:NoAccess")], op).toEqual([403, true]);
    }
    const later = { ...wrong[2], execution: { asynchronous: 0 } };
    const started = await user.send("POST", `/data/${op}`, later);
    if (started.status === 403) continue;
    const handle = String((started.body as JsonObject)["taskHandle"]);
    await expect
      .poll(async () => (await user.get(`/data/task/${handle}`)).text)
      .toContain("crud:NoAccess");
  }
});
