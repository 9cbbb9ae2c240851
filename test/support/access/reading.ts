// Ways to read: each generates requests about a cell and what was created beside it.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { byId, pathOf } from "../clients/datasets.ts";
import type { Random } from "../generators/mutations.ts";
import { pick } from "../generators/mutations.ts";
import type { Recorded, Request } from "./recorder.ts";
import type { Actors } from "./actors.ts";
import type { Cell } from "./vault.ts";
import { identifiersIn } from "./writing.ts";

/** What is read. */
export interface Reading {
  readonly random: Random;
  readonly cell: Cell;
  readonly actors: Actors;
  /** Identifiers beside those of the cell. */
  readonly made: readonly string[];
  /** Ids of accounts and keys. */
  readonly ids: Readonly<Record<string, string>>;
  /** Transactions of writes so far, and an instant of the cell. */
  readonly transactions: readonly string[];
  readonly instant: string;
  /** Sends a request as the reader. */
  readonly ask: (request: Request) => Promise<Recorded>;
}

/** A way to read. */
export type ReadWay = (reading: Reading) => Promise<unknown>;

const get = (path: string): Request => ({ method: "GET", path });
const post = (path: string, body: Json): Request => ({ method: "POST", path, body });

const all = ({ cell, made }: Reading): readonly string[] => [...identifiersIn(cell), ...made];

const some = ({ random, cell, made }: Reading): string =>
  pick(random, [...identifiersIn(cell), cell.derived, cell.mid, cell.mid, cell.leaf, ...made]);

const atTimes = ({ random, instant }: Reading): JsonObject =>
  random() < 0.2 ? { as_of: instant } : {};

const ofCell = (reading: Reading): JsonObject => ({
  filters: {
    or: [
      { identifier: { starts_with: reading.cell.prefix } },
      { identifier: { in: [reading.cell.files, reading.cell.note, ...reading.made] } },
    ],
  },
  limit: 200,
  ...atTimes(reading),
});

const requesting =
  (make: (reading: Reading) => Request): ReadWay =>
  (reading) =>
    reading.ask(make(reading));

const text = (parameters: JsonObject): string =>
  new URLSearchParams(parameters as Readonly<Record<string, string>>).toString();

const about = (path: string): ReadWay =>
  requesting((reading) =>
    get(`${path}/${encodeURIComponent(some(reading))}?${text(atTimes(reading))}`),
  );

const anyKey = ({ cell, actors, random }: Reading): string =>
  pick(random, [...cell.keys, actors.key]);

/** Orders an export, and downloads its file. */
const exported: ReadWay = async (reading) => {
  const format = pick(reading.random, ["csv", "ndjson", "parquet"]);
  const ordered = await reading.ask(post("/exports", { query: ofCell(reading), format }));
  const { id } = (ordered.body ?? {}) as JsonObject;
  if (typeof id === "string") await reading.ask(get(`/exports/${id}`));
};

