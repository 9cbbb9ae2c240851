/** The catalogue surface: resources, query, history, lineage, statistics, schemas, patients and studies. */
import { entityTags } from "../../http/entity-tag.ts";
import { createApi, type Api } from "../../http/api.ts";
import { describeSchema } from "../../http/openapi.ts";
import { NAMED_COMPONENTS } from "./wire/resource.ts";
import { adminRoutes } from "./routes/admin.ts";
import { artefactRoutes } from "./routes/artefacts.ts";
import { changeRoutes } from "./routes/changes.ts";
import { exportRoutes } from "./routes/exports.ts";
import { grantRoutes } from "./routes/grants.ts";
import { historyRoutes } from "./routes/history.ts";
import { indexRoutes } from "./routes/indexes.ts";
import { lineageRoutes } from "./routes/lineage.ts";
import { objectRoutes } from "./routes/objects.ts";
import { queryRoutes } from "./routes/query.ts";
import { registrationRoutes } from "./routes/registrations.ts";
import { resourceRoutes } from "./routes/resources.ts";
import { schemaRoutes } from "./routes/schemas.ts";
import { statisticsRoutes } from "./routes/statistics.ts";

/** All routes of the surface. */
export function catalogueRoutes(): Api {
  const api = createApi();
  for (const [name, schema] of Object.entries(NAMED_COMPONENTS)) {
    describeSchema(api, name, schema);
  }
  api.on(
    "GET",
    ["/schemas", "/schemas/*", "/changes", "/transactions/*", "/children", "/lineage/*"],
    entityTags(),
  );
  resourceRoutes(api);
  grantRoutes(api);
  queryRoutes(api);
  historyRoutes(api);
  changeRoutes(api);
  schemaRoutes(api);
  indexRoutes(api);
  registrationRoutes(api);
  lineageRoutes(api);
  artefactRoutes(api);
  statisticsRoutes(api);
  objectRoutes(api);
  exportRoutes(api);
  adminRoutes(api);
  return api;
}
