// The requests of the cost test about the catalogue.
import {
  below,
  encoded,
  OUTSIDERS,
  same,
  withId,
  type CostRequest,
  type Reads,
} from "./request.ts";
import type { Stock } from "./stock.ts";

const image = { payload_type: "image", limit: 5 };

const queries = ({ study, patient, early, late }: Stock): readonly CostRequest[] => [
  { word: "newest", body: { limit: 5 } },
  { word: "oldest", body: { limit: 5, sort_order: "asc" } },
  { word: "newest of a type", body: image },
  { word: "oldest of a type", body: { ...image, sort_order: "asc" } },
  { word: "newest of two types", body: { ...image, payload_type: ["image", "patient"] } },
  { word: "value", body: { ...image, filters: { modality: "CT" } } },
  { word: "value of few", who: OUTSIDERS, body: { ...image, filters: { modality: "US" } } },
  {
    word: "by a field",
    who: OUTSIDERS,
    body: { ...image, sort_by: "patient_age_years", filters: { modality: "US" } },
  },
  {
    word: "range",
    who: OUTSIDERS,
    body: { ...image, sort_by: "patient_age_years", filters: { patient_age_years: { gt: 40 } } },
  },
  { word: "children", body: { limit: 5, ...below(study, false) } },
  { word: "below", body: { limit: 5, ...below("quiet") } },
  { word: "below of a type", body: { ...image, ...below("quiet") } },
  { word: "below by a field", body: { ...image, ...below("quiet"), sort_by: "patient_age_years" } },
  {
    word: "below by a pattern",
    body: { ...image, ...below(patient), filters: { modality: { regex: "^C" } } },
  },
  {
    word: "children among hidden ones",
    who: OUTSIDERS,
    body: { limit: 5, ...below("crowded/patient", false) },
  },
  { word: "below among hidden ones", who: OUTSIDERS, body: { limit: 5, ...below("crowded") } },
  { word: "identifiers", body: { identifiers: [`${study}/image-0`, "quiet/closed"] } },
  { word: "identifier", body: { filters: { identifier: `${study}/image-0` } } },
  { word: "parent", body: { ...image, filters: { parent_identifier: study } } },
  { word: "newest as of", body: { limit: 5, as_of: late } },
  { word: "newest of a type as of", body: { ...image, as_of: late } },
  { word: "value as of", body: { ...image, filters: { modality: "CT" }, as_of: late } },
  { word: "below as of", body: { limit: 5, ...below("quiet"), as_of: late } },
  { word: "below of a type as of", body: { ...image, ...below("quiet"), as_of: early } },
  { word: "children as of", body: { limit: 5, ...below(study, false), as_of: late } },
  { word: "identifiers as of", body: { identifiers: [`${study}/image-0`], as_of: early } },
];

const counts = ({ study, early, late }: Stock): readonly CostRequest[] => [
  { word: "value", who: OUTSIDERS, body: { payload_type: "image", filters: { modality: "US" } } },
  {
    word: "range",
    body: { payload_type: "image", filters: { patient_age_years: { gt: 900 } } },
  },
  { word: "children", body: below(study, false) },
  { word: "below", body: below("quiet") },
  { word: "below of a type", body: { payload_type: "image", ...below("quiet") } },
  { word: "below among hidden ones", who: OUTSIDERS, body: below("crowded") },
  { word: "below as of", body: { ...below("quiet"), as_of: late } },
  {
    word: "below of a type as of",
    body: { payload_type: "image", ...below("quiet"), as_of: early },
  },
  { word: "identifiers", body: { identifiers: [`${study}/image-0`] } },
];

const TREE: Reads = {
  "GET /children": ({ study, late }) => [
    { word: "roots", path: "/children?limit=5" },
    { path: "/children?parent_identifier=quiet&with_payloads=true" },
    { word: "leaves", path: `/children?parent_identifier=${encoded(study)}` },
    {
      word: "above hidden ones",
      who: OUTSIDERS,
      path: "/children?parent_identifier=crowded",
    },
    {
      word: "among hidden ones",
      who: OUTSIDERS,
      path: "/children?parent_identifier=crowded%2Fpatient",
    },
    { word: "as of", path: `/children?parent_identifier=quiet&as_of=${encoded(late)}` },
  ],
  "GET /parents/{identifier}": ({ study, early }) => {
    const path = `/parents/${encoded(`${study}/image-0`)}`;
    return [{ path }, { word: "as of", path: `${path}?as_of=${encoded(early)}` }];
  },
  "GET /lineage/{identifier}": ({ study, late }) => [
    { path: `/lineage/${encoded(`${study}/image-0`)}?direction=both` },
    { word: "down", path: "/lineage/quiet?direction=down" },
    {
      word: "down to hidden ones",
      who: OUTSIDERS,
      path: "/lineage/crowded?direction=down",
    },
    { word: "as of", path: `/lineage/quiet?direction=down&as_of=${encoded(late)}` },
  ],
  "GET /datasources/stats": ({ late }) => [
    {},
    { word: "as of", path: `/datasources/stats?as_of=${encoded(late)}` },
  ],
  "GET /datasources/detailed-stats": same(
    {},
    { word: "of one", path: "/datasources/detailed-stats?datasource_id=quiet" },
    {
      word: "of one with hidden ones",
      who: OUTSIDERS,
      path: "/datasources/detailed-stats?datasource_id=crowded",
    },
  ),
};

