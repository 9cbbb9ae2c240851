// The setup for tests of the Prefect scheduler: a server that calls a stub, and its callers.
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, expect, vi } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { appOver } from "./app.ts";
import { adminToken, workerFetch } from "./cast.ts";
import { clientOf, type Client } from "./client.ts";
import { done, idOf, workerToken } from "./harvest.ts";
import { prefectStub, type Failure, type PrefectStub } from "./prefect.ts";

const ADDRESS = "http://prefect.test/api";

/** The server's key for Prefect. */
export const PREFECT_KEY = "unspeakable-prefect-key-51c7";

/** Default cron expression of these tests. */
export const CRON = "*/15 * * * *";

/** Any id. */
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ways in which Prefect is unavailable. */
export const FAILURES: readonly Failure[] = ["down", 401, 404, 409, 422, 500];

/** What a test has; all of it is new for each. */
export interface PrefectScene {
  prefect: PrefectStub;
  admin: Client;
  worker: Client;
  /** A caller with another token. */
  other: (token: string) => Client;
  instrument: string;
  location: string;
  /** Bearer tokens of the admin and of a harvest worker. */
  readonly tokens: { admin: string; worker: string };
}

/**
 * Creates the setup before each test of the file, with a new server that knows nothing of Prefect
 * yet.
 */
export const usePrefect = (): PrefectScene => {
  const scene = { tokens: { admin: "", worker: "" }, instrument: "", location: "" } as PrefectScene;

  beforeAll(async () => {
    scene.tokens.admin = await adminToken();
    scene.tokens.worker = await workerToken(clientOf(workerFetch, scene.tokens.admin));
  });

  beforeEach(async () => {
    scene.prefect = prefectStub(ADDRESS);
    vi.stubGlobal("fetch", scene.prefect.fetch);
    const fetch = appOver(env.DB, {
      SCHEDULER: "prefect",
      PREFECT_API_URL: `${ADDRESS}/`,
      PREFECT_API_KEY: PREFECT_KEY,
    });
    scene.admin = clientOf(fetch, scene.tokens.admin);
    scene.worker = clientOf(fetch, scene.tokens.worker);
    scene.other = (token) => clientOf(fetch, token);
    const device = { name: "MR 3", cifs_host: "h", cifs_share: "s" };
    scene.instrument = idOf(await done(scene.admin, "POST", "/api/instruments", device));
    const place = { name: "Archive", type: "posix", base_path: "/archive" };
    scene.location = idOf(await done(scene.admin, "POST", "/api/storage-locations", place));
  });

  afterAll(() => {
    vi.unstubAllGlobals();
  });
  return scene;
};

/** Creates a schedule. */
export const schedule = (
  { admin, instrument, location }: PrefectScene,
  members: JsonObject = {},
): Promise<JsonObject> =>
  done(admin, "POST", "/api/schedules", {
    instrument_id: instrument,
    default_storage_location_id: location,
    cron_expression: CRON,
    ...members,
  });

/** The deployment of a schedule. */
export const deploymentOf = (made: JsonObject): string => String(made["prefect_deployment_id"]);

/** Creates a schedule, and discards the calls to Prefect for it. */
export const deployed = async (
  scene: PrefectScene,
  members: JsonObject = {},
): Promise<JsonObject> => {
  const made = await schedule(scene, members);
  expect(deploymentOf(made)).toMatch(UUID);
  scene.prefect.taken();
  return made;
};

/** The calls to Prefect since the last time, each as method and path. */
export const lines = ({ prefect }: PrefectScene): readonly string[] =>
  prefect.taken().map(({ line }) => line);

/** Status and detail of a response to the admin. */
export const refusal = async (
  { admin }: PrefectScene,
  method: string,
  path: string,
  body?: Json,
) => {
  const answer = await admin.send(method, path, body);
  return [answer.status, (answer.body as JsonObject)["detail"]];
};

/** The error for an unreachable Prefect. */
export const UNREACHED = "Failed to trigger harvest — Prefect server may be unavailable";
