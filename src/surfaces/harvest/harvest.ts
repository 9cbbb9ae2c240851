/** The instrument harvest: schedules, runs, and the harvested files. */
import { createApi, type Api } from "../../http/api.ts";
import { renderError } from "./routes/error.ts";
import { accessRoutes } from "./routes/access.ts";
import { fileRoutes } from "./routes/files.ts";
import { grantRoutes } from "./routes/grants.ts";
import { adminResourceRoutes } from "./routes/admin-resources.ts";
import { probeRoutes } from "./routes/probe.ts";
import { catalogueOfHooks, scheduleRoutes } from "./routes/schedules.ts";
import { workerRoutes } from "./routes/worker.ts";

/**
 * All routes of the surface. Their errors are `{"detail": ...}`; errors that have no such form are
 * left to the app's handler.
 */
export function harvestRoutes(): Api {
  const api = createApi();
  api.onError((error, c) => {
    const rendered = renderError(error);
    if (rendered === undefined) throw error;
    return c.json(rendered.body, rendered.status, { ...rendered.headers });
  });
  catalogueOfHooks(api);
  adminResourceRoutes(api);
  probeRoutes(api);
  scheduleRoutes(api);
  accessRoutes(api);
  fileRoutes(api);
  grantRoutes(api);
  workerRoutes(api);
  return api;
}
