// The requests of the cost test about entities and datasets.
import type { JsonObject } from "../../../src/model/json.ts";
import { encoded, OUTSIDERS, same, withId, type CostRequest, type Reads } from "./request.ts";
import type { Stock } from "./stock.ts";

const EVERYTHING = { field: "*", recursive: true };

const one = ({ study }: Stock): JsonObject => ({
  query: { field: "_id", op: "=", rvalue: `${study}/image-0` },
  projection: EVERYTHING,
});

const FEW = { query: { field: "modality", op: "=", rvalue: "US" }, range: [0, 4] };

const finds = (stock: Stock): readonly CostRequest[] =>
  [
    { body: one(stock) },
    { word: "as of", body: { ...one(stock), as_of: stock.early } },
    { word: "value", who: OUTSIDERS, body: { ...FEW, projection: EVERYTHING } },
    {
      word: "sorted",
      who: OUTSIDERS,
      body: { ...FEW, projection: { field: "modality" }, sort: [{ patient_age_years: "$asc" }] },
    },
  ].map(({ body, ...rest }) => ({ ...rest, body: { entity: "image", ...body } }));

const filled = (path: string): string =>
  path.replace("{entity}", "image").replace("{version}", "1.0.0").replace("{other}", "1.0.0");

/** Every form of an operation: the first with these requests, the others with the simplest. */
const forms = (operation: string, requestsOf: (stock: Stock) => readonly CostRequest[]): Reads =>
  Object.fromEntries([
    [`POST /data/${operation}`, requestsOf],
    ...["/{entity}", "/{entity}/{version}"].flatMap((rest) => {
      const path = `/data/${operation}${filled(rest)}`;
      const simple: Reads[string] = ({ study }) => [
        { path: `${path}?Q=${encoded(`_id:${study}/image-0`)}&P=_id:1` },
      ];
      const whole: Reads[string] = (stock) => [{ path, body: one(stock) }];
      return [
        [`GET /data/${operation}${rest}`, simple],
        [`POST /data/${operation}${rest}`, whole],
      ] as const;
    }),
  ]);

const METADATA = [
  "/metadata",
  "/metadata/{entity}",
  "/metadata/{entity}/{version}",
  "/metadata/{entity}/{version}/diff/{other}",
  "/metadata/roles",
  "/metadata/dependencies",
  "/metadata/{entity}/roles",
  "/metadata/{entity}/dependencies",
  "/metadata/{entity}/{version}/roles",
  "/metadata/{entity}/{version}/dependencies",
] as const;

const records = ({ study, early, late, ids }: Stock): readonly CostRequest[] => {
  const cond = (field: string, value: string, dataset = "image"): string =>
    `/ds/${dataset}?cond=${encoded(JSON.stringify([{ field }, "=", value]))}`;
  const path = cond("id", `${study}/image-0`);
  const album = cond("id", ids["album"] ?? "", "album");
  const figures = encoded('[{"n":"count(*)"},{"oldest":"max(patient_age_years)"}]');
  return [
    { path },
    { word: "as of", path: `${path}&as_of=${encoded(early)}` },
    { word: "value", who: OUTSIDERS, path: cond("modality", "US") },
    { word: "figures", who: OUTSIDERS, path: `${cond("modality", "US")}&outputs=${figures}` },
    { word: "linked", path: `${album}&outputs=${encoded('["name","photo.name"]')}` },
    {
      word: "linked as of",
      path: `${album}&outputs=${encoded('["name","photo"]')}&as_of=${encoded(late)}`,
    },
    { word: "linked to a name", path: cond("photo.name", "a", "album"), who: ["owner", "user"] },
    {
      word: "range",
      path: `/ds/image?range=${encoded('{"limit":5}')}&outputs=${encoded('["id"]')}&order=${encoded('{"fields":["created_at"],"direction":"desc"}')}`,
    },
  ];
};

/** The requests. */
export const DOCUMENT_READS: Reads = {
  ...forms("find", finds),
  ...forms("explain", (stock) => finds(stock).slice(0, 1)),
  "POST /data/bulk": (stock) => {
    const request = { entity: "image", ...one(stock) };
    return [{ body: { requests: [{ seq: 1, op: "find", request }] } }];
  },
  "GET /data/task/{taskHandle}": withId("/data/task/{taskHandle}", "task"),
  "GET /ready": same({}),
  "GET /data/health": same({}),
  "GET /data/diagnostics": same({}),
  ...Object.fromEntries(METADATA.map((path) => [`GET ${path}`, same({ path: filled(path) })])),
  "GET /ds/{dataset}": records,
  "GET /admin/datasets": same({}),
  "GET /admin/datasets/{name}": same({ path: "/admin/datasets/dataset" }),
};
