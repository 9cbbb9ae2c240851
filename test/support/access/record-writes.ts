// Ways to write documents of entities and records of datasets.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { byId, pathOf } from "../clients/datasets.ts";
import { chance, oneOf, post, anyKey, newIdentifier, type Way, type Writing } from "./writing.ts";

const EVERYTHING: JsonObject = { field: "*", recursive: true };

const anyEntity = (writing: Writing): string =>
  oneOf(writing, "guarded", "guarded", "guarded", "dataset", "table");

const versionOf = (writing: Writing, entity: string): string =>
  entity === "guarded" ? oneOf(writing, "1.0.0", "1.0.0", "2.0.0") : "1.0.0";

const idOf = ({ cell }: Writing, entity: string): readonly string[] =>
  entity === "guarded"
    ? [cell.doc, cell.doc, cell.later]
    : entity === "table"
      ? [cell.leaf, cell.table, cell.openTable]
      : [cell.mid, cell.mid, cell.root, cell.derived];

const queryOf = (writing: Writing, entity: string): JsonObject => {
  const id = oneOf(writing, ...idOf(writing, entity));
  return oneOf<JsonObject>(
    writing,
    { field: "_id", op: "=", rvalue: id },
    { field: "_id", op: "=", rvalue: id },
    { field: "_id", regex: `^${writing.cell.prefix}` },
    { field: "_id", op: "$in", values: [...idOf(writing, entity), ...writing.made] },
  );
};

const of = (path: string): JsonObject => ({ $valueof: path });

/** Updates that would copy what a field contains into another one. */
const COPIES: readonly Json[] = [
  { $set: { open: of("secret") } },
  { $set: { open: of("half.b") } },
  { $set: { open: of("list.0.v") } },
  { $set: { open: of("words.0") } },
  { $set: { open: of("fresh") } },
  { $set: { copy: of("half") } },
  { $set: { "copy.b": of("half.b") } },
  { $set: { copies: of("list") } },
  { $set: { texts: of("words") } },
  { $append: { texts: of("secret") } },
  { $append: { texts: of("words") } },
  { $append: { copies: of("half") } },
  { $append: { copies: of("list") } },
  { $insert: { "copies.0": of("half") } },
  { $insert: { "texts.0": of("half.b") } },
  [{ $append: { copies: {} } }, { $set: { "copies.-1.b": of("half.b") } }],
  [{ $append: { copies: {} } }, { $set: { "copies.-1": of("half") } }],
  { $foreach: { list: "$all", $update: { $set: { k: of("v") } } } },
  { $foreach: { list: "$all", $update: { $set: { k: of("$parent.secret") } } } },
  { $foreach: { list: "$all", $update: { $set: { k: of("$parent.half.b") } } } },
  { $unset: ["half.b", "secret"] },
  { $set: { half: { a: "a" } } },
];

const updateOf = (writing: Writing, entity: string): Json => {
  if (entity === "table") return { $set: { s3_path: anyKey(writing) } };
  if (entity === "dataset") {
    return oneOf<Json>(
      writing,
      { $set: { name: "changed" } },
      { $set: { description: of("name") } },
      { $unset: ["name"] },
    );
  }
  return oneOf(writing, ...COPIES, { $set: { open: "changed" } });
};

const documentOf = (writing: Writing, entity: string): JsonObject => {
  const { made, cell } = writing;
  const id = chance(writing, 0.5)
    ? newIdentifier(writing)
    : oneOf(writing, ...idOf(writing, entity), ...made);
  if (entity === "table") return { _id: id, s3_path: anyKey(writing) };
  if (entity === "dataset") return { _id: id, name: "made" };
  return oneOf<JsonObject>(
    writing,
    { _id: id, open: "made" },
    { _id: cell.doc, open: "made", half: { a: "a" } },
    { _id: cell.doc, open: "made", list: [{ k: "k" }, { k: "l" }] },
    { _id: id, open: "made", secret: "made", half: { a: "a", b: "made" } },
  );
};

