// Resources that are all written at once, and responses of several parts that contain them.
import { expect } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { BASE, type Client, type Fetch } from "./client.ts";
import { define, tableOf } from "./datasets.ts";
import { readFile } from "./files.ts";
import { succeed } from "./scene.ts";

/** More than the first page of any walk or stream. */
const MANY = 1_050;
const FEW = 23;
/** Parents with a child: some of the first page of a walk, and some of the last. */
const FAMILIES = [0, 1, 2, MANY - 2, MANY - 1];

/** Resources that are all written at once: in every state all of them are of one round. */
export interface Herd {
  readonly query: JsonObject;
  readonly identifiers: readonly string[];
}

/** In the order of pages: one call created all of them. */
const identifiersOf = (rows: Json): readonly string[] =>
  (rows as readonly JsonObject[]).map((row) => String(row["id"])).toSorted();

const makeHerd = async (admin: Client, name: string, size: number): Promise<Herd> => {
  const fields = [
    { name: "word", type: "string" },
    { name: "round", type: "integer" },
  ];
  await define(admin, name, { fields });
  const records = Array.from({ length: size }, (_, at) => ({ word: `w${at}`, round: 0 }));
  const identifiers = identifiersOf([...(await tableOf(admin, name).post(records))]);
  return { query: { payload_type: name }, identifiers };
};

/** Parents with children: what is linked is of the same round too. */
const makeFamilies = async (admin: Client): Promise<Herd> => {
  const fields = [
    { name: "word", type: "string" },
    { name: "round", type: "integer" },
  ];
  await define(admin, "lamb", { fields });
  await define(admin, "ewe", {
    fields,
    relations: [{ dataset: "lamb", cardinality: "one-to-many" }],
  });
  const parents = Array.from({ length: MANY }, (_, at) => ({
    word: `w${at}`,
    round: 0,
    ...(FAMILIES.includes(at) ? { lamb: [{ word: `l${at}`, round: 0 }] } : {}),
  }));
  const made = await tableOf(admin, "ewe").post(parents, { outputs: ["word", "lamb.word"] });
  const below = made.flatMap((row) => identifiersOf(row["lamb"] ?? []));
  return { query: { payload_type: "ewe" }, identifiers: [...identifiersOf([...made]), ...below] };
};

let round = 0;

/** Writes the whole herd anew, in one transaction. */
export const turn = async (admin: Client, { identifiers }: Herd): Promise<void> => {
  round += 1;
  const updates = Object.fromEntries(identifiers.map((each) => [each, { round }]));
  await succeed(admin.post("/resources/update", { updates }));
};

/** The instant of the last change, and the round that was written in it. */
export const momentOf = async (
  admin: Client,
  { identifiers }: Herd,
): Promise<readonly [string, number]> => {
  const body = { identifiers: identifiers.slice(0, 1) };
  const [row] = (await succeed(admin.post("/resources/read", body))) as readonly JsonObject[];
  return [String(row?.["updated_at"]), Number(row?.["round"])];
};

/** Whose rows are read, and as of when. */
export interface Asked {
  readonly client: Client;
  readonly fetch: Fetch;
  readonly token: string;
  readonly herd: Herd;
  readonly asOf: string | undefined;
}

const dated = (asOf: string | undefined): JsonObject => (asOf === undefined ? {} : { as_of: asOf });

/** Rows of all pages of a query. */
const pagesOf = async (
  { client, herd, asOf }: Asked,
  more: JsonObject,
): Promise<readonly JsonObject[]> => {
  const rows: JsonObject[] = [];
  let cursor: Json = null;
  do {
    const body: JsonObject = { ...herd.query, ...more, ...dated(asOf), cursor };
    const page = (await succeed(client.post("/query", body))) as JsonObject;
    rows.push(...(page["results"] as readonly JsonObject[]));
    cursor = page["next_cursor"] ?? null;
  } while (cursor !== null);
  return rows;
};

const streamed = async ({ client, herd, asOf }: Asked): Promise<readonly JsonObject[]> => {
  const projection = { field: "*", recursive: true };
  const path = `/data/find/${String(herd.query["payload_type"])}?stream=true`;
  const { text } = await client.post(path, { projection, ...dated(asOf) });
  const lines = JSON.parse(`[${text.replaceAll("}{", "},{")}]`) as readonly JsonObject[];
  return lines.slice(1).map((line) => line["processed"] as JsonObject);
};

