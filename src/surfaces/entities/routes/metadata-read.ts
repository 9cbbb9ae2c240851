/** `/metadata`: reading entities, their versions, roles and what differs between versions. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { jsonText } from "../../../http/answer.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { BEARER } from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import type { Registry } from "../../../schema/type.ts";
import { latestRegistryOf } from "../operations/latest-metadata.ts";
import {
  dependenciesOf,
  differencesOf,
  documentOf,
  listOf,
  namesOf,
  rolesOf,
  type Answer,
  type Named,
} from "../operations/metadata-read.ts";
import { EXAMPLE_METADATA } from "../wire/examples.ts";
import { entityParams, MetadataDocument, versionParams } from "../wire/entities.ts";
import { callerOf } from "./answer.ts";
import { good, READ_ERRORS } from "./describe.ts";

const tags = ["entities"];

const send = (c: Context<AppEnv>, answer: Answer): Response => jsonText(c, JSON.stringify(answer));

interface Read<Params> {
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** The content of a successful response, for the OpenAPI document. */
  readonly responseDescription: string;
  readonly example: unknown;
  readonly params?: z.ZodType<Params>;
  readonly schema?: z.ZodType;
  readonly answer: (registry: Registry, params: Params) => Answer;
}

const addRead = <Params>(api: Api, read: Read<Params>): void => {
  const { path, summary, description, example, params } = read;
  addRoute<undefined, Record<string, never>, Params>(
    api,
    {
      method: "get",
      path,
      tags,
      security: BEARER,
      summary,
      description,
      ...(params === undefined ? {} : { request: { params } }),
      responses: {
        ...good(read.responseDescription, example, read.schema ?? z.looseObject({})),
        ...READ_ERRORS,
      },
    },
    { requires: "read" },
    async (c, request) => send(c, read.answer(await latestRegistryOf(callerOf(c)), request.params)),
  );
};

const diffParams = versionParams.extend({
  other: z.string().describe("The version to compare with."),
});

const roleRoutes = (api: Api): void => {
  const roles = [{ role: "anyone", insert: ["scan:1.0.0"], find: [], update: [], delete: [] }];
  const forms = [
    ["", undefined],
    ["/{entity}", entityParams],
    ["/{entity}/{version}", versionParams],
  ] as const;
  for (const [form, params] of forms) {
    addRead<Named | undefined>(api, {
      path: `/metadata${form}/roles`,
      summary: "Roles and what they may do",
      description:
        "Returns, for each role in the access lists, the versions through which it may insert, find, update or delete.",
      responseDescription: "The roles of the access lists.",
      example: roles,
      schema: z.array(z.looseObject({})),
      ...(params === undefined ? {} : { params: params }),
      answer: (registry, named = {}) => rolesOf(registry, named),
    });
    addRead<Named | undefined>(api, {
      path: `/metadata${form}/dependencies`,
      summary: "Entities that others depend on",
      description:
        "Returns the entities that others depend on. Entities cannot refer to each other, so the list is always empty.",
      responseDescription: "The entities that others depend on.",
      example: { dependencies: [] },
      ...(params === undefined ? {} : { params: params }),
      answer: (registry, named = {}) => dependenciesOf(registry, named),
    });
  }
};

/** Adds the calls that read metadata. */
export function metadataReadRoutes(api: Api): void {
  roleRoutes(api);
  addRead<undefined>(api, {
    path: "/metadata",
    summary: "List the entities",
    description:
      "Returns the names of all entities. Payload types that were not registered as entities are included.",
    responseDescription: "The names of the entities.",
    example: { entities: ["dataset", "scan"] },
    answer: (registry) => namesOf(registry, null),
  });
  // The former path of the same list.
  api.use("/metadata/", (c) => Promise.resolve(c.redirect("/metadata", 308)));
  addRead(api, {
    path: "/metadata/{entity}",
    summary: "List the versions of an entity",
    description:
      "Returns one element for each version. With `s=active,deprecated` in place of the name it lists the entities that have a version with one of these states.",
    responseDescription: "The versions of the entity, or the names of entities.",
    example: [
      {
        version: "1.0.0",
        changelog: "first",
        extendsVersions: [],
        status: "active",
        defaultVersion: true,
      },
    ],
    schema: z.union([z.array(z.looseObject({})), z.looseObject({})]),
    params: entityParams,
    answer: (registry, { entity }) => listOf(registry, entity),
  });
  addRead(api, {
    path: "/metadata/{entity}/{version}",
    summary: "Read the metadata of a version",
    description: "Returns the whole metadata document: entityInfo and the schema of the version.",
    responseDescription: "The metadata of the version.",
    example: EXAMPLE_METADATA,
    schema: MetadataDocument,
    params: versionParams,
    answer: (registry, { entity, version }) => documentOf(registry, entity, version),
  });
  addRead(api, {
    path: "/metadata/{entity}/{version}/diff/{other}",
    summary: "Compare two versions",
    description: "Returns the members of the schema that differ between two versions, by path.",
    responseDescription: "The members of the schema that differ.",
    example: { differences: [{ path: "fields.slices.type", before: "integer", after: null }] },
    params: diffParams,
    answer: (registry, { entity, version, other }) =>
      differencesOf(registry, entity, [version, other]),
  });
}
