/** Whether a storage location can be reached. */
import { z } from "@hono/zod-openapi";
import type { Api } from "../../../http/api.ts";
import { STORAGE_TYPES } from "../../../schema/builtin/storage-location.ts";
import { probeLocation } from "../operations/probe.ts";
import { idPath } from "../wire/shared.ts";
import { contextOf } from "./context.ts";
import { json } from "../../../http/describe.ts";
import { addCall } from "./route.ts";

const Probed = z
  .object({ status: z.literal("ok"), type: z.enum(STORAGE_TYPES), name: z.string() })
  .openapi("StorageLocationTest");

/** Adds the route. */
export function probeRoutes(api: Api): void {
  addCall(
    api,
    {
      method: "get",
      path: "/api/storage-locations/{id}/test",
      tag: "harvest",
      summary: "Test a storage location",
      description:
        "Tests whether the server can reach the location with its settings. Only a worker can reach folders and shares; for these the status is 502. Admins only.",
      params: idPath,
      responses: {
        200: json(Probed, "The location is reachable.", {
          status: "ok",
          type: "s3",
          name: "Archive",
        }),
      },
      errorStatuses: [404, 409, 502],
      admin: true,
    },
    async (c, { params }) =>
      c.json({ status: "ok", ...(await probeLocation(contextOf(c), params.id)) }),
  );
}
