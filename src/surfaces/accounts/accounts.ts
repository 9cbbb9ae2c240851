/** The accounts surface: who is calling, and what they may do. */
import { createApi, type Api } from "../../http/api.ts";
import { adminRoutes } from "./routes/admin.ts";
import { accountRoutes } from "./routes/auth.ts";
import { permissionRoutes } from "./routes/permission.ts";
import { projectRoutes } from "./routes/project.ts";
import type { AccountsDeps } from "./routes/context.ts";

/** All routes of the surface. */
export function accountsRoutes(deps: AccountsDeps): Api {
  const api = createApi();
  api.route("/", accountRoutes(deps));
  api.route("/", projectRoutes(deps));
  permissionRoutes(api, deps);
  adminRoutes(api, deps);
  return api;
}
