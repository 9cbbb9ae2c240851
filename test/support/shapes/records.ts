// Records of datasets with their links, and documents of entities.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import { define, pathOf, type Parameters } from "../clients/datasets.ts";
import { defineEntity } from "../clients/entities.ts";
import { succeed } from "../fixtures/restricted-tree.ts";
import { range, send, type Call, type Shape, type Stage } from "./shape.ts";

const most = LIMITS.batchItemsMax;
const linked = LIMITS.linksTouchedMax;

const childName = ({ word }: Stage): string => `${word}_child`;
const parentName = ({ word }: Stage): string => `${word}_parent`;

const definition = (relations: readonly JsonObject[] = []): JsonObject => ({
  fields: [{ name: "name", type: "string" }],
  relations: [...relations],
});

/** Parents with shared children that are deleted with the last of them. */
const defineFamily = async (stage: Stage, cascade = true): Promise<void> => {
  const dataset = childName(stage);
  await define(stage.admin, dataset, definition());
  const relation = { dataset, cardinality: "many-to-many", cascade };
  await define(stage.admin, parentName(stage), definition([relation]));
};

const on = (method: string, dataset: string, parameters: Parameters, body?: Json): Call => ({
  method,
  path: pathOf(dataset, parameters),
  ...(body === undefined ? {} : { body }),
});

const records = (word: string, size: number): Json =>
  range(size).map((at) => ({ name: `${word}${at}` }));

const like = (word: string): Json => [{ field: "name" }, "like", `${word}%`];

/** Inserts records, as many at once as a call takes. */
const insert = async (stage: Stage, dataset: string, word: string, size: number): Promise<void> => {
  for (let at = 0; at < size; at += most) {
    const part = records(`${word}${at}-`, Math.min(most, size - at));
    await succeed(send(stage, on("POST", dataset, {}, part)));
  }
};

const attaching = (stage: Stage, action: string, parents: string, children: string): Call =>
  on(
    "PUT",
    parentName(stage),
    {
      cond: like(parents),
      action,
      action_resource: childName(stage),
      action_cond: like(children),
    },
    {},
  );

/** Children of which each has so many parents. */
const SHARED = 4;

const makeShared = async (stage: Stage, size: number, cascade = true): Promise<void> => {
  await defineFamily(stage, cascade);
  await insert(stage, parentName(stage), "p", Math.floor(size / SHARED));
  await insert(stage, childName(stage), "c", SHARED);
  const answer = await send(stage, attaching(stage, "attach", "p", "c"));
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
};

const RECORDS: readonly Shape[] = [
  {
    name: "records",
    operation: "POST /ds/{dataset}",
    most,
    stage: async (stage, size) => {
      await defineFamily(stage);
      return on("POST", childName(stage), {}, records("r", size));
    },
  },
  {
    name: "one record with children, by record",
    operation: "POST /ds/{dataset}",
    most: LIMITS.insertedRecordsMax,
    stage: async (stage, size) => {
      await defineFamily(stage);
      const child = childName(stage);
      return on("POST", parentName(stage), {}, [{ name: "p", [child]: records("c", size - 1) }]);
    },
  },
  {
    name: "links, by link",
    operation: "PUT /ds/{dataset}",
    walk: "index",
    most: linked,
    status: 201,
    stage: async (stage, size) => {
      await defineFamily(stage);
      await insert(stage, parentName(stage), "p", SHARED);
      await insert(stage, childName(stage), "c", Math.floor(size / SHARED));
      return attaching(stage, "attach", "p", "c");
    },
  },
  {
    name: "links taken away, by link",
    operation: "PUT /ds/{dataset}",
    walk: "index",
    most: linked,
    status: 201,
    stage: async (stage, size) => {
      await makeShared(stage, size);
      return attaching(stage, "detach", "p", "c");
    },
  },
  {
    name: "one member of many records",
    operation: "PATCH /ds/{dataset}",
    walk: "index",
    most,
    status: 201,
    stage: async (stage, size) => {
      await defineFamily(stage);
      await insert(stage, childName(stage), "c", size);
      return on("PATCH", childName(stage), { cond: like("c") }, { name: "d" });
    },
  },
  {
    name: "parents with the children that they share, by link",
    operation: "DELETE /ds/{dataset}",
    walk: "index",
    most: linked,
    stage: async (stage, size) => {
      await makeShared(stage, size);
      return on("DELETE", parentName(stage), { cond: like("p") });
    },
  },
  {
    name: "children that are only taken from their parents, by link",
    operation: "DELETE /ds/{dataset}",
    walk: "index",
    most: linked,
    stage: async (stage, size) => {
      await makeShared(stage, size, false);
      return on("DELETE", childName(stage), { cond: like("c") });
    },
  },
];

const FIELDS: JsonObject = {
  code: { type: "string" },
  slices: { type: "integer" },
  tags: { type: "array", items: { type: "string" } },
};

const INDEXES: Json = [{ name: "by_code", unique: true, fields: [{ field: "code" }] }];

const documents = (word: string, size: number, members: JsonObject = {}): JsonObject => ({
  data: range(size).map((at) => ({
    _id: `${word}/${at}`,
    code: `${word}/${at}`,
    slices: 1,
    tags: ["a", "b"],
    ...members,
  })),
});

const defineDocuments = (stage: Stage): Promise<void> =>
  defineEntity(stage.admin, stage.word, FIELDS, { info: { indexes: INDEXES } });

const inserting = ({ word }: Stage, size: number): Call => ({
  method: "PUT",
  path: `/data/insert/${word}`,
  body: documents(word, size),
});

const onDocuments = (
  command: "save" | "update" | "delete",
  bodyOf: (stage: Stage, size: number) => JsonObject,
): Pick<Shape, "operation" | "most" | "stage"> => ({
  operation: `POST /data/${command}/{entity}`,
  most,
  stage: async (stage, size) => {
    await defineDocuments(stage);
    await succeed(send(stage, inserting(stage, size)));
    return { method: "POST", path: `/data/${command}/${stage.word}`, body: bodyOf(stage, size) };
  },
});

const EVERY: JsonObject = { field: "slices", op: "=", rvalue: 1 };

const DOCUMENTS: readonly Shape[] = [
  {
    name: "documents with a unique key",
    operation: "PUT /data/insert/{entity}",
    most,
    stage: async (stage, size) => {
      await defineDocuments(stage);
      return inserting(stage, size);
    },
  },
  {
    name: "documents with a unique key, saved again",
    ...onDocuments("save", ({ word }, size) => documents(word, size, { slices: 2 })),
  },
  {
    name: "documents of a query, changed",
    walk: "index",
    ...onDocuments("update", () => ({ query: EVERY, update: { $add: { slices: 1 } } })),
  },
  {
    name: "documents of a query, deleted",
    walk: "index",
    ...onDocuments("delete", () => ({ query: EVERY })),
  },
];

/** Shapes of writes of records and documents. */
export const RECORDS_AND_DOCUMENTS: readonly Shape[] = [...RECORDS, ...DOCUMENTS];
