/** The routes of harvest workers: every call may be repeated. */
import { contextOf } from "./context.ts";
import type { z } from "@hono/zod-openapi";
import type { Api } from "../../../http/api.ts";
import { json } from "../../../http/describe.ts";
import { addCall } from "./route.ts";
import { idPath } from "../wire/shared.ts";
import {
  Claim,
  ClaimedRun,
  Discovered,
  Finish,
  Finished,
  Items,
  Recorded,
  Transfers,
} from "../wire/worker.ts";
import { KINDS_ON_WIRE } from "../wire/kinds.ts";
import { claim } from "../operations/worker/claim.ts";
import { discovered } from "../operations/worker/discovered.ts";
import { finish } from "../operations/worker/finish.ts";
import { transferred } from "../operations/worker/transfers.ts";

const tag = "harvest workers";
const RUN = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de008";
const FILE = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de009";
const TRANSFER = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de010";
const HASH = "26c7827d889f6da3";

type IdPath = z.infer<typeof idPath>;
type None = Record<string, never>;

const addClaim = (api: Api): void =>
  addCall<z.infer<typeof Claim>>(
    api,
    {
      method: "post",
      path: "/api/harvest/runs/claim",
      tag,
      summary: "Claim a run",
      description:
        "Assigns the next run to a worker: first its own unfinished run, then the oldest run that waits or whose worker has been silent for 15 minutes. The status is 204 when there is none. With `flow_run_id` it assigns the run that Prefect started; the status is 409 while another key holds that run or another run of its instrument. Requires the action `harvest`.",
      body: Claim,
      bodyExample: { worker: "scanner-room" },
      responses: {
        200: json(ClaimedRun, "The run with its instrument, schedule, location and hooks.", {
          id: RUN,
          instrument: KINDS_ON_WIRE.instrument.example,
          schedule: KINDS_ON_WIRE.harvest_schedule.example,
          storage_location: KINDS_ON_WIRE.storage_location.example,
          hooks: [KINDS_ON_WIRE.hook.example],
        }),
        204: { description: "There is no run to claim." },
      },
      errorStatuses: [400, 404, 409, 413, 502],
      admin: false,
      requires: "harvest",
    },
    async (c, { body }) => {
      const run = await claim(contextOf(c), body.worker, body.flow_run_id);
      return run === null ? c.body(null, 204) : c.json(run);
    },
  );

const addDiscovered = (api: Api): void =>
  addCall<z.infer<typeof Discovered>, None, IdPath>(
    api,
    {
      method: "post",
      path: "/api/harvest/runs/{id}/discovered",
      tag,
      summary: "Tell what was found",
      description:
        "Records the files that a worker found, and returns what to do with each file that is new or not yet copied. Hooks make the decision. When the bucket of this server is the destination, the response contains a URL for the upload. The status is 409 for a run that another key has claimed or that has ended. Requires the action `harvest`.",
      params: idPath,
      body: Discovered,
      bodyExample: {
        entries: [
          {
            source_path: "20260115_glucose_1H/acqus",
            filename: "acqus",
            size_bytes: 8192,
            mod_time: "2026-01-15T09:00:00Z",
          },
        ],
      },
      responses: {
        200: json(Items, "The decision for each file.", {
          items: [
            {
              file_id: FILE,
              source_path: "20260115_glucose_1H/acqus",
              persistent_id: "ark:/99999/fk4ci7ekz7itnbnhjcwijtbif2aaa",
              decision: "proceed",
              message: null,
              destination_path: "/archive/MR 3/20260115_glucose_1H/acqus",
            },
          ],
        }),
      },
      errorStatuses: [404, 409, 413],
      admin: false,
      requires: "harvest",
    },
    async (c, { params, body }) =>
      c.json({ items: await discovered(contextOf(c), params.id, body.entries) }),
  );

const addTransfers = (api: Api): void =>
  addCall<z.infer<typeof Transfers>, None, IdPath>(
    api,
    {
      method: "post",
      path: "/api/harvest/runs/{id}/transfers",
      tag,
      summary: "Tell what was copied",
      description:
        "Records the results of transfers, and runs the post-transfer hooks for those that are complete. A completed transfer stays unchanged. The status is 409 for a run that another key has claimed or that has ended. Requires the action `harvest`.",
      params: idPath,
      body: Transfers,
      bodyExample: {
        items: [
          {
            file_id: FILE,
            status: "completed",
            bytes_transferred: 8192,
            source_checksum: HASH,
            dest_checksum: HASH,
          },
        ],
      },
      responses: {
        200: json(Recorded, "The state of each transfer.", {
          items: [{ file_id: FILE, transfer_id: TRANSFER, status: "completed" }],
        }),
      },
      errorStatuses: [404, 409, 413],
      admin: false,
      requires: "harvest",
    },
    async (c, { params, body }) =>
      c.json({ items: await transferred(contextOf(c), params.id, body.items) }),
  );

const addFinish = (api: Api): void =>
  addCall<z.infer<typeof Finish>, None, IdPath>(
    api,
    {
      method: "post",
      path: "/api/harvest/runs/{id}/finish",
      tag,
      summary: "End a run",
      description:
        "Ends a run and stores the end time at its instrument. The status is 409 for a run that another key has claimed; admins can end every run. Requires the action `harvest`.",
      params: idPath,
      body: Finish,
      bodyExample: { summary: { total_discovered: 1, new_files: 1, transferred: 1 } },
      responses: { 200: json(Finished, "The finished run.", { id: RUN, status: "finished" }) },
      errorStatuses: [404, 409, 413],
      admin: false,
      requires: "harvest",
    },
    async (c, { params, body }) => {
      const id = await finish(contextOf(c), params.id, body.summary ?? {});
      return c.json({ id, status: "finished" });
    },
  );

/** Adds the routes. */
export function workerRoutes(api: Api): void {
  addClaim(api);
  addDiscovered(api);
  addTransfers(api);
  addFinish(api);
}