const recordsOf = (
  { client, herd, asOf }: Asked,
  parameters: JsonObject = {},
): Promise<readonly JsonObject[]> =>
  tableOf(client, String(herd.query["payload_type"])).get({ ...parameters, ...dated(asOf) });

const SOME_WORD = [{ field: "word" }, "regex", "^w"];

/** Parents with their children, each a row. */
const withLinked = async (asked: Asked, cond?: Json): Promise<readonly JsonObject[]> => {
  const outputs = ["round", "lamb.round"];
  const rows = await recordsOf(asked, { outputs, ...(cond === undefined ? {} : { cond }) });
  return rows.flatMap((row) => [row, ...(row["lamb"] as readonly JsonObject[])]);
};

const exported = async (
  { client, fetch, herd, asOf }: Asked,
  format: string,
): Promise<Response> => {
  const query = { ...herd.query, ...dated(asOf) };
  const { body } = await client.post("/exports", { query, format });
  const id = String((body as JsonObject)["id"]);
  const done = (await succeed(client.get(`/exports/${id}`))) as JsonObject;
  expect(done["state"]).toBe("succeeded");
  if (asOf !== undefined) expect(done["as_of"]).toBe(asOf);
  return fetch(new Request(String(done["url"])));
};

const parquetOf = async ({ fetch, token, herd, asOf }: Asked): Promise<readonly JsonObject[]> => {
  const response = await fetch(
    new Request(`${BASE}/query/parquet`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ ...herd.query, ...dated(asOf) }),
    }),
  );
  return readFile(await response.arrayBuffer());
};

/** The herds that there are. */
export interface Herds {
  readonly few: Herd;
  readonly many: Herd;
  readonly families: Herd;
}

/** Makes the herds; a test file does it once. */
export const makeHerds = async (admin: Client): Promise<Herds> => ({
  few: await makeHerd(admin, "flock", FEW),
  many: await makeHerd(admin, "herd", MANY),
  families: await makeFamilies(admin),
});

/** A response of several parts: its rows, and their number. */
export type MultipartRead = readonly [
  name: string,
  herd: keyof Herds,
  count: number,
  rows: (asked: Asked) => Promise<readonly JsonObject[]>,
];

/** Every kind of response that takes more than one call. */
export const MULTIPART_READS: readonly MultipartRead[] = [
  ["pages of a query", "few", FEW, (asked) => pagesOf(asked, { limit: 4 })],
  [
    "pages of a query sorted by what changes",
    "few",
    FEW,
    (asked) => pagesOf(asked, { limit: 1, sort_by: "round" }),
  ],
  [
    "pages of a query that is decided row by row",
    "many",
    MANY / 10,
    (asked) => pagesOf(asked, { limit: MANY / 10 - 1, filters: { word: { regex: "7$" } } }),
  ],
  ["a stream of documents", "many", MANY, streamed],
  ["records", "many", MANY, (asked) => recordsOf(asked)],
  [
    "records that are decided row by row",
    "many",
    MANY,
    (asked) => recordsOf(asked, { cond: SOME_WORD }),
  ],
  ["records with linked ones", "families", MANY + FAMILIES.length, (asked) => withLinked(asked)],
  [
    "records with linked ones that are decided row by row",
    "families",
    MANY + FAMILIES.length,
    (asked) => withLinked(asked, SOME_WORD),
  ],
  ["a Parquet file", "many", MANY, parquetOf],
  [
    "an export as NDJSON",
    "many",
    MANY,
    async (asked) =>
      (await (await exported(asked, "ndjson")).text())
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as JsonObject),
  ],
  [
    "an export as Parquet",
    "many",
    MANY,
    async (asked) => readFile(await (await exported(asked, "parquet")).arrayBuffer()),
  ],
  [
    "an export as CSV",
    "many",
    MANY,
    async (asked) => {
      const [head = "", ...lines] = (await (await exported(asked, "csv")).text())
        .trimEnd()
        .split("\r\n");
      const at = head.split(",").indexOf("round");
      return lines.map((line) => ({
        round: Number(line.split(",").at(at - head.split(",").length)),
      }));
    },
  ],
];

/** The rounds that rows are of. */
export const roundsOf = (rows: readonly JsonObject[]): readonly number[] => [
  ...new Set(rows.map((row) => Number(row["round"]))),
];
