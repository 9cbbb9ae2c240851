/** `/patients/{register,resolve}` and `/studies/{register,resolve}`. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { AppError, type ErrorDetail } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { Receipt, RegisterChange } from "../../../model/transaction.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { answerOf } from "../../../http/answer.ts";
import { writeContext } from "../../../http/context.ts";
import {
  answer,
  BEARER,
  jsonBody,
  problems,
  READ_PROBLEMS,
  WRITE_PROBLEMS,
  writeHeaders,
} from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import {
  PatientRegistration,
  RegistrationResponse,
  StudyRegistration,
} from "../wire/registration.ts";
import { digestOf } from "../operations/digest.ts";
import { isIdentifier } from "../../../model/identifier.ts";
import { located } from "../operations/locate.ts";
import { parseAsOf, refuseLarge } from "../language/parse.ts";
import { asOfQuery } from "../wire/resource.ts";

interface Item {
  readonly scope: string;
  readonly externalUid: string;
  readonly payload: JsonObject;
}

interface Kind {
  readonly payloadType: "patient" | "study";
  readonly plural: "patients" | "studies";
  readonly member: "datasource_id" | "patient_identifier";
  readonly body: typeof PatientRegistration | typeof StudyRegistration;
  readonly example: JsonObject;
  readonly identifier: string;
}

const KINDS: readonly Kind[] = [
  {
    payloadType: "patient",
    plural: "patients",
    member: "datasource_id",
    body: PatientRegistration,
    example: { datasource_id: "demo", external_uid: "A-17" },
    identifier: "demo.P000001",
  },
  {
    payloadType: "study",
    plural: "studies",
    member: "patient_identifier",
    body: StudyRegistration,
    example: { patient_identifier: "demo.P000001", external_uid: "2026-01-01" },
    identifier: "demo.P000001.S001",
  },
];

type Body = z.infer<typeof PatientRegistration> | z.infer<typeof StudyRegistration>;

const elementsOf = (body: Body): readonly Readonly<Record<string, unknown>>[] =>
  "items" in body ? body.items : [body];

const placeIn =
  (body: Body) =>
  ({ index }: ErrorDetail): string | null =>
    "items" in body && index !== undefined ? `items.${index}` : null;

const faultsOf = ({ scope, externalUid }: Item, kind: Kind): readonly [string, string][] => [
  ...(isIdentifier(scope) ? [] : [[kind.member, "Expected an identifier."] as [string, string]]),
  ...(externalUid.isWellFormed() && !externalUid.includes("\u0000")
    ? []
    : [["external_uid", "Expected well-formed text."] as [string, string]]),
];

const parseItems = (kind: Kind, body: Body): readonly Item[] => {
  const elements = elementsOf(body);
  refuseLarge(elements.length, "items");
  const items = elements.map((element) => ({
    scope: String(element[kind.member]),
    externalUid: String(element["external_uid"]),
    payload: (element["payload"] ?? {}) as JsonObject,
  }));
  const at = placeIn(body);
  const details = items.flatMap((item, index) =>
    faultsOf(item, kind).map(([member, detail]) => ({
      index,
      path: [at({ index, path: "", code: "", detail }), member].filter(Boolean).join("."),
      code: "invalid_value",
      detail,
    })),
  );
  if (details.length > 0) {
    throw new AppError("invalid_value", `${details[0]?.path}: ${details[0]?.detail}`, { details });
  }
  return items;
};

const render = (body: Body, identifiers: readonly string[]): JsonObject =>
  "items" in body ? { identifiers } : { identifier: identifiers[0] ?? "" };

const changesOf = async (
  c: Context<AppEnv>,
  kind: Kind,
  items: readonly Item[],
  orResolve: boolean,
): Promise<readonly RegisterChange[]> => {
  const salt = await c.get("store").salt(c.get("principal"));
  return Promise.all(
    items.map(async ({ scope, externalUid, payload }) => ({
      kind: "register" as const,
      payloadType: kind.payloadType,
      scope,
      digest: await digestOf(salt, scope, externalUid),
      payload,
      orResolve,
    })),
  );
};

const orResolveQuery = z.strictObject({
  or_resolve: z
    .enum(["true", "false"])
    .default("false")
    .describe("True returns an existing identifier instead of failing."),
});

const register = (api: Api, kind: Kind): void =>
  addRoute(
    api,
    {
      method: "post",
      path: `/${kind.plural}/register`,
      tags: ["registrations"],
      security: BEARER,
      summary: `Register ${kind.plural}`,
      description: `Allocates consecutive identifiers and creates the ${kind.payloadType} resources in the same transaction. Identifiers are never reused, and never derived from the external identifier. The body is one object, or \`items\`, which are registered all or not at all.`,
      request: {
        headers: writeHeaders,
        query: orResolveQuery,
        body: jsonBody(kind.body as z.ZodType<Body>, kind.example),
      },
      responses: {
        ...answer(RegistrationResponse, "The allocated identifier, or one for each item.", {
          identifier: kind.identifier,
        }),
        ...WRITE_PROBLEMS,
      },
    },
    { requires: "create" },
    async (c, { body, query, bytes }) => {
      const context = await writeContext(c, "catalogue", "register", bytes);
      const items = parseItems(kind, body);
      const changes = await changesOf(c, kind, items, query.or_resolve === "true");
      const principal = c.get("principal");
      const scopes = new Set(items.map((item) => item.scope));
      // One scope: in turn, through its object. Several: at once, and the UNIQUE constraint decides.
      const write = async (): Promise<Receipt> => {
        if (scopes.size !== 1) return c.get("store").write(principal, { context, changes });
        const registered = await c.get("services").register(principal, context, changes);
        if (registered.bookmark !== null) c.header("x-d1-bookmark", registered.bookmark);
        return registered.receipt;
      };
      const receipt = await located(write, placeIn(body));
      return answerOf(c, receipt, render(body, receipt.identifiers));
    },
  );

const resolve = (api: Api, kind: Kind): void =>
  addRoute(
    api,
    {
      method: "post",
      path: `/${kind.plural}/resolve`,
      tags: ["registrations"],
      security: BEARER,
      summary: `Resolve ${kind.plural}`,
      description: "Returns the identifiers that were registered for external identifiers.",
      request: { query: asOfQuery, body: jsonBody(kind.body as z.ZodType<Body>, kind.example) },
      responses: {
        ...answer(RegistrationResponse, "The allocated identifier, or one for each item.", {
          identifier: kind.identifier,
        }),
        ...READ_PROBLEMS,
        ...problems(404),
      },
    },
    { requires: "read" },
    async (c, { body, query }) => {
      const items = parseItems(kind, body);
      const { store, principal } = c.var;
      const salt = await store.salt(principal);
      const pairs = await Promise.all(
        items.map(async ({ scope, externalUid }) => ({
          scope,
          digest: await digestOf(salt, scope, externalUid),
        })),
      );
      const asOf = parseAsOf(query.as_of);
      const identifiers = await located(
        () => store.resolve(principal, kind.payloadType, pairs, asOf),
        placeIn(body),
      );
      return c.json(render(body, identifiers));
    },
  );

/** Adds the routes. */
export const registrationRoutes = (api: Api): void => {
  for (const kind of KINDS) {
    register(api, kind);
    resolve(api, kind);
  }
};
