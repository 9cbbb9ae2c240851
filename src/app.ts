/** Assembles the product: the only file that knows every surface. */
import type { Context } from "hono";
import { registerInTurn } from "./durable/allocation.ts";
import { configOf, type Config } from "./config.ts";
import { createApi, type Api } from "./http/api.ts";
import { routeOf } from "./http/context.ts";
import type { AppEnv, Services } from "./http/env.ts";
import { allowOrigins } from "./http/exposure.ts";
import { addressOf } from "./http/limit.ts";
import { refuseUnknown } from "./http/missing.ts";
import { createPastAnswers } from "./http/immutable-cache.ts";
import { problemResponse } from "./http/problem.ts";
import { explain, surround } from "./http/request.ts";
import { addDocuments, serviceRoutes } from "./http/service.ts";
import { sourceServices } from "./http/sources.ts";
import { createAccounts } from "./identity/accounts.ts";
import { createProjectAuth } from "./identity/project.ts";
import { createTokens, type Tokens } from "./identity/token.ts";
import { nowMicros } from "./model/time.ts";
import { importOpaqueKey } from "./query/opaque.ts";
import { createObjects, type Objects } from "./objects/objects.ts";
import { accessOf, openBucket } from "./objects/open.ts";
import { runPipelines, type Runner } from "./objects/pipelines/run.ts";
import {
  administrationOver,
  Budget,
  createMemory,
  installationOf,
  openSession,
  openStore,
  runnerStore,
  sessionDirectory,
  authStateOver,
  type AuditContext,
  userDirectory,
  WORK_BOUNDS,
} from "./store/index.ts";
import { accountsRoutes } from "./surfaces/accounts/accounts.ts";
import type { AccountsDeps } from "./surfaces/accounts/routes/context.ts";
import { catalogueRoutes } from "./surfaces/catalogue/catalogue.ts";
import { datasetRoutes } from "./surfaces/datasets/datasets.ts";
import { entityRoutes } from "./surfaces/entities/entities.ts";
import { sourceRoutes } from "./surfaces/sources/sources.ts";
import { harvestRoutes } from "./surfaces/harvest/harvest.ts";
import { bucketsOf, loginThrottle, rateLimit, type Buckets } from "./durable/throttling.ts";

/** Version of the API document. */
export const VERSION = "0.1.0";

const importCursorKey = (secret: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);

/** What requests of one isolate share. */
interface Shared {
  readonly env: Env;
  readonly config: Config;
  readonly tokens: Tokens;
  readonly buckets: Buckets;
  readonly cursorKey: () => Promise<CryptoKey>;
  readonly opaqueKey: () => Promise<CryptoKey>;
}

const shareOf = (env: Env): Shared => {
  const config = configOf(env);
  let imported: CryptoKey | undefined;
  const cursorKey = async () => (imported ??= await importCursorKey(config.cursorSecret));
  let derived: CryptoKey | undefined;
  const opaqueKey = async () => (derived ??= await importOpaqueKey(config.cursorSecret));
  return {
    env,
    config,
    tokens: createTokens(config.signingKeys, () => Date.now(), config.projectId),
    buckets: bucketsOf(env.THROTTLE, cursorKey),
    cursorKey,
    opaqueKey,
  };
};

const servicesOf = (shared: Shared): Services => {
  const { env, config, tokens, buckets, cursorKey, opaqueKey } = shared;
  const allocators = env.ALLOCATOR;
  return {
    config,
    now: nowMicros,
    past: createPastAnswers(),
    authenticate: tokens.authenticate,
    limit: config.rateLimit === null ? null : rateLimit(buckets, config.rateLimit),
    cursorKey,
    opaqueKey,
    objects: objectsOf(env, config),
    sources: sourceServices(config, (dataset) => runPipelines(runnerOf(env, config), dataset)),
    register: (principal, context, changes) =>
      registerInTurn(allocators, principal, context, changes),
  };
};

const objectsOf = (env: Env, config: Config): Objects =>
  createObjects(openBucket(env, config), accessOf(config));

/** How long work may continue after a response, of the 30 seconds that the platform allows. */
const WORK_MILLIS = 20_000;

const runnerOf = (env: Env, config: Config): Runner => ({
  store: runnerStore(env.DB, installationOf(config), new Budget(WORK_BOUNDS)),
  bucket: openBucket(env, config),
  bucketName: config.s3Bucket,
  mayBePrivate: config.allowPrivateSources,
  millis: WORK_MILLIS,
});

/** What the accounts surface needs: for each request its own, on the primary database. */
const accountsDeps = ({ env, config, tokens, buckets }: Shared): AccountsDeps => {
  const { adminEmail, adminPassword, registration } = config;
  const partsOf = (c: Context<AppEnv>) => {
    const session = openSession(env.DB, "first-primary", c.get("store").budget);
    c.get("sessions").push(session);
    const auditContext = (): AuditContext => {
      const reason = c.get("reason");
      const stated = reason === undefined ? {} : { reason };
      return { requestId: c.get("requestId"), route: routeOf(c), ...stated };
    };
    return { session, auditContext, now: nowMicros };
  };
  const accountsOf = (c: Context<AppEnv>, keeping: ReturnType<typeof partsOf>) =>
    createAccounts({
      users: userDirectory(keeping),
      tokens,
      admin: { email: adminEmail, password: adminPassword },
      registration: registration === "closed" ? "closed" : "open",
      throttle: loginThrottle(buckets, addressOf(c)),
      confirm: authStateOver(keeping.session),
    });
  return {
    accounts: (c) => accountsOf(c, partsOf(c)),
    project: (c) => {
      const parts = partsOf(c);
      return createProjectAuth({
        sessions: sessionDirectory(parts.session),
        accounts: accountsOf(c, parts),
        throttle: loginThrottle(buckets, addressOf(c)),
        tokens,
        confirm: authStateOver(parts.session),
        now: nowMicros,
      });
    },
    administration: (c) => administrationOver(partsOf(c)),
    tokens,
  };
};

/**
 * The whole product over the given bindings. One per isolate.
 *
 * @throws Error naming every setting that is missing or invalid.
 */
export function createApp(env: Env): Api {
  const shared = shareOf(env);
  const { config } = shared;
  const services = servicesOf(shared);
  const memory = createMemory();
  const app = createApi();
  const open = (bookmark: string | undefined, auditContext: () => AuditContext) =>
    openStore({
      database: env.DB,
      memory,
      anonymousAccess: { publicRead: config.publicRead },
      bucket: config.s3Bucket,
      now: services.now,
      auditContext,
      ...(bookmark === undefined ? {} : { bookmark }),
    });
  app.onError((error, c) => problemResponse(c, explain(error, c.get("requestId"))));
  app.use("*", surround(services, open));
  if (config.corsOrigins.length > 0) app.use("*", allowOrigins(config.corsOrigins));
  app.route("/", serviceRoutes());
  app.route("/", accountsRoutes(accountsDeps(shared)));
  app.route("/", catalogueRoutes());
  app.route("/", entityRoutes());
  app.route("/", datasetRoutes());
  app.route("/", sourceRoutes());
  app.route("/", harvestRoutes());
  addDocuments(app, VERSION, env.ASSETS);
  app.notFound(refuseUnknown(app));
  return app;
}
