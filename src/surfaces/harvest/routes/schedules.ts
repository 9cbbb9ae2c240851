/** Runs that an admin starts by hand, and the catalogue of hooks. */
import { z } from "@hono/zod-openapi";
import type { Api } from "../../../http/api.ts";
import { HOOK_CATALOGUE } from "../operations/builtin-hooks.ts";
import { requireAdmin } from "../operations/context.ts";
import { harvestNow, triggerSchedule } from "../operations/harvest-now.ts";
import { id, idPath } from "../wire/shared.ts";
import { contextOf } from "./context.ts";
import { json } from "../../../http/describe.ts";
import { addCall } from "./route.ts";

const tag = "harvest";
const RUN = {
  flow_run_id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de008",
  schedule_id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de004",
};

const Run = z.object({ flow_run_id: z.string(), schedule_id: id }).openapi("TriggeredHarvest");

const addTrigger = (api: Api): void =>
  addCall(
    api,
    {
      method: "post",
      path: "/api/schedules/{id}/trigger",
      tag,
      summary: "Begin a harvest now",
      description: "Starts a run of a schedule, also of a disabled one. Admins only.",
      params: idPath,
      responses: { 200: json(Run, "The run that was started.", RUN) },
      errorStatuses: [400, 404, 409, 502],
      admin: true,
    },
    async (c, { params }) => c.json(await triggerSchedule(contextOf(c), params.id)),
  );

const Harvest = z
  .object({
    triggered: z.array(Run),
    errors: z.array(z.object({ schedule_id: id, error: z.string() })),
  })
  .openapi("TriggeredHarvests");

const addHarvest = (api: Api): void =>
  addCall(
    api,
    {
      method: "post",
      path: "/api/instruments/{id}/harvest",
      tag,
      summary: "Harvest an instrument now",
      description: "Starts a run of each enabled schedule of an instrument. Admins only.",
      params: idPath,
      responses: {
        200: json(Harvest, "The runs that were started.", { triggered: [RUN], errors: [] }),
      },
      errorStatuses: [400, 404, 409, 502],
      admin: true,
    },
    async (c, { params }) => c.json(await harvestNow(contextOf(c), params.id)),
  );

const Builtin = z
  .object({
    name: z.string(),
    display_name: z.string(),
    description: z.string(),
    trigger: z.enum(["pre", "post"]),
    config_schema: z.record(z.string(), z.unknown()),
  })
  .openapi("BuiltinHook");

/** Adds the catalogue of hooks; before the hooks themselves, whose path would match it as an id. */
export function catalogueOfHooks(api: Api): void {
  addCall(
    api,
    {
      method: "get",
      path: "/api/hooks/builtins",
      tag,
      summary: "List the built-in hooks",
      description: "Returns the built-in hooks and the settings of each. Admins only.",
      responses: { 200: json(z.array(Builtin), "The built-in hooks.", [HOOK_CATALOGUE[0]]) },
      errorStatuses: [],
      admin: true,
    },
    async (c) => {
      requireAdmin(await c.get("store").authState(c.get("principal")));
      return c.json(HOOK_CATALOGUE);
    },
  );
}

/** Adds the routes. */
export function scheduleRoutes(api: Api): void {
  addTrigger(api);
  addHarvest(api);
}
