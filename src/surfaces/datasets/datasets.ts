/** The dataset surface: records with conditions, outputs and relations, over the one store. */
import { createApi, type Api } from "../../http/api.ts";
import { STATUS } from "../../http/problem.ts";
import { explain } from "../../http/request.ts";
import { renderError } from "./render.ts";
import { definitionRoutes } from "./routes/definitions.ts";
import { recordRoutes } from "./routes/records.ts";

/** All routes of the surface. Errors of those of records are lists with one `{request_id, message}`. */
export const datasetRoutes = (): Api => {
  const api = createApi();
  const recordsApi = createApi();
  recordsApi.onError((error, c) => {
    const requestId = c.get("requestId");
    const { code, message, retryAfterSeconds } = explain(error, requestId);
    if (code === "unauthenticated") c.header("www-authenticate", "Bearer");
    if (retryAfterSeconds !== undefined) c.header("retry-after", String(retryAfterSeconds));
    return c.json(renderError(requestId, message), STATUS[code]);
  });
  recordRoutes(recordsApi);
  api.route("/", recordsApi);
  definitionRoutes(api);
  return api;
};