/** By operation. */
const CATALOGUE: Readonly<Record<string, ReadWay>> = {
  "POST /resources/read": requesting((reading) =>
    post("/resources/read", { identifiers: all(reading), ...atTimes(reading) }),
  ),
  "POST /query": requesting((reading) => post("/query", ofCell(reading))),
  "POST /query/count": requesting((reading) => post("/query/count", ofCell(reading))),
  "POST /query/explain": requesting((reading) => post("/query/explain", ofCell(reading))),
  "POST /query/parquet": requesting((reading) => post("/query/parquet", ofCell(reading))),
  "POST /exports": exported,
  "GET /exports/{id}": exported,
  "GET /exports/{id}/file": exported,
  "POST /resources/history": requesting((reading) =>
    post("/resources/history", { identifier: some(reading), ...atTimes(reading) }),
  ),
  "POST /resources/diff": requesting((reading) =>
    post("/resources/diff", { identifier: some(reading), from: 1, to: 2 }),
  ),
  "GET /changes": requesting((reading) => {
    const after = Math.max(0, Number(reading.transactions.at(0) ?? 1) - 1);
    return get(`/changes?limit=200&after=${after}`);
  }),
  "GET /transactions/{id}": requesting(({ transactions, random }) =>
    get(`/transactions/${transactions.length === 0 ? "1" : pick(random, transactions)}`),
  ),
  "GET /children": requesting((reading) =>
    get(`/children?${text({ parent_identifier: some(reading), with_payloads: "true" })}`),
  ),
  "GET /parents/{identifier}": about("/parents"),
  "GET /lineage/{identifier}": about("/lineage"),
  "GET /artefacts/latest": requesting(() => get("/artefacts/latest?repo=r&branch=b&path=p")),
  "GET /datasources/stats": requesting(() => get("/datasources/stats")),
  "GET /datasources/detailed-stats": requesting(({ cell }) =>
    get(`/datasources/detailed-stats?${text({ datasource_id: cell.source })}`),
  ),
  "POST /resources/grants/read": requesting((reading) =>
    post("/resources/grants/read", { identifiers: all(reading) }),
  ),
  "POST /patients/resolve": requesting(({ cell }) =>
    post("/patients/resolve", { datasource_id: cell.source, external_uid: cell.externalUid }),
  ),
  "POST /studies/resolve": requesting(({ cell }) =>
    post("/studies/resolve", { patient_identifier: cell.patient, external_uid: "study" }),
  ),
  "POST /s3/presign": requesting((reading) =>
    post("/s3/presign", { direction: "download", path: anyKey(reading), ...atTimes(reading) }),
  ),
  "POST /s3/presign/batch": requesting((reading) =>
    post("/s3/presign/batch", {
      direction: "download",
      items: [{ path: anyKey(reading), ...atTimes(reading) }],
    }),
  ),
  "GET /s3/parquet": requesting((reading) => get(`/s3/parquet?${text({ path: anyKey(reading) })}`)),
  "GET /schemas": requesting(() => get("/schemas")),
  "GET /schemas/{payload_type}": requesting(() => get("/schemas/guarded")),
  "GET /schemas/{payload_type}/indexes": requesting(() => get("/schemas/guarded/indexes")),
};

const EVERYTHING: JsonObject = { field: "*", recursive: true };

const entityOf = ({ random }: Reading): readonly [string, string] =>
  pick(random, [
    ["guarded", "1.0.0"],
    ["guarded", "1.0.0"],
    ["guarded", "2.0.0"],
    ["dataset", "1.0.0"],
    ["table", "1.0.0"],
  ] as const);

const found = ({ cell, made, random }: Reading, entity: string): JsonObject => {
  const ids = entity === "guarded" ? [cell.doc, cell.later] : [];
  const query = { field: "_id", op: "$in", values: [...ids, ...identifiersIn(cell), ...made] };
  const projections: readonly Json[] = [
    EVERYTHING,
    EVERYTHING,
    [{ field: "secret" }, { field: "half", recursive: true }, { field: "list.*.v" }],
  ];
  return { query, projection: entity === "guarded" ? pick(random, projections) : EVERYTHING };
};

const command =
  (operation: string, form: "" | "entity" | "version"): ReadWay =>
  (reading) => {
    const [entity, version] = entityOf(reading);
    const body = found(reading, entity);
    const path = `/data/${operation}`;
    const stream = operation === "find" && reading.random() < 0.3 ? "?stream=true" : "";
    if (form === "") {
      return reading.ask(post(`${path}${stream}`, { entity, entityVersion: version, ...body }));
    }
    const rest = form === "version" ? `${entity}/${version}` : entity;
    return reading.ask(post(`${path}/${rest}${stream}`, body));
  };

const simple =
  (operation: string, isVersioned: boolean): ReadWay =>
  (reading) => {
    const [entity, version] = entityOf(reading);
    const rest = isVersioned ? `${entity}/${version}` : entity;
    const id = pick(reading.random, [reading.cell.doc, reading.cell.mid, ...reading.made]);
    return reading.ask(get(`/data/${operation}/${rest}?${text({ Q: `_id:${id}`, P: "*:1" })}`));
  };

/** A find that continues after its response, and the result of the task. */
const task: ReadWay = async (reading) => {
  const [entity, version] = entityOf(reading);
  const execution = { execution: { asynchronous: 0 } };
  const body = { ...found(reading, entity), ...execution };
  const begun = await reading.ask(post(`/data/find/${entity}/${version}`, body));
  const { taskHandle: handle } = (begun.body ?? {}) as JsonObject;
  if (typeof handle === "string") await reading.ask(get(`/data/task/${handle}`));
};

const bulk: ReadWay = (reading) => {
  const [entity, entityVersion] = entityOf(reading);
  const request = { entity, entityVersion, ...found(reading, entity) };
  return reading.ask(post("/data/bulk", { requests: [{ seq: 0, op: "find", request }] }));
};

