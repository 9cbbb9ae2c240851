/** Runs that are begun by hand, and the catalogue of hooks. */
import { requireAdmin } from "../operations/context.ts";
import { everyRow, findOne } from "../operations/list.ts";
import { contextOf } from "./context.ts";
import { z } from "@hono/zod-openapi";
import type { Api } from "../../../http/api.ts";
import { HOOK_CATALOGUE } from "../operations/builtin-hooks.ts";
import { payloadOf, scheduleOf, type Schedule } from "../operations/records.ts";
import { notFound } from "../operations/runs.ts";
import { Refused } from "../operations/error.ts";
import { addCall, json } from "./route.ts";
import { trigger, UNREACHED, type Triggered } from "../operations/scheduling.ts";
import { id, idPath } from "../wire/shared.ts";

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
      refusals: [400, 404, 409, 502],
      admin: true,
    },
    async (c, { params }) => {
      const row = await findOne(contextOf(c), "harvest_schedule", params.id, true);
      if (row === undefined) throw notFound("Schedule");
      return c.json(await trigger(contextOf(c), scheduleOf(params.id, payloadOf(row))));
    },
  );

const Harvest = z
  .object({
    triggered: z.array(Run),
    errors: z.array(z.object({ schedule_id: id, error: z.string() })),
  })
  .openapi("TriggeredHarvests");

const SCHEDULES_MAX = 100;

const wordsOf = (refused: Refused): string => {
  if (refused.message === UNREACHED) return "Prefect server unavailable";
  return refused.status === 400 ? "No Prefect deployment configured" : refused.message;
};

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
      refusals: [400, 404, 409, 502],
      admin: true,
    },
    async (c, { params }) => {
      if ((await findOne(contextOf(c), "instrument", params.id, true)) === undefined) {
        throw notFound("Instrument");
      }
      const where = { enabled: true, instrument_id: params.id };
      const listing = { payloadType: "harvest_schedule", where, admin: true, render: () => null };
      const schedules: Schedule[] = [];
      for await (const row of everyRow(contextOf(c), listing)) {
        schedules.push(scheduleOf(row.identifier, payloadOf(row)));
        if (schedules.length === SCHEDULES_MAX) break;
      }
      if (schedules.length === 0) {
        throw new Refused(400, "No active schedules configured for this instrument");
      }
      const triggered: Triggered[] = [];
      const errors: { readonly schedule_id: string; readonly error: string }[] = [];
      for (const schedule of schedules) {
        try {
          triggered.push(await trigger(contextOf(c), schedule));
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          errors.push({ schedule_id: schedule.id, error: wordsOf(error) });
        }
      }
      const [first] = errors;
      if (triggered.length === 0 && first !== undefined) throw new Refused(502, first.error);
      return c.json({ triggered, errors });
    },
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

/** Adds the catalogue of hooks; before the hooks themselves, whose path would take it for an id. */
export const catalogueOfHooks = (api: Api): void =>
  addCall(
    api,
    {
      method: "get",
      path: "/api/hooks/builtins",
      tag,
      summary: "List the built-in hooks",
      description: "Returns the built-in hooks and the settings of each. Admins only.",
      responses: { 200: json(z.array(Builtin), "The built-in hooks.", [HOOK_CATALOGUE[0]]) },
      refusals: [],
      admin: true,
    },
    async (c) => {
      requireAdmin(await c.get("store").standing(c.get("principal")));
      return c.json(HOOK_CATALOGUE);
    },
  );

/** Adds the routes. */
export const scheduleRoutes = (api: Api): void => {
  addTrigger(api);
  addHarvest(api);
};
