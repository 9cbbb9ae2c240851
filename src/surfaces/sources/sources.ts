/** The sources surface: specifications of datasets, their revisions, and what pipelines report. */
import { createApi, type Api } from "../../http/api.ts";
import { statusRoute } from "./routes/status.ts";
import { updateRoute } from "./routes/update.ts";
import { uploadRoute } from "./routes/upload.ts";

/** `/source/*`. */
export function sourceRoutes(): Api {
  const api = createApi();
  uploadRoute(api);
  updateRoute(api);
  statusRoute(api);
  return api;
}
