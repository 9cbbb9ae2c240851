/** `/metadata`: reading entities, their versions, roles and what differs between versions. */
import type { Context } from "hono";
import { z } from "@hono/zod-openapi";
import { jsonEqual, type Json, type JsonObject } from "../../../model/json.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { jsonText } from "../../../http/answer.ts";
import { BEARER } from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import { INTERNAL_TYPES } from "../../../schema/internal.ts";
import { refuse, shown } from "../../../schema/entity/fault.ts";
import type { Entity } from "../../../schema/entity/metadata.ts";
import { entityNamed } from "../../../schema/registry.ts";
import type { Registry } from "../../../schema/type.ts";
import { callerOf } from "./answer.ts";
import { EXAMPLE_METADATA } from "../wire/examples.ts";
import { roleList, versionDocument, versionList } from "../operations/metadata.ts";
import { entityParams, MetadataDocument, versionParams } from "../wire/entities.ts";
import { good, READ_REFUSALS } from "./describe.ts";

const tags = ["entities"];

type Answer = JsonObject | readonly JsonObject[];

const send = (c: Context<AppEnv>, answer: Answer): Response => jsonText(c, JSON.stringify(answer));

const entitiesOf = (registry: Registry): readonly Entity[] =>
  [...new Set([...registry.entities.keys(), ...registry.types.keys()])]
    .filter((name) => !INTERNAL_TYPES.has(name))
    .toSorted()
    .flatMap((name) => entityNamed(registry, name) ?? []);

const requireEntity = (registry: Registry, name: string): Entity =>
  entityNamed(registry, name) ?? refuse("crud:UnknownEntity", shown(name));

const fresh = (c: Context<AppEnv>): Promise<Registry> => {
  const { store, principal } = callerOf(c);
  return store.freshRegistry(principal);
};

interface Read<Params> {
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** What a good answer holds, for the document. */
  readonly answered: string;
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
        ...good(read.answered, example, read.schema ?? z.looseObject({})),
        ...READ_REFUSALS,
      },
    },
    { requires: "read" },
    async (c, request) => send(c, read.answer(await fresh(c), request.params)),
  );
};

const namesOf = (registry: Registry, statuses: readonly string[] | null): JsonObject => ({
  entities: entitiesOf(registry)
    .filter(
      ({ versions }) =>
        statuses === null || [...versions.values()].some(({ status }) => statuses.includes(status)),
    )
    .map(({ name }) => name),
});

const STATUS_FILTER = "s=";

/** A name, or the filter `s=active,deprecated`. */
const listOf = (registry: Registry, name: string): Answer =>
  name.startsWith(STATUS_FILTER)
    ? namesOf(registry, name.slice(STATUS_FILTER.length).split(","))
    : versionList(requireEntity(registry, name));

interface Dependency {
  readonly entity?: string;
  readonly version?: string;
}

/** Entities refer to no others: there are no references in this surface. */
const dependenciesOf = (registry: Registry, { entity, version }: Dependency): Answer => {
  if (entity !== undefined) {
    const found = requireEntity(registry, entity);
    if (version !== undefined) versionDocument(found, version);
  }
  return { ...(entity === undefined ? {} : { entity }), dependencies: [] };
};

const difference = (
  before: Json | undefined,
  after: Json | undefined,
  path: string,
): readonly JsonObject[] => {
  if (jsonEqual(before, after)) return [];
  const isPlain = (value: Json | undefined): value is JsonObject =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (isPlain(before) && isPlain(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
      difference(before[name], after[name], path === "" ? name : `${path}.${name}`),
    );
  }
  return [{ path, before: before ?? null, after: after ?? null }];
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
    addRead<Dependency | undefined>(api, {
      path: `/metadata${form}/roles`,
      summary: "Roles and what they may do",
      description:
        "Returns, for each role in the access lists, the versions through which it may insert, find, update or delete.",
      answered: "The roles of the access lists.",
      example: roles,
      schema: z.array(z.looseObject({})),
      ...(params === undefined ? {} : { params: params }),
      answer: (registry, { entity, version } = {}) =>
        roleList(
          entity === undefined ? entitiesOf(registry) : [requireEntity(registry, entity)],
          version,
        ),
    });
    addRead<Dependency | undefined>(api, {
      path: `/metadata${form}/dependencies`,
      summary: "Entities that others depend on",
      description:
        "Returns the entities that others depend on. Entities cannot refer to each other, so the list is always empty.",
      answered: "The entities that others depend on.",
      example: { dependencies: [] },
      ...(params === undefined ? {} : { params: params }),
      answer: (registry, parts = {}) => dependenciesOf(registry, parts),
    });
  }
};

/** Adds the calls that read metadata. */
export const metadataReadRoutes = (api: Api): void => {
  roleRoutes(api);
  addRead<undefined>(api, {
    path: "/metadata",
    summary: "List the entities",
    description:
      "Returns the names of all entities. Payload types that were not registered as entities are included.",
    answered: "The names of the entities.",
    example: { entities: ["dataset", "scan"] },
    answer: (registry) => namesOf(registry, null),
  });
  // The old address of the same list.
  api.use("/metadata/", (c) => Promise.resolve(c.redirect("/metadata", 308)));
  addRead(api, {
    path: "/metadata/{entity}",
    summary: "List the versions of an entity",
    description:
      "Returns one element for each version. With `s=active,deprecated` in place of the name it lists the entities that have a version with one of these states.",
    answered: "The versions of the entity, or the names of entities.",
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
    answered: "The metadata of the version.",
    example: EXAMPLE_METADATA,
    schema: MetadataDocument,
    params: versionParams,
    answer: (registry, { entity, version }) =>
      versionDocument(requireEntity(registry, entity), version),
  });
  addRead(api, {
    path: "/metadata/{entity}/{version}/diff/{other}",
    summary: "Compare two versions",
    description: "Returns the members of the schema that differ between two versions, by path.",
    answered: "The members of the schema that differ.",
    example: { differences: [{ path: "fields.slices.type", before: "integer", after: null }] },
    params: diffParams,
    answer: (registry, { entity, version, other }) => {
      const found = requireEntity(registry, entity);
      const [one, two] = [version, other].map((each) => versionDocument(found, each)["schema"]);
      return { differences: difference(one, two, "") };
    },
  });
};
