/** Puts the product together: the only file that knows every surface. */
import { registerInTurn } from "./allocator/register.ts";
import { configOf } from "./config.ts";
import { createApi, type Api } from "./http/api.ts";
import type { Services } from "./http/env.ts";
import { refuseUnknown } from "./http/missing.ts";
import { createPastAnswers } from "./http/past.ts";
import { problemResponse } from "./http/problem.ts";
import { explain, surround } from "./http/request.ts";
import { addDocuments, serviceRoutes } from "./http/service.ts";
import { createAccounts } from "./identity/accounts.ts";
import { createTokens } from "./identity/token.ts";
import { openSession } from "./store/database.ts";
import { createMemory, openStore } from "./store/store.ts";
import { userDirectory } from "./store/users.ts";
import { accountsRoutes } from "./surfaces/accounts/routes.ts";
import { catalogueRoutes } from "./surfaces/catalogue/catalogue.ts";
import { entityRoutes } from "./surfaces/entities/entities.ts";

/** Version of the API document. */
const VERSION = "0.1.0";

const importCursorKey = (secret: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);

const servicesOf = (env: Env, tokens: ReturnType<typeof createTokens>): Services => {
  const config = configOf(env);
  let cursorKey: CryptoKey | undefined;
  const allocators = env.ALLOCATOR;
  return {
    config,
    now: () => Date.now() * 1000,
    past: createPastAnswers(),
    authenticate: tokens.authenticate,
    cursorKey: async () => (cursorKey ??= await importCursorKey(config.cursorSecret)),
    register: (principal, context, changes) =>
      registerInTurn(allocators, principal, context, changes),
  };
};

const mountAccounts = (app: Api, env: Env, tokens: ReturnType<typeof createTokens>): void => {
  const { adminEmail, adminPassword, registration } = configOf(env);
  const routes = accountsRoutes({
    accounts: () =>
      createAccounts({
        users: userDirectory(openSession(env.DB, "first-primary")),
        tokens,
        admin: { email: adminEmail, password: adminPassword },
        registration,
      }),
  });
  app.route("/", routes);
};

/**
 * The whole product over the given bindings. One per isolate.
 *
 * @throws Error naming every setting that is missing or unfit.
 */
export const createApp = (env: Env): Api => {
  const config = configOf(env);
  const tokens = createTokens(config.signingKeys);
  const services = servicesOf(env, tokens);
  const memory = createMemory();
  const app = createApi();
  const open = (bookmark: string | undefined) =>
    openStore({
      database: env.DB,
      memory,
      openness: { publicRead: config.publicRead },
      now: services.now,
      ...(bookmark === undefined ? {} : { bookmark }),
    });
  app.onError((error, c) => problemResponse(c, explain(error, c.get("requestId"))));
  app.use("*", surround(services, open));
  app.route("/", serviceRoutes());
  mountAccounts(app, env, tokens);
  app.route("/", catalogueRoutes());
  app.route("/", entityRoutes());
  addDocuments(app, VERSION, env.ASSETS);
  app.notFound(refuseUnknown(app));
  return app;
};
