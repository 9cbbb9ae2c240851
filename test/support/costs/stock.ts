// The stock of the cost test: a few resources of each kind. It stays unchanged while the database
// grows around it.
import { env } from "cloudflare:workers";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { appOver } from "../servers/app.ts";
import { adminToken, workerFetch } from "../fixtures/callers.ts";
import { BASE, clientOf, type Client } from "../clients/http.ts";
import {
  claimed,
  complete,
  discover,
  done,
  idOf,
  scene as harvestScene,
  workerToken,
} from "../fixtures/harvest.ts";
import { define, tableOf } from "../clients/datasets.ts";
import { named, parts } from "../fixtures/relations.ts";
import { succeed } from "../fixtures/restricted-tree.ts";
import { ownerOf, sourcesApp, specOf } from "../fixtures/sources.ts";
import { upload } from "../fixtures/uploads.ts";
import type { Callers } from "./callers.ts";

/** Names and ids of the stock. */
export interface Stock {
  readonly patient: string;
  readonly study: string;
  /** Instants before the last changes of the stock, and after all of them. */
  readonly early: string;
  readonly late: string;
  /** A transaction in the middle, and the last one. */
  readonly transaction: number;
  readonly lastTransaction: number;
  readonly ids: Readonly<Record<string, string>>;
}

const open = (identifier: string, payload_type: string, members: JsonObject = {}): JsonObject => ({
  identifier,
  payload_type,
  access_level: "public",
  ...members,
});

const images = (parent: string, count: number, members: JsonObject = {}): readonly JsonObject[] =>
  Array.from({ length: count }, (_each, at) =>
    open(`${parent}/image-${at}`, "image", {
      modality: "CT",
      patient_age_years: 40 + at,
      ...members,
    }),
  );

const below = (parent_identifier: string, rows: readonly JsonObject[]): readonly JsonObject[] =>
  rows.map((row) => ({ ...row, parent_identifier }));

const create = async (client: Client, rows: readonly JsonObject[]): Promise<number> => {
  const answer = await client.post("/resources/create", { resources: [...rows] });
  if (answer.status !== 200) throw new Error(answer.text);
  return Number(answer.headers.get("x-transaction"));
};

const textOf = async (answer: Promise<Json>, member: string): Promise<string> =>
  String(((await answer) as JsonObject)[member]);

const last = async (): Promise<{ readonly id: number; readonly at: number }> =>
  (await env.DB.prepare(
    "SELECT id, recorded_at AS at FROM transactions ORDER BY id DESC LIMIT 1",
  ).first()) ?? { id: 0, at: 0 };

const instantNow = async (): Promise<string> =>
  new Date(Math.ceil((await last()).at / 1_000)).toISOString();

const others = (object: string): readonly JsonObject[] => [
  open("quiet/closed", "dataset", { access_level: "restricted", name: "closed" }),
  open("quiet/table", "table", { s3_path: object }),
  open("quiet/artefact", "artefact", {
    repo: "repo",
    branch: "main",
    path: "out",
    commit: "c",
    status: "succeeded",
  }),
];

/** The resources: a datasource of its own, and one in which others will hide theirs. */
const makeResources = async ({ owner, other, ownKey }: Callers) => {
  await create(owner, [open("quiet", "datasource", { name: "quiet" })]);
  await create(other, [open("crowded", "datasource", { name: "crowded" })]);
  const patientBody = { datasource_id: "quiet", external_uid: "uid 1" };
  const patient = await textOf(
    succeed(owner.post("/patients/register", patientBody)),
    "identifier",
  );
  const studyBody = { patient_identifier: patient, external_uid: "uid 2" };
  const study = await textOf(succeed(owner.post("/studies/register", studyBody)), "identifier");
  const opened = [patient, study].map((each) => [each, { access_level: "public" }] as const);
  await succeed(owner.post("/resources/update", { updates: Object.fromEntries(opened) }));
  await create(owner, below(study, images(study, 6)));
  const object = await upload(owner, "an object");
  await create(other, [
    ...below("crowded", [open("crowded/patient", "patient")]),
    ...below("crowded/patient", images("crowded/patient", 2, { modality: "US" })),
  ]);
  const transaction = await create(owner, [
    ...below("quiet", others(object)),
    ...below("quiet/closed", images("quiet/closed", 2)),
    open("quiet/derived", "annotation", {
      parent_identifier: "quiet",
      derived_from: [`${study}/image-0`, `${study}/image-1`],
      label: "derived",
    }),
  ]);
  const early = await instantNow();
  for (const age of [50, 60, 70]) {
    const changed = [0, 1].map(
      (at) => [`${study}/image-${at}`, { patient_age_years: age }] as const,
    );
    await succeed(owner.post("/resources/update", { updates: Object.fromEntries(changed) }));
  }
  await create(ownKey, images("own", 2));
  return { patient, study, early, transaction, object };
};