const RECORDS: Readonly<Record<string, ReadWay>> = {
  ...Object.fromEntries(
    ["find", "explain"].flatMap((operation): readonly (readonly [string, ReadWay])[] => [
      [`POST /data/${operation}`, command(operation, "")],
      [`POST /data/${operation}/{entity}`, command(operation, "entity")],
      [`POST /data/${operation}/{entity}/{version}`, command(operation, "version")],
      [`GET /data/${operation}/{entity}`, simple(operation, false)],
      [`GET /data/${operation}/{entity}/{version}`, simple(operation, true)],
    ]),
  ),
  "GET /data/task/{taskHandle}": task,
  "POST /data/bulk": bulk,
  "GET /ds/{dataset}": requesting(({ cell, random }) => {
    const dataset = pick(random, ["vault_files", "vault_notes"]);
    const outputs = dataset === "vault_files" ? ["name", "vault_notes"] : ["name"];
    return get(pathOf(dataset, { cond: byId(cell.files, cell.note), outputs }));
  }),
};

const KINDS: readonly (readonly [string, (actors: Actors) => string])[] = [
  ["instruments", ({ instrument }) => instrument],
  ["storage-locations", ({ location }) => location],
  ["service-accounts", ({ account }) => account],
  ["schedules", ({ schedule }) => schedule],
  ["hooks", ({ hook }) => hook],
  ["groups", ({ group }) => group],
  ["projects", ({ project }) => project],
  ["files", ({ file }) => file],
  ["transfers", ({ transfer }) => transfer],
];

const HARVEST: Readonly<Record<string, ReadWay>> = {
  ...Object.fromEntries(
    KINDS.flatMap(([kind, of]): readonly (readonly [string, ReadWay])[] => [
      [`GET /api/${kind}`, requesting(() => get(`/api/${kind}`))],
      [`GET /api/${kind}/{id}`, requesting(({ actors }) => get(`/api/${kind}/${of(actors)}`))],
    ]),
  ),
  ...Object.fromEntries(
    (
      [
        ["instruments", "access", "instrument"],
        ["groups", "members", "group"],
        ["projects", "members", "project"],
        ["files", "access", "file"],
      ] as const
    ).map(([kind, word, name]) => [
      `GET /api/${kind}/{id}/${word}`,
      requesting(({ actors }) => get(`/api/${kind}/${actors[name]}/${word}`)),
    ]),
  ),
  "GET /api/me": requesting(() => get("/api/me")),
  "GET /api/hooks/builtins": requesting(() => get("/api/hooks/builtins")),
  "GET /api/storage-locations/{id}/test": requesting(({ actors }) =>
    get(`/api/storage-locations/${actors.location}/test`),
  ),
};

const OTHER: Readonly<Record<string, ReadWay>> = {
  "GET /source/{owner}/{dataset}/{revision}": requesting(({ ids, made, random }) => {
    const flows = made.filter((each) => /^[0-9a-f-]{36}\/.*\/1$/.test(each));
    return get(
      `/source/${flows.length === 0 ? `${ids["owner"] ?? ""}/set/latest` : pick(random, flows)}`,
    );
  }),
  "GET /admin/transactions": requesting(() => get("/admin/transactions?limit=50")),
  "GET /admin/users": requesting(() => get("/admin/users")),
  "GET /admin/api-keys": requesting(() => get("/admin/api-keys")),
  "GET /admin/policies": requesting(() => get("/admin/policies")),
  "GET /admin/datasets": requesting(() => get("/admin/datasets")),
  "GET /admin/datasets/{name}": requesting(() => get("/admin/datasets/vault_notes")),
  "GET /users/me": requesting(() => get("/users/me")),
  "GET /users/{id}": requesting(({ ids, random }) =>
    get(`/users/${pick(random, Object.values(ids))}`),
  ),
  "GET /metadata/{entity}/{version}": requesting(() => get("/metadata/guarded/2.0.0")),
  "GET /metadata/{entity}/{version}/diff/{other}": requesting(() =>
    get("/metadata/guarded/1.0.0/diff/2.0.0"),
  ),
};

/** All of them. */
export const READ_WAYS: Readonly<Record<string, ReadWay>> = {
  ...CATALOGUE,
  ...RECORDS,
  ...HARVEST,
  ...OTHER,
};

/** The ways that return most at once. */
export const BROAD_WAYS: readonly string[] = [
  "POST /query",
  "POST /resources/read",
  "POST /data/find/{entity}/{version}",
  "GET /ds/{dataset}",
  "POST /s3/presign",
];
