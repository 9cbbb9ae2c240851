// Registrations, harvests, objects.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import type { Client } from "../clients/http.ts";
import { succeed } from "../fixtures/restricted-tree.ts";
import { createAll, range, send, type Call, type Shape, type Stage } from "./shape.ts";

const most = LIMITS.batchItemsMax;

const patients = (source: string, size: number): Call => ({
  method: "POST",
  path: "/patients/register",
  body: { items: range(size).map((at) => ({ datasource_id: source, external_uid: `uid ${at}` })) },
});

const makeSource = async (stage: Stage): Promise<string> => {
  const identifier = `${stage.prefix}source`;
  await createAll(stage, [{ identifier, payload_type: "datasource", name: "source" }]);
  return identifier;
};

const makePatients = async (stage: Stage, size: number): Promise<readonly string[]> => {
  const answer = await succeed(send(stage, patients(await makeSource(stage), size)));
  return (answer as JsonObject)["identifiers"] as readonly string[];
};

const studies = (scopes: readonly string[]): Call => ({
  method: "POST",
  path: "/studies/register",
  body: {
    items: scopes.map((patient_identifier, at) => ({
      patient_identifier,
      external_uid: `uid ${at}`,
    })),
  },
});

const REGISTRATIONS: readonly Shape[] = [
  {
    name: "patients",
    operation: "POST /patients/register",
    most,
    stage: async (stage, size) => patients(await makeSource(stage), size),
  },
  {
    name: "a study of each of many patients",
    operation: "POST /studies/register",
    most,
    stage: async (stage, size) => studies(await makePatients(stage, size)),
  },
  {
    name: "many studies of a patient",
    operation: "POST /studies/register",
    most,
    stage: async (stage, size) => {
      const [patient = ""] = await makePatients(stage, 1);
      return studies(range(size).map(() => patient));
    },
  },
];

interface Run {
  readonly path: string;
  readonly token: string;
}

/** Sends a call that has to succeed; returns its body. */
const made = async (client: Client, path: string, body?: JsonObject): Promise<JsonObject> => {
  const answer = await client.send("POST", path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer.body as JsonObject;
};

const idOf = ({ id }: JsonObject): string => String(id);

/** A run that a worker has claimed. */
const beginRun = async ({ admin, word, as }: Stage): Promise<Run> => {
  const policies = [{ payload_types: ["*"], actions: ["harvest"] }];
  const { key = "", secret = "" } = await made(admin, "/admin/api-keys", { policies });
  const session = await made(admin, "/auth", { method: "apk", key, secret });
  const token = String(session["access_token"]);
  const host = { cifs_host: "host", cifs_share: "data" };
  const instrument = await made(admin, "/api/instruments", { name: word, ...host });
  const place = { name: word, type: "posix", base_path: "/archive" };
  const schedule = await made(admin, "/api/schedules", {
    instrument_id: idOf(instrument),
    default_storage_location_id: idOf(await made(admin, "/api/storage-locations", place)),
    cron_expression: "0 0 1 1 *",
  });
  await made(admin, `/api/schedules/${idOf(schedule)}/trigger`);
  const run = await made(as(token), "/api/harvest/runs/claim", { worker: "w" });
  return { path: `/api/harvest/runs/${idOf(run)}`, token };
};

const entries = (size: number): Json =>
  range(size).map((at) => ({
    source_path: `folder/${at}.dcm`,
    filename: `${at}.dcm`,
    size_bytes: 5,
    mod_time: "2026-01-15T09:00:00Z",
  }));

const discovery = ({ path, token }: Run, size: number): Call => ({
  method: "POST",
  path: `${path}/discovered`,
  body: { entries: entries(size) },
  token,
});

const HARVEST: readonly Shape[] = [
  {
    name: "files that are found",
    operation: "POST /api/harvest/runs/{id}/discovered",
    // All hooks are read: an installation has a few.
    walk: "table",
    most: LIMITS.harvestDiscoveredMax,
    stage: async (stage, size) => discovery(await beginRun(stage), size),
  },
  {
    name: "files that are copied",
    operation: "POST /api/harvest/runs/{id}/transfers",
    // All hooks are read: an installation has a few.
    walk: "table",
    most: LIMITS.harvestReportMax,
    stage: async (stage, size) => {
      const run = await beginRun(stage);
      const { path, body } = discovery(run, size);
      const found = await made(stage.as(run.token), path, body as JsonObject);
      const items = (found["items"] as readonly JsonObject[]).map(({ file_id = null }) => ({
        file_id,
        status: "completed",
        bytes_transferred: 5,
        source_checksum: "26c7827d889f6da3",
        dest_checksum: "26c7827d889f6da3",
      }));
      return { method: "POST", path: `${run.path}/transfers`, body: { items }, token: run.token };
    },
  },
];

const OBJECTS: readonly Shape[] = [
  {
    name: "uploads that are promised",
    operation: "POST /s3/presign/batch",
    most: LIMITS.addressesMax,
    stage: async ({ word }, size) => ({
      method: "POST",
      path: "/s3/presign/batch",
      body: {
        direction: "upload",
        items: range(size).map((at) => ({ filename: `${at}`, group: word })),
      },
    }),
  },
];

/** Shapes of registrations, harvests and uploads. */
export const OTHERS: readonly Shape[] = [...REGISTRATIONS, ...HARVEST, ...OBJECTS];
