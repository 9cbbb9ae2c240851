import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import type { Caller } from "../../../model/run.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { HARVEST_ROLES } from "../../../support/roles/harvest.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";

/** Calls that only admins and workers may make. */
const HARVEST_CALLS = Object.keys(HARVEST_ROLES).filter(
  (call) => !/^GET \/api\/(?:files|transfers)(?:\/\{id\})?$/.test(call),
);

/** One request: method, path, body. */
type Probe = readonly [string, string, Json?];

const ARTEFACT = { repo: "repo", branch: "main", path: "out.csv", status: "succeeded" };

const named = (identifier: string, payload_type: string, members: JsonObject): JsonObject => ({
  identifier,
  payload_type,
  ...members,
});

const VISIBLE: readonly JsonObject[] = [
  named("seen", "datasource", { name: "seen" }),
  named("seen/p", "patient", { parent_identifier: "seen", patient_sex: "F" }),
  named("seen/s", "study", { parent_identifier: "seen/p" }),
  named("seen/i", "image", { parent_identifier: "seen/s", modality: "CT", size_bytes: 10 }),
  named("seen/mask", "segmentation", { parent_identifier: "seen/i", derived_from: ["seen/i"] }),
  named("seen/out", "artefact", { parent_identifier: "seen", ...ARTEFACT }),
];

/** Hidden copies in every place that a read could disclose: beside, below and after visible resources. */
const twins = (word: string, members: JsonObject): readonly JsonObject[] => [
  named(word, "datasource", { name: word, ...members }),
  named(`${word}/p`, "patient", { parent_identifier: "seen", patient_sex: "M", ...members }),
  named(`${word}/s`, "study", { parent_identifier: `${word}/p` }),
  named(`${word}/i`, "image", { parent_identifier: `${word}/s`, modality: "MR", size_bytes: 5 }),
  named(`${word}/j`, "image", { parent_identifier: "seen/s", modality: "CT", ...members }),
  named(`${word}/mask`, "segmentation", { derived_from: ["seen/i", `${word}/j`], ...members }),
  named(`${word}/out`, "artefact", { parent_identifier: "seen", ...ARTEFACT, ...members }),
];

const HIDDEN = twins("hidden", { access_level: "restricted" });
const DELETED = twins("deleted", {});
const NAMES = [...VISIBLE, ...HIDDEN, ...DELETED].map(({ identifier }) => String(identifier));
const SECRETS = HIDDEN.map(({ identifier }) => String(identifier));

const each = (make: (name: string) => Probe): readonly Probe[] => NAMES.map(make);
const eachOpen = (make: (name: string) => Probe): readonly Probe[] =>
  NAMES.filter((name) => !name.startsWith("deleted")).map(make);
const path = encodeURIComponent;

const QUERIES: readonly JsonObject[] = [
  {},
  { payload_type: "image", sort_by: "modality", sort_order: "asc" },
  { filters: { modality: { ne: "US" } } },
  { filters: { derived_from: { contains: "seen/i" } } },
  ...NAMES.map((name) => ({ parent_identifier: name, include_indirect_parents: true })),
  ...NAMES.map((name) => ({ identifiers: [name] })),
];

/** A find of all images with identifiers and count. */
const found = (members: JsonObject): JsonObject => ({
  ...members,
  query: { field: "_id", op: "!=", rvalue: null },
  projection: { field: "*", include: true, recursive: true },
  sort: { _id: "$asc" },
});

const others = (...lists: readonly string[]): Readonly<Record<string, "other">> =>
  Object.fromEntries(
    lists
      .flatMap((list) => list.match(/[A-Z]+ \S+/g) ?? [])
      .map((call) => [call, "other" as const]),
  );

/**
 * The requests for every call of the API. `other` reads no resources; `history` returns tombstones by
 * contract, so that only restricted resources must be missing.
 */
