// Who may do what over the routes of the entity surface.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { ADMIN, READ, row, WRITE, type MatrixRow, type World } from "./row.ts";

/** Concerns no entity by itself: a token is sufficient. */
const TOKEN = "401 401 401 ok ok ok ok ok";

const ENTITY = { entity: "dataset", entityVersion: "1.0.0" } as const;
const QUERY: JsonObject = { field: "_id", op: "=", rvalue: "matrix/nothing" };
const PROJECTION: JsonObject = { field: "_id" };

const documentOf = ({ fresh }: World): JsonObject => ({ _id: `${fresh}/document`, name: "one" });

const BODIES: Readonly<Record<string, (world: World) => JsonObject>> = {
  insert: (world) => ({ ...ENTITY, data: [documentOf(world)] }),
  save: (world) => ({ ...ENTITY, data: [documentOf(world)], upsert: true }),
  update: () => ({ ...ENTITY, query: QUERY, update: { $set: { name: "two" } } }),
  delete: () => ({ ...ENTITY, query: QUERY }),
  find: () => ({ ...ENTITY, query: QUERY, projection: PROJECTION }),
  explain: () => ({ ...ENTITY, query: QUERY, projection: PROJECTION }),
};

/** The paths under which an operation is served: entity and version in the path, or not. */
const forms = (method: string, operation: string, outcomes: string): [string, MatrixRow][] =>
  ["", "/{entity}", "/{entity}/{version}"].map((rest) => [
    `${method} /data/${operation}${rest}`,
    row(outcomes, (world) => ({
      path: `/data/${operation}${filled(rest)}`,
      body: BODIES[operation]?.(world) ?? {},
    })),
  ]);

const filled = (path: string): string =>
  path.replace("{entity}", ENTITY.entity).replace("{version}", ENTITY.entityVersion);

const simple = (operation: string, outcomes: string): [string, MatrixRow][] =>
  ["/{entity}", "/{entity}/{version}"].map((rest) => [
    `GET /data/${operation}${rest}`,
    row(outcomes, () => ({
      path: `/data/${operation}${filled(rest)}?Q=_id:nothing&P=_id:1`,
    })),
  ]);

const nameOf = ({ fresh }: World): string => fresh.replaceAll("-", "_");

const metadataOf = (name: string): JsonObject => ({
  entityInfo: { name },
  schema: {
    name,
    version: { value: "1.0.0", changelog: "first" },
    status: { value: "active" },
    fields: { title: { type: "string" } },
  },
});

const reads = (path: string): readonly [string, MatrixRow] => [
  `GET ${path}`,
  row(READ, () => ({ path: filled(path) })),
];

/** A change of an entity that was created for it. */
const changes = (
  call: string,
  body?: (name: string) => Json,
  { status = "", disabled = false }: { status?: string; disabled?: boolean } = {},
): readonly [string, MatrixRow] => [
  call,
  row(ADMIN, async (world) => {
    const name = nameOf(world);
    await world.makeEntity(name, metadataOf(name), disabled);
    const [, path = ""] = call.split(" ");
    const named = path
      .replace("{entity}", name)
      .replace("{version}", "1.0.0")
      .replace("{status}", status);
    return { path: named, ...(body === undefined ? {} : { body: body(name) }) };
  }),
];

/** The rows. */
export const ENTITY_ROLES: Readonly<Record<string, MatrixRow>> = Object.fromEntries([
  ...forms("PUT", "insert", WRITE),
  forms("POST", "insert", WRITE)[0] ?? [],
  [
    "PUT /data/{entity}",
    row(WRITE, (world) => ({ path: "/data/dataset", body: { data: [documentOf(world)] } })),
  ],
  [
    "PUT /data/{entity}/{version}",
    row(WRITE, (world) => ({ path: "/data/dataset/1.0.0", body: { data: [documentOf(world)] } })),
  ],
  ...forms("POST", "save", WRITE),
  ...forms("POST", "update", WRITE),
  ...forms("POST", "delete", WRITE),
  ...forms("POST", "find", READ),
  ...forms("POST", "explain", ADMIN),
  ...simple("find", READ),
  ...simple("explain", ADMIN),
  ["POST /data/bulk", row(TOKEN, () => ({ body: { requests: [] } }))],
  [
    "GET /data/generate/{entity}/{path}",
    row(WRITE, () => ({ path: "/data/generate/dataset/name" })),
  ],
  [
    "GET /data/generate/{entity}/{version}/{path}",
    row(WRITE, () => ({ path: "/data/generate/dataset/1.0.0/name" })),
  ],
  [
    "GET /data/task/{taskHandle}",
    row("401 401 401 404 404 404 404 404", () => ({ path: `/data/task/${crypto.randomUUID()}` })),
  ],
  reads("/data/health"),
  reads("/data/diagnostics"),
  reads("/metadata"),
  reads("/metadata/{entity}"),
  reads("/metadata/{entity}/{version}"),
  [
    "GET /metadata/{entity}/{version}/diff/{other}",
    row(READ, () => ({ path: "/metadata/dataset/1.0.0/diff/1.0.0" })),
  ],
  reads("/metadata/roles"),
  reads("/metadata/dependencies"),
  reads("/metadata/{entity}/roles"),
  reads("/metadata/{entity}/dependencies"),
  reads("/metadata/{entity}/{version}/roles"),
  reads("/metadata/{entity}/{version}/dependencies"),
  [
    "PUT /metadata/{entity}/{version}",
    row(ADMIN, (world) => ({
      path: `/metadata/${nameOf(world)}/1.0.0`,
      body: metadataOf(nameOf(world)),
    })),
  ],
  changes("PUT /metadata/{entity}", (name) => ({ name })),
  changes("PUT /metadata/{entity}/{version}/{status}", undefined, { status: "deprecated" }),
  changes("POST /metadata/{entity}/{version}/default"),
  changes("DELETE /metadata/{entity}/default"),
  changes("DELETE /metadata/{entity}", undefined, { disabled: true }),
  changes("POST /metadata/{entity}/reindex"),
  changes("POST /metadata/{entity}/{version}/reindex"),
]) as Readonly<Record<string, MatrixRow>>;
