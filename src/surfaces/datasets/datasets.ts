/** The dataset surface: records with conditions, outputs and relations, over the one store. */
import { createApi, type Api } from "../../http/api.ts";
import { errorHeaders, STATUS } from "../../http/problem.ts";
import { AppError } from "../../model/error.ts";
import { explain } from "../../http/request.ts";
import { renderError } from "./language/render.ts";
import { definitionRoutes } from "./routes/definitions.ts";
import { recordRoutes } from "./routes/records.ts";

const METHODS = "GET, POST, PATCH, PUT, DELETE";

/**
 * All routes of the surface. Errors of the record routes are lists with one `{request_id,
 * message}`.
 */
export function datasetRoutes(): Api {
  const api = createApi();
  const recordsApi = createApi();
  recordsApi.onError((error, c) => {
    const requestId = c.get("requestId");
    const explained = explain(error, requestId);
    const { code, message } = explained;
    return c.json(renderError(requestId, message), STATUS[code], { ...errorHeaders(explained) });
  });
  recordRoutes(recordsApi);
  recordsApi.all("/ds/*", (c) => {
    const isDataset = /^\/ds\/[^/]+\/?$/.test(c.req.path);
    if (!isDataset) throw new AppError("not_found", "There is no such route.");
    c.header("allow", METHODS);
    throw new AppError("method_not_allowed", `Allowed here: ${METHODS}.`);
  });
  api.route("/", recordsApi);
  definitionRoutes(api);
  return api;
}