const CALLS: Readonly<Record<string, readonly Probe[] | "other" | "history">> = {
  ...others(
    "GET /users/{id} PATCH /users/{id} DELETE /users/{id} PATCH /users/me POST /auth/jwt/logout",
    "POST /auth POST /auth/refresh GET /auth/authorize GET /auth/public-key",
    "GET /admin/users PATCH /admin/users/{id} DELETE /admin/users/{id} GET /admin/api-keys",
    "POST /admin/api-keys DELETE /admin/api-keys/{id} GET /admin/policies POST /admin/policies",
    "DELETE /admin/policies/{id} GET /admin/transactions",
    "POST /resources/grants/create POST /resources/grants/read POST /resources/grants/delete",
    "GET /s3/config POST /s3/presign/batch POST /s3/finalize GET /s3/parquet",
    "POST /exports GET /exports/{id} GET /exports/{id}/file",
    "POST /source/upload POST /source/update GET /source/{owner}/{dataset}/{revision}",
    "PUT /data/insert PUT /data/insert/{entity} PUT /data/insert/{entity}/{version}",
    "POST /data/insert PUT /data/{entity} PUT /data/{entity}/{version}",
    "POST /data/save POST /data/save/{entity} POST /data/save/{entity}/{version}",
    "POST /data/update POST /data/update/{entity} POST /data/update/{entity}/{version}",
    "POST /data/delete POST /data/delete/{entity} POST /data/delete/{entity}/{version}",
    "POST /data/explain POST /data/explain/{entity} POST /data/explain/{entity}/{version}",
    "GET /data/explain/{entity} GET /data/explain/{entity}/{version} GET /data/task/{taskHandle}",
    "GET /data/generate/{entity}/{path} GET /data/generate/{entity}/{version}/{path}",
    "GET /data/health GET /data/diagnostics",
    "GET /metadata GET /metadata/dependencies GET /metadata/roles GET /metadata/{entity}",
    "GET /metadata/{entity}/dependencies GET /metadata/{entity}/roles",
    "GET /metadata/{entity}/{version} GET /metadata/{entity}/{version}/dependencies",
    "GET /metadata/{entity}/{version}/diff/{other} GET /metadata/{entity}/{version}/roles",
    "PUT /metadata/{entity} PUT /metadata/{entity}/{version}",
    "PUT /metadata/{entity}/{version}/{status} DELETE /metadata/{entity}",
    "DELETE /metadata/{entity}/default POST /metadata/{entity}/reindex",
    "POST /metadata/{entity}/{version}/default POST /metadata/{entity}/{version}/reindex",
    ...HARVEST_CALLS,
  ),
  // Only a harvest creates files and transfers; another test covers their visibility.
  "GET /api/files": [["GET", "/api/files"]],
  "GET /api/files/{id}": "other",
  "GET /api/transfers": [["GET", "/api/transfers"]],
  "GET /api/transfers/{id}": "other",
  "POST /s3/presign": NAMES.map((name) => [
    "POST",
    "/s3/presign",
    { direction: "download", path: `objects/${name}` },
  ]),
  // Another test compares its rows with those of a query.
  "POST /query/parquet": "other",
  "POST /data/find": [["POST", "/data/find", found({ entity: "image" })]],
  "POST /data/find/{entity}": [["POST", "/data/find/image", found({})]],
  "POST /data/find/{entity}/{version}": [["POST", "/data/find/image/1.0.0", found({})]],
  "GET /data/find/{entity}": [["GET", "/data/find/image?P=_id:1&S=_id:a"]],
  "GET /data/find/{entity}/{version}": [["GET", "/data/find/image/1.0.0?P=_id:1&S=_id:a"]],
  "POST /data/bulk": [
    [
      "POST",
      "/data/bulk",
      { requests: [{ seq: 0, op: "find", request: found({ entity: "image" }) }] },
    ],
  ],
  "GET /ds/{dataset}": [
    ["GET", "/ds/image"],
    ["GET", `/ds/image?outputs=${encodeURIComponent('[{"n":"count(id)"},{"m":"max(id)"}]')}`],
    ...NAMES.map((name): Probe => [
      "GET",
      `/ds/image?cond=${encodeURIComponent(JSON.stringify([{ field: "id" }, "=", name]))}`,
    ]),
  ],
  ...others(
    "POST /ds/{dataset} PATCH /ds/{dataset} PUT /ds/{dataset} DELETE /ds/{dataset}",
    "GET /admin/datasets GET /admin/datasets/{name} PUT /admin/datasets/{name}",
    "DELETE /admin/datasets/{name}",
  ),
  "GET /health": "other",
  "GET /problems/{code}": "other",
  "GET /ready": "other",
  "POST /auth/register": "other",
  "POST /auth/jwt/login": "other",
  "GET /users/me": "other",
  "GET /.well-known/jwks.json": "other",
  "POST /resources/create": "other",
  "POST /resources/update": "other",
  "POST /resources/delete": "other",
  "POST /patients/register": "other",
  "POST /studies/register": "other",
  "PUT /schemas/{payload_type}": "other",
  "PUT /schemas/{payload_type}/indexes": "other",
  "POST /admin/materialized-views/refresh": "other",
  "GET /changes": "history",
  "GET /transactions/{id}": "history",
  "POST /resources/read": [["POST", "/resources/read", { identifiers: NAMES }]],
  "POST /query": QUERIES.map((body) => ["POST", "/query", body]),
  "POST /query/explain": QUERIES.map((body) => ["POST", "/query/explain", body]),
  "POST /query/count": QUERIES.map((body) => ["POST", "/query/count", body]),
  "POST /resources/history": eachOpen((identifier) => [
    "POST",
    "/resources/history",
    { identifier },
  ]),
  "POST /resources/diff": eachOpen((identifier) => [
    "POST",
    "/resources/diff",
    { identifier, from: 1, to: 1 },
  ]),
  "POST /patients/resolve": ["seen", "hidden", "deleted"].map((name) => [
    "POST",
    "/patients/resolve",
    { datasource_id: "seen", external_uid: name },
  ]),
  "POST /studies/resolve": ["seen/p", "hidden/p", "deleted/p"].map((name) => [
    "POST",
    "/studies/resolve",
    { patient_identifier: name, external_uid: "visit" },
  ]),
  "GET /schemas": [["GET", "/schemas"]],
  "GET /schemas/{payload_type}": [["GET", "/schemas/image"]],
  "GET /schemas/{payload_type}/indexes": [["GET", "/schemas/image/indexes"]],
  "GET /children": [
    ["GET", "/children"],
    ...each((name) => ["GET", `/children?with_payloads=true&parent_identifier=${path(name)}`]),
  ],
  "GET /parents/{identifier}": each((name) => ["GET", `/parents/${path(name)}`]),
  "GET /lineage/{identifier}": each((name) => ["GET", `/lineage/${path(name)}`]),
  "GET /artefacts/latest": [["GET", "/artefacts/latest?repo=repo&branch=main&path=out.csv"]],
  "GET /datasources/stats": [["GET", "/datasources/stats"]],
  "GET /datasources/detailed-stats": [
    ["GET", "/datasources/detailed-stats"],
    ...["seen", "hidden", "deleted"].map((name): Probe => [
      "GET",
      `/datasources/detailed-stats?datasource_id=${name}`,
    ]),
  ],
};

