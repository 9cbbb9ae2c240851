// An owner of sources with a pipelines service, for the tests of one file.
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { adminClient } from "./cast.ts";
import type { Client, Fetch } from "./client.ts";
import { interceptFetch, type Intercepted } from "./outside.ts";
import { ownerOf, report, sourcesApp, statusOf, type Owner } from "./sources.ts";

/** The address of the pipelines service. */
export const SERVICE = "http://dpp.invalid:5000/";

/** The callers, once the file has begun. */
export interface SourceScene {
  fetch: Fetch;
  admin: Client;
  owner: Owner;
  outside: Intercepted;
  /** The response of the pipelines service. */
  refreshStatus: number;
  /** The response of other servers. */
  others: (request: Request) => Response | null | Promise<Response | null>;
}

/** The scene of this file. */
export const scene = { refreshStatus: 200, others: (_request) => null } as SourceScene;

/** Creates the scene before the tests of a file. */
export const setScene = (): void => {
  beforeAll(async () => {
    scene.outside = interceptFetch((request) =>
      request.url === `${SERVICE}api/refresh`
        ? new Response(null, { status: scene.refreshStatus })
        : scene.others(request),
    );
    scene.fetch = sourcesApp({ DPP_URL: SERVICE });
    scene.admin = await adminClient(scene.fetch);
    scene.owner = await ownerOf("sources@example.org", scene.fetch);
  });
  afterAll(() => scene.outside.end());
};

let datasets = 0;

/** An unused name of a dataset. */
export const fresh = (): string => {
  datasets += 1;
  return `set-${datasets}`;
};

/** Uploads, and returns the new revision. */
export const uploaded = async (spec: JsonObject): Promise<string> => {
  const answer = await scene.owner.upload(spec);
  expect(answer).toMatchObject({ success: true, errors: [] });
  return answer.flow_id ?? "";
};

/** The rows of everything that an upload writes. */
export const ledger = async (): Promise<unknown> => {
  const tables = ["resources", "history", "transactions", "sequences"];
  const counts = tables.map((name) => `(SELECT count(*) FROM ${name}) AS ${name}`);
  return env.DB.prepare(`SELECT ${counts.join(", ")}`).first();
};

/** Reports an event of a flow's pipeline; `""` is the flow itself. */
export const event = async (
  flowId: string,
  artifact: string,
  word: string,
  more: JsonObject = {},
): Promise<JsonObject> => {
  const pipeline_id = artifact === "" ? flowId : `${flowId}/${artifact}`;
  const answer = await report(scene.fetch, { pipeline_id, event: word, ...more });
  expect(answer.status, answer.text).toBe(200);
  return answer.body as JsonObject;
};

/** Reports that a pipeline has ended. */
export const finish = (
  flowId: string,
  artifact: string,
  success: boolean,
  more: JsonObject = {},
): Promise<JsonObject> => event(flowId, artifact, "finish", { success, ...more });

/** The status of a revision. */
export const state = async (id: string): Promise<JsonObject> => {
  const answer = await statusOf(scene.fetch, id);
  expect(answer.status, answer.text).toBe(200);
  return answer.body as JsonObject;
};

/** Pipelines of the table `slices`, in an order in which they can run. */
export const PARTS = [
  "validation_report",
  "slices_csv",
  "slices_json",
  "slices_csv_preview",
  "slices",
];

/** The zip of a flow. */
export const zipOf = (flowId: string): string => `${flowId.split("/")[1]}_zip`;

/** Reports that all pipelines of a flow have succeeded. */
export const succeedFlow = async (flowId: string): Promise<JsonObject> => {
  for (const part of [...PARTS, zipOf(flowId)]) await finish(flowId, part, true);
  return finish(flowId, "", true, { stats: { bytes: 7, count_of_rows: 2 } });
};