const OBJECTS: Reads = {
  "POST /query/parquet": same(
    { body: image },
    { word: "below", body: { ...image, ...below("quiet") } },
  ),
  "POST /exports": ({ early }) => {
    const query = { payload_type: "image", ...below("quiet") };
    return [
      { body: { query, format: "csv" } },
      { word: "as of", body: { query: { ...query, as_of: early }, format: "ndjson" } },
    ];
  },
  "GET /exports/{id}": withId("/exports/{id}", "export"),
  "GET /exports/{id}/file": ({ ids }) => [{ path: ids["exported"] ?? "" }],
  "GET /s3/config": same({}),
  "POST /s3/presign": ({ ids: { object = "" } }) => [
    { body: { direction: "download", path: object } },
  ],
  "POST /s3/presign/batch": ({ ids: { object = "" } }) => [
    { body: { direction: "download", items: [{ path: object }] } },
  ],
  "GET /s3/parquet": ({ ids: { object = "" } }) => [{ path: `/s3/parquet?path=${object}` }],
};

/** The requests. */
export const CATALOGUE_READS: Reads = {
  ...TREE,
  ...OBJECTS,
  "POST /query": queries,
  "POST /query/count": counts,
  "POST /query/explain": same({ body: { ...image, filters: { modality: "US" } } }),
  "POST /resources/read": ({ study, early }) => [
    { body: { identifiers: [`${study}/image-0`, "quiet/closed", "quiet"] } },
    { word: "with children", body: { identifiers: [study] } },
    {
      word: "with hidden children",
      who: OUTSIDERS,
      body: { identifiers: ["crowded/patient"] },
    },
    { word: "as of", body: { identifiers: [`${study}/image-0`, study], as_of: early } },
  ],
  "POST /resources/history": ({ study, early }) => [
    { body: { identifier: `${study}/image-0` } },
    { word: "as of", body: { identifier: `${study}/image-0`, as_of: early } },
  ],
  "POST /resources/diff": ({ study }) => [
    { body: { identifier: `${study}/image-0`, from: 1, to: 2 } },
  ],
  "POST /resources/grants/read": ({ late }) => [
    { body: { identifiers: ["quiet/closed"] } },
    { word: "as of", body: { identifiers: ["quiet/closed"], as_of: late } },
  ],
  "GET /changes": ({ transaction, lastTransaction, late }) => [
    { word: "from the start", path: "/changes?limit=5&after=0" },
    { word: "in the midst", path: `/changes?limit=5&after=${transaction - 1}` },
    { word: "before what is large", path: `/changes?limit=5&after=${lastTransaction - 1}` },
    { word: "as of", path: `/changes?limit=5&after=0&as_of=${encoded(late)}` },
  ],
  "GET /transactions/{id}": ({ transaction }) => [{ path: `/transactions/${transaction}` }],
  "GET /artefacts/latest": ({ late }) => {
    const path = "/artefacts/latest?repo=repo&branch=main&path=out";
    return [{ path }, { word: "as of", path: `${path}&as_of=${encoded(late)}` }];
  },
  "GET /schemas": ({ late }) => [{}, { word: "as of", path: `/schemas?as_of=${encoded(late)}` }],
  "GET /schemas/{payload_type}": same({ path: "/schemas/image" }),
  "GET /schemas/{payload_type}/indexes": same({ path: "/schemas/image/indexes" }),
  "POST /patients/resolve": same({ body: { datasource_id: "quiet", external_uid: "uid 1" } }),
  "POST /studies/resolve": ({ patient }) => [
    { body: { patient_identifier: patient, external_uid: "uid 2" } },
  ],
};