const PROBES = Object.entries(CALLS).flatMap(([call, probes]) =>
  typeof probes === "string" ? [] : [[call, probes] as const],
);

let admin: Client;
let reader: Caller;
const before = new Map<string, readonly string[]>();

/** A response text without values that differ between two responses to the same request. */
const stable = (text: string): string =>
  text
    .replaceAll(/"(?:request_id|session|hostname)":"[^"]*"/g, "")
    .replaceAll(/"(?:as_of|txn|transaction)":"[^"]*"/g, "");

const ask = async (probes: readonly Probe[]): Promise<readonly string[]> => {
  const answers: string[] = [];
  for (const [method, url, body] of probes) {
    const { status, text } = await reader.client.send(method, url, body);
    answers.push(`${status} ${stable(text)}`);
  }
  return answers;
};

const register = async (scope: string, uid: string): Promise<void> => {
  await succeed(admin.post("/patients/register", { datasource_id: scope, external_uid: uid }));
};

beforeAll(async () => {
  admin = await adminClient();
  reader = await callerOf("reader@example.org", "user");
  await succeed(admin.post("/resources/create", { resources: [...VISIBLE] }));
  await register("seen", "seen");
  for (const [call, probes] of PROBES) before.set(call, await ask(probes));
  await succeed(admin.post("/resources/create", { resources: [...HIDDEN] }));
  await succeed(admin.post("/resources/create", { resources: [...DELETED, dataset("last")] }));
  const identifiers = [...DELETED.map(({ identifier }) => identifier as Json), "last"];
  await succeed(admin.post("/resources/delete", { identifiers }));
});

test("every call of the API is tested", async () => {
  const { paths } = (await succeed(admin.get("/openapi.json"))) as unknown as {
    readonly paths: Readonly<Record<string, JsonObject>>;
  };
  const calls = Object.entries(paths).flatMap(([url, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${url}`),
  );
  expect(Object.keys(CALLS).toSorted()).toEqual(calls.toSorted());
});

describe.each(["before the job has run", "after it"])("%s", (when) => {
  beforeAll(async () => {
    if (when === "after it") {
      await succeed(admin.send("POST", "/admin/materialized-views/refresh"));
    }
  });

  test.each(PROBES)(
    "%s: responses are the same without restricted resources and tombstones",
    async (call, probes) => {
      expect(await ask(probes)).toEqual(before.get(call));
    },
  );

  test("the feed and its transactions reveal nothing restricted", async () => {
    const feed = await reader.client.get("/changes");
    const secret = SECRETS.filter((name) => feed.text.includes(JSON.stringify(name)));
    expect(secret).toEqual([]);
    const history = (await succeed(
      admin.post("/resources/history", { identifier: SECRETS[0] ?? "" }),
    )) as unknown as readonly { readonly transaction: { readonly id: number } }[];
    const transaction = history[0]?.transaction.id ?? 0;
    expect((await reader.client.get(`/transactions/${transaction}`)).status).toBe(404);
    expect((await admin.get(`/transactions/${transaction}`)).status).toBe(200);
  });
});
