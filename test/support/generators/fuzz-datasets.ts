// Parameters of dataset calls for fuzzing: of every kind, valid and invalid.
import type { JsonObject } from "../../../src/model/json.ts";

const CONDITIONS = [
  '[{"field":"n"},">",1]',
  '[{"field":"n"},"in",[1,"2",null]]',
  '[{"field":"s"},"regex","^a.*z$"]',
  '[{"field":"s"},"regex","(a|b)*c{1,900}"]',
  '[{"field":"fuzz_parts.s"},"=","x","or",[{"field":"j.k.0"},"!=",null]]',
  '[{"field":"fuzz_parts.s"},"regex","x","and",{"field":"created_at"},">","2020-01-01"]',
  '[{"field":"id"},"=","x"]',
  '[{"field":"id"},"=","5f0c7a1e-8f0e-4b7c-9a39-0c5b7a1f2d10"]',
  '[{"field":"b"},"between",[false,true]]',
  '[{"field":"n"},"=",1e400]',
  '[{"field":"n"},"=",99999999999999999999]',
  '[{"field":"s"},"like","%_\\\\%"]',
  '[{"field":"a.b.c.d"},"null",true]',
  '[1,"=",1]',
  '[[[[[[1,"=",1]]]]]]',
  '[{"field":"__proto__"},"=",1]',
  '[{"field":"constructor"},"=",1]',
  "[]",
  "{}",
  "null",
  "[",
  `[${'{"field":"n"},"=",1,"or",'.repeat(200)}{"field":"n"},"=",2]`,
  "[".repeat(100),
] as const;

const OUTPUTS = [
  '["id","s","fuzz_parts.s","j.k"]',
  '["fuzz_parts"]',
  '[{"n":"count(*)"},"s"]',
  '[{"n":"sum(n)"},{"m":"avg(n)"}]',
  '[{"n":"max(j)"}]',
  '[{"n":"drop(n)"}]',
  '[{"__proto__":"count(id)"}]',
  '["__proto__"]',
  '["fuzz_parts.fuzz_parts.fuzz_parts"]',
  "[1]",
  "[{}]",
  "{}",
  `[${'"s",'.repeat(300)}"n"]`,
] as const;

const RANGES = [
  '{"limit":2,"offset":1}',
  '{"limit":0}',
  '{"offset":1e9}',
  '{"limit":-1}',
  "[]",
  "3",
];

const ORDERS = [
  '{"fields":["n","s"],"direction":"desc"}',
  '{"fields":["j"]}',
  '{"fields":["fuzz_parts.s"]}',
  '{"fields":[],"direction":"asc"}',
  '{"fields":["n"],"direction":"up"}',
  "[]",
];

/** Strings for the parameters of dataset calls, by name. */
export const DATASET_TEXTS: Readonly<Record<string, readonly string[]>> = {
  cond: CONDITIONS,
  action_cond: CONDITIONS,
  outputs: OUTPUTS,
  range: RANGES,
  action_range: RANGES,
  order: ORDERS,
  action_order: ORDERS,
  action: ["attach", "detach", "link", ""],
  action_resource: ["fuzz_parts", "fuzz_scans", "nowhere", "__proto__", ""],
  dataset: ["fuzz_scans", "grant", "nowhere", "__proto__", "constructor", "Image"],
  name: ["fuzz_more", "image", "grant", "__proto__", "constructor", "X", "a".repeat(65)],
};

const FIELDS = [
  { name: "s", type: "string" },
  { name: "n", type: "integer" },
  { name: "b", type: "boolean" },
  { name: "j", type: "json" },
];

/** The datasets of the fuzzing world, as requests in order. */
export const DATASET_WORLD: readonly (readonly [method: string, path: string, body: JsonObject])[] =
  [
    ["PUT", "/admin/datasets/comments", { fields: FIELDS }],
    ["PUT", "/admin/datasets/fuzz_parts", { fields: FIELDS }],
    [
      "PUT",
      "/admin/datasets/fuzz_scans",
      {
        fields: FIELDS,
        indexes: ["n"],
        relations: [{ dataset: "fuzz_parts", cardinality: "one-to-many" }],
      },
    ],
    ["POST", "/ds/fuzz_scans", { s: "a", n: 1, j: { k: [1] }, fuzz_parts: [{ s: "x" }] }],
  ];
