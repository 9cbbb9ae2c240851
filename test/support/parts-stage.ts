// The setup for tests of responses in several parts: callers, database and payload types.
import { env } from "cloudflare:workers";
import { LIMITS } from "../../src/model/limits.ts";
import type { Json } from "../../src/model/json.ts";
import { formatInstant } from "../../src/model/time.ts";
import type { FieldKind, TypeModel } from "../model/types.ts";
import {
  CHILDREN,
  PARENTS,
  PART_TYPES,
  type Disturbance,
  type Party,
  type Stage,
} from "../model/parts/world.ts";
import { appOver } from "./app.ts";
import { adminToken, callerOf } from "./cast.ts";
import { BASE, clientOf, login, type Client, type Fetch } from "./client.ts";
import { define } from "./datasets.ts";
import { disturbedDatabase } from "./disturbed.ts";
import { createKey, signIn } from "./keys.ts";
import { distantDatabase } from "./latency.ts";

/** Bounds so low that a walk over a few rows has several parts. */
const SMALL = {
  pageSizeDefault: 3,
  pageSizeMax: 5,
  changesPageMax: 4,
} as const;

/** Mean milliseconds of a database call. */
const CALL_MILLIS = 1;

const FIELD_TYPES: Readonly<Partial<Record<FieldKind, string>>> = { number: "float" };

const fieldsOf = (type: TypeModel): Json =>
  Object.entries(type).map(([name, { kind }]) => ({ name, type: FIELD_TYPES[kind] ?? kind }));

const defineTypes = async (admin: Client): Promise<void> => {
  await define(admin, CHILDREN, { fields: fieldsOf(PART_TYPES[CHILDREN] ?? {}), strict: true });
  await define(admin, PARENTS, {
    fields: fieldsOf(PART_TYPES[PARENTS] ?? {}),
    strict: true,
    indexes: ["count"],
    relations: [{ dataset: CHILDREN, cardinality: "many-to-many", cascade: false }],
  });
};

const stampOf = async (transaction: number) => {
  const recorded = await env.DB.prepare("SELECT recorded_at FROM transactions WHERE id = ?")
    .bind(transaction)
    .first<number>("recorded_at");
  return { transaction, instant: formatInstant(recorded ?? 0) };
};

interface Apps {
  readonly plain: Fetch;
  readonly watched: Fetch;
}

const partyOf = (actor: Party["actor"], { plain, watched }: Apps, token?: string): Party => ({
  actor,
  client: clientOf(plain, token),
  watched: clientOf(watched, token),
  download: (method, path, body) =>
    watched(
      new Request(`${BASE}${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    ),
});

/** Creates the setup; a test file does it once. */
export const setStage = async (seed: number): Promise<Stage> => {
  let happen = async (): Promise<void> => undefined;
  const disturbed = disturbedDatabase(distantDatabase(env.DB, { millis: CALL_MILLIS, seed }), () =>
    happen(),
  );
  const disturbance: Disturbance = {
    arm: (next) => {
      happen = next;
      disturbed.arm();
    },
    disarm: disturbed.disarm,
  };
  const apps = (variables = {}): Apps => ({
    plain: appOver(env.DB, variables),
    watched: appOver(disturbed.database, variables),
  });
  const own = apps();
  const adminBearer = await adminToken(own.plain);
  const admin = clientOf(own.plain, adminBearer);
  await defineTypes(admin);
  const account = async (name: string, role: "editor" | "user"): Promise<Party> => {
    const email = `${name}@parts.example`;
    const { actor } = await callerOf(email, role, own.plain);
    return partyOf(actor, own, await login(own.plain, email, "correct horse battery"));
  };
  const policies = [{ payload_types: [PARENTS], actions: ["read"] }];
  const credentials = await createKey(admin, policies);
  const { access_token: bearer } = await signIn(credentials, own.plain);
  const { body } = await admin.get("/users/me");
  const adminId = String((body as { id?: Json } | null)?.id);
  const stage: Stage = {
    disturbance,
    stampOf,
    parties: {
      admin: partyOf({ id: `user:${adminId}`, role: "admin" }, own, adminBearer),
      owner: await account("owner", "editor"),
      grantee: await account("grantee", "user"),
      reader: await account("reader", "user"),
      key: partyOf({ id: `apk:${credentials.key}`, role: "user", types: [PARENTS] }, own, bearer),
      nobody: partyOf({ id: "anonymous", role: "anonymous" }, apps({ PUBLIC_READ: "true" })),
    },
  };
  Object.assign(LIMITS, SMALL);
  return stage;
};