const shown = (writing: Writing): JsonObject =>
  chance(writing, 0.7) ? { projection: EVERYTHING } : {};

const bodyOf = (writing: Writing, command: string, entity: string): JsonObject => {
  const query = queryOf(writing, entity);
  if (command === "update") {
    return { query, update: updateOf(writing, entity), ...shown(writing) };
  }
  if (command === "delete") return { query };
  const data = [documentOf(writing, entity)];
  const upsert = command === "save" ? { upsert: chance(writing, 0.5) } : {};
  return { data, ...upsert, ...shown(writing) };
};

/** One command by one of its routes: entity and version in the path, or in the body. */
const command =
  (method: string, name: string, base: string, form: "" | "entity" | "version"): Way =>
  (writing) => {
    const entity = anyEntity(writing);
    const version = versionOf(writing, entity);
    const body = bodyOf(writing, name, entity);
    if (form === "")
      return { method, path: base, body: { entity, entityVersion: version, ...body } };
    const path = `${base}/${entity}${form === "version" ? `/${version}` : ""}`;
    return { method, path, body };
  };

const forms = (method: string, name: string): readonly (readonly [string, Way])[] => [
  [`${method} /data/${name}`, command(method, name, `/data/${name}`, "")],
  [`${method} /data/${name}/{entity}`, command(method, name, `/data/${name}`, "entity")],
  [`${method} /data/${name}/{entity}/{version}`, command(method, name, `/data/${name}`, "version")],
];

const bulk: Way = (writing) => {
  const request = (op: string): JsonObject => {
    const entity = anyEntity(writing);
    const entityVersion = versionOf(writing, entity);
    return { entity, entityVersion, ...bodyOf(writing, op, entity) };
  };
  const ops = [oneOf(writing, "insert", "save", "update", "delete"), "update"];
  return post("/data/bulk", {
    requests: ops.map((op, seq) => ({ seq, op, request: request(op) })),
  });
};

const cond = (writing: Writing): Json => {
  const { files, note } = writing.cell;
  return byId(...oneOf(writing, [files], [note], [files, note]));
};

const LINKS = ["attach", "detach"] as const;

const ds =
  (method: string): Way =>
  (writing) => {
    const dataset = oneOf(writing, "vault_files", "vault_notes", "dataset");
    const isFiles = dataset === "vault_files";
    const outputs: Json = isFiles ? ["id", "name", "vault_notes"] : ["id", "name"];
    const about = { cond: cond(writing), ...(chance(writing, 0.7) ? { outputs } : {}) };
    if (method === "POST") {
      const notes = isFiles ? { vault_notes: [{ name: "made" }] } : {};
      return { method, path: pathOf(dataset), body: [{ name: "made", ...notes }] };
    }
    const link =
      isFiles && method !== "DELETE" && chance(writing, 0.5)
        ? {
            action: oneOf(writing, ...LINKS),
            action_resource: "vault_notes",
            action_cond: cond(writing),
          }
        : {};
    const path = pathOf(dataset, { ...about, ...link });
    return method === "DELETE" ? { method, path } : { method, path, body: { name: "made" } };
  };

/** By operation. */
export const RECORD_WRITES: Readonly<Record<string, Way>> = {
  ...Object.fromEntries([
    ...forms("PUT", "insert"),
    ...forms("POST", "save"),
    ...forms("POST", "update"),
    ...forms("POST", "delete"),
  ]),
  "POST /data/insert": command("POST", "insert", "/data/insert", ""),
  "PUT /data/{entity}": command("PUT", "insert", "/data", "entity"),
  "PUT /data/{entity}/{version}": command("PUT", "insert", "/data", "version"),
  "POST /data/bulk": bulk,
  "POST /ds/{dataset}": ds("POST"),
  "PATCH /ds/{dataset}": ds("PATCH"),
  "PUT /ds/{dataset}": ds("PUT"),
  "DELETE /ds/{dataset}": ds("DELETE"),
};
