// Common steps of harvest tests.
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { Client } from "./client.ts";
import { createKey, signIn } from "./keys.ts";

/** Sends a request that has to succeed; returns its body. */
export const done = async (
  client: Client,
  method: string,
  path: string,
  body?: Json,
): Promise<JsonObject> => {
  const answer = await client.send(method, path, body);
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
  return answer.body as JsonObject;
};

/** The id in a response. */
export const idOf = (body: JsonObject): string => String(body["id"]);

/** An instrument, a location and a schedule of them. */
export interface Scene {
  readonly instrument: string;
  readonly location: string;
  readonly schedule: string;
}

/** Creates one. */
export const scene = async (
  admin: Client,
  name: string,
  location: JsonObject = { type: "posix", base_path: "/archive" },
): Promise<Scene> => {
  const instrument = idOf(
    await done(admin, "POST", "/api/instruments", { name, cifs_host: "host", cifs_share: "data" }),
  );
  const place = idOf(
    await done(admin, "POST", "/api/storage-locations", { name: `${name} place`, ...location }),
  );
  const schedule = idOf(
    await done(admin, "POST", "/api/schedules", {
      instrument_id: instrument,
      default_storage_location_id: place,
      cron_expression: "0 0 1 1 *",
    }),
  );
  return { instrument, location: place, schedule };
};

/** A token of a key that may only harvest. */
export const workerToken = async (admin: Client): Promise<string> => {
  const policy = { payload_types: ["*"], actions: ["harvest"] };
  return (await signIn(await createKey(admin, [policy]))).access_token;
};

/** Starts a run of a schedule and claims it; returns its id. */
export const claimed = async (
  admin: Client,
  worker: Client,
  { schedule }: Scene,
  name = "w",
): Promise<string> => {
  await done(admin, "POST", `/api/schedules/${schedule}/trigger`);
  return idOf(await done(worker, "POST", "/api/harvest/runs/claim", { worker: name }));
};

/** Entries of a discovery with these paths. */
const entriesOf = (...paths: readonly string[]): JsonObject => ({
  entries: paths.map((source_path) => ({
    source_path,
    filename: source_path.slice(source_path.lastIndexOf("/") + 1),
    size_bytes: source_path.length,
    mod_time: "2026-01-15T09:00:00Z",
  })),
});

/** Reports a discovery; returns the items. */
export const discover = async (
  worker: Client,
  run: string,
  ...paths: readonly string[]
): Promise<readonly JsonObject[]> => {
  const path = `/api/harvest/runs/${run}/discovered`;
  return (await done(worker, "POST", path, entriesOf(...paths)))["items"] as readonly JsonObject[];
};

/** Reports that files are copied. */
export const complete = async (
  worker: Client,
  run: string,
  items: readonly JsonObject[],
  hash = "26c7827d889f6da3",
): Promise<JsonObject> =>
  done(worker, "POST", `/api/harvest/runs/${run}/transfers`, {
    items: items.map(({ file_id = null }) => ({
      file_id,
      status: "completed",
      bytes_transferred: 5,
      source_checksum: hash,
      dest_checksum: hash,
    })),
  });

/** A location in the server's own bucket. */
export const ownBucket = (base_path = "/archive", config: JsonObject = {}): JsonObject => ({
  type: "s3",
  base_path,
  connection_config: {
    bucket: "vxdata",
    region: "auto",
    access_key_id: "k",
    secret_access_key: "unspeakable-key",
    ...config,
  },
});

/** The key of an item's object. */
export const keyOfItem = ({ destination_path: path = "" }: JsonObject): string =>
  String(path).replace(/^\/+/, "");

/** A file that was harvested into the server's own bucket. */
export interface Harvested extends Scene {
  readonly run: string;
  readonly file: string;
  readonly key: string;
}

/** Harvests one file, whose content is `hello`, into the server's own bucket. */
export const harvestHello = async (
  admin: Client,
  worker: Client,
  name: string,
  path = "scan/1.dcm",
): Promise<Harvested> => {
  const made = await scene(admin, name, ownBucket());
  const run = await claimed(admin, worker, made, name);
  const [item = {}] = await discover(worker, run, path);
  const key = keyOfItem(item);
  await env.BUCKET.put(key, "hello");
  await complete(worker, run, [item]);
  await done(worker, "POST", `/api/harvest/runs/${run}/finish`, {});
  return { ...made, run, file: String(item["file_id"]), key };
};