const makeHarvest = async ({ admin, granteeId, userId }: Callers) => {
  const made = await harvestScene(admin, "machine");
  const add = async (path: string, body: JsonObject): Promise<string> =>
    idOf(await done(admin, "POST", path, body));
  const group = await add("/api/groups", { name: "group" });
  const project = await add("/api/projects", { name: "project" });
  const password = "a long secret";
  const account = await add("/api/service-accounts", { name: "a", username: "b", password });
  const hook = await add("/api/hooks", {
    name: "hook",
    trigger: "pre_transfer",
    implementation: "builtin",
    enabled: false,
  });
  const member = { member_type: "user", member_id: userId };
  await done(admin, "POST", `/api/groups/${group}/members`, { user_id: userId });
  await done(admin, "POST", `/api/projects/${project}/members`, member);
  await done(admin, "POST", `/api/instruments/${made.instrument}/access`, { user_id: granteeId });
  const worker = clientOf(workerFetch, await workerToken(admin));
  const run = await claimed(admin, worker, made);
  const items = await discover(worker, run, "one.dcm", "two.dcm");
  await complete(worker, run, items);
  await done(worker, "POST", `/api/harvest/runs/${run}/finish`, {});
  const file = String(items[0]?.["file_id"]);
  await done(admin, "POST", `/api/files/${file}/access`, {
    grantee_type: "user",
    grantee_id: granteeId,
  });
  const [moved] = (await succeed(
    admin.get(`/api/transfers?file_id=${file}`),
  )) as readonly JsonObject[];
  return { ...made, group, project, account, hook, file, transfer: String(moved?.["id"]) };
};

/** Records that others are linked to. */
const makeRecords = async ({ admin, owner }: Callers): Promise<string> => {
  await define(admin, "photo", named(["name"]));
  const relation = { dataset: "photo", cardinality: "one-to-many" };
  await define(admin, "album", named(["name"], [relation]));
  const [album] = await tableOf(owner, "album").post({
    name: "stock",
    photo: parts(["a", "b"]) as Json,
  });
  return String(album?.["id"]);
};

/** An object in the bucket, an export, a task, and a source. */
const makeFiles = async (object: string) => {
  const app = appOver(env.DB);
  const admin = clientOf(app, await adminToken());
  const query = { payload_type: "image", parent_identifier: "quiet" };
  const file = await app(
    new Request(`${BASE}/query/parquet`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await adminToken()}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(query),
    }),
  );
  await env.BUCKET.put(object, await file.arrayBuffer());
  const ordered = (await admin.post("/exports", { query, format: "csv" })).body as JsonObject;
  const exported = (await succeed(admin.get(`/exports/${String(ordered["id"])}`))) as JsonObject;
  const find = { entity: "dataset", projection: { field: "_id" }, execution: { asynchronous: 0 } };
  const task = (await admin.post("/data/find", find)).body as JsonObject;
  const uploader = await ownerOf("uploader@example.org", sourcesApp({}));
  const { flow_id: flow } = await uploader.upload(specOf(uploader.id, "source", []));
  return {
    export: String(ordered["id"]),
    exported: String(exported["url"]).replace(/^https?:\/\/[^/]+/, ""),
    task: String(task["taskHandle"]),
    flow: flow ?? "",
  };
};

/**
 * A few rows of what other callers will see many of: callers who see nothing restricted pay less.
 */
const makeLittle = async ({ other, granteeOfManyId }: Callers): Promise<void> => {
  const little = open("little", "dataset", { access_level: "restricted", name: "little" });
  await create(other, [little]);
  await create(other, below("little", images("little", 2, { modality: "XA" })));
  const grant = { identifier: "little", grantee_type: "user", grantee_id: granteeOfManyId };
  await succeed(other.post("/resources/grants/create", { grants: [grant] }));
};

/** Creates it. */
export const makeStock = async (callers: Callers): Promise<Stock> => {
  const { object, ...resources } = await makeResources(callers);
  const grant = {
    identifier: "quiet/closed",
    grantee_type: "user",
    grantee_id: callers.granteeId,
  };
  await succeed(callers.owner.post("/resources/grants/create", { grants: [grant] }));
  await makeLittle(callers);
  const harvest = await makeHarvest(callers);
  const files = await makeFiles(object);
  const album = await makeRecords(callers);
  return {
    ...resources,
    late: await instantNow(),
    lastTransaction: (await last()).id,
    ids: { ...harvest, ...files, album, object, grantee: callers.granteeId },
  };
};
