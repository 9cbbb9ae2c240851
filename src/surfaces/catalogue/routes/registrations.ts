/** `/patients/{register,resolve}` and `/studies/{register,resolve}`. */
import { z } from "@hono/zod-openapi";
import type { JsonObject } from "../../../model/json.ts";
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
import {
  PatientRegistration,
  PatientResolution,
  RegistrationResponse,
  type RegistrationBody,
  type ResolutionBody,
  StudyRegistration,
  StudyResolution,
} from "../wire/registration.ts";
import { registerItems, resolveItems } from "../operations/register.ts";
import { parseAsOf } from "../language/parse.ts";
import { parseItems, placeIn, renderIdentifiers } from "../language/registration.ts";
import { asOfQuery } from "../wire/resource.ts";

interface Kind {
  readonly payloadType: "patient" | "study";
  readonly plural: "patients" | "studies";
  readonly member: "datasource_id" | "patient_identifier";
  readonly registration: z.ZodType<RegistrationBody>;
  readonly resolution: z.ZodType<ResolutionBody>;
  readonly example: JsonObject;
  readonly identifier: string;
}

const KINDS: readonly Kind[] = [
  {
    payloadType: "patient",
    plural: "patients",
    member: "datasource_id",
    registration: PatientRegistration,
    resolution: PatientResolution,
    example: { datasource_id: "demo", external_uid: "A-17" },
    identifier: "demo.P000001",
  },
  {
    payloadType: "study",
    plural: "studies",
    member: "patient_identifier",
    registration: StudyRegistration,
    resolution: StudyResolution,
    example: { patient_identifier: "demo.P000001", external_uid: "2026-01-01" },
    identifier: "demo.P000001.S001",
  },
];

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
        body: jsonBody(kind.registration, kind.example),
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
      const context = await writeContext(c, "catalogue", "register", bytes, body.reason);
      const { store, principal, services } = c.var;
      const registering = {
        payloadType: kind.payloadType,
        items: parseItems(kind.member, body),
        orResolve: query.or_resolve === "true",
        place: placeIn(body),
      };
      const caller = { store, principal, register: services.register };
      const { receipt, bookmark } = await registerItems(caller, registering, context);
      if (bookmark !== null) c.header("x-d1-bookmark", bookmark);
      return answerOf(c, receipt, renderIdentifiers(body, receipt.identifiers));
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
      request: {
        query: asOfQuery,
        body: jsonBody(kind.resolution, kind.example),
      },
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
      const { payloadType, member } = kind;
      const wanted = { payloadType, items: parseItems(member, body), place: placeIn(body) };
      const identifiers = await resolveItems(c.var, wanted, parseAsOf(query.as_of));
      return c.json(renderIdentifiers(body, identifiers));
    },
  );

/** Adds the routes. */
export function registrationRoutes(api: Api): void {
  for (const kind of KINDS) {
    register(api, kind);
    resolve(api, kind);
  }
}
