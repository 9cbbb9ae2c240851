/**
 * The OpenAPI document of the whole product, made from the routes. A deployed Worker has
 * openapi-prebuilt.ts in its place, which exports the same functions.
 */
import { OpenAPIHono, type RouteConfig, type z } from "@hono/zod-openapi";
import type { Declaration } from "./declaration.ts";
import { problems } from "./describe.ts";
import type { AppEnv } from "./env.ts";

/** An OpenAPI app of the product. */
export type Api = OpenAPIHono<AppEnv>;

/** How requests find their routes. */
export type Routing = NonNullable<ConstructorParameters<typeof OpenAPIHono<AppEnv>>[0]>;

/** Makes an app without routes. */
export function emptyApi(options: Routing): Api {
  return new OpenAPIHono<AppEnv>(options);
}

interface Described {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: z.ZodType }>>;
}

/**
 * The description of a route with the 415 response, in addition to what its surface says about 415.
 */
const withCodingError = (config: RouteConfig): RouteConfig => {
  if (config.request?.body === undefined) return config;
  const unsupportedCoding = problems(415)[415] as Described;
  const own = config.responses[415] as Described | undefined;
  const described = {
    ...unsupportedCoding,
    ...own,
    content: { ...unsupportedCoding.content, ...own?.content },
  };
  return { ...config, responses: { ...config.responses, 415: described } };
};

/** A name for generated clients: `postResourcesCreate`, `getSchemasByPayloadType`. */
const operationIdOf = ({ method, path }: RouteKey): string => {
  const words = path
    .replaceAll("{", "by_")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  const pascal = words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`);
  return `${method}${pascal.join("")}`;
};

/** Adds a route to the document of its app. */
export function describeRoute<Body, Query, Params>(
  api: Api,
  declaration: Declaration<Body, Query, Params>,
): void {
  api.openAPIRegistry.registerPath({
    operationId: operationIdOf(declaration),
    ...withCodingError(declaration as RouteConfig),
  });
}

/** Adds a schema to the document that routes reference only by its name. */
export function describeSchema(api: Api, name: string, schema: z.ZodType): void {
  api.openAPIRegistry.register(name, schema);
}

/** A route by what distinguishes it. */
export type RouteKey = Pick<RouteConfig, "method" | "path">;

/** The routes that were described, in their order. */
export function describedRoutes(api: Api): readonly RouteKey[] {
  return api.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === "route" ? [definition.route] : [],
  );
}

/** The text of the document of all routes that were added to the app. */
export async function documentText(
  api: Api,
  version: string,
  _assets: Fetcher | undefined,
): Promise<string> {
  return JSON.stringify(openApiDocument(api, version));
}

/** Tags of surfaces with error shapes of their own; docs/errors.md lists the same. */
export const OWN_ERRORS: Readonly<Record<string, string>> = {
  accounts:
    '`{"detail": "<word or sentence>"}`, 422 a list of `{type, loc, msg}` in `detail`; `POST /auth` and `POST /auth/refresh`: `[{request_id, message}]`.',
  datasets: "A list, of which the first counts: `[{request_id, message}]`.",
  entities:
    "The envelope of an answer, with the status `ERROR` and `errors` of `errorCode` and `msg`.",
  harvest: '`{"detail": "<sentence>"}`, 422 a list of `{type, loc, msg}` in `detail`.',
  "harvest workers": "As harvest.",
  sources: "`errors`, a list of sentences: of an upload with status 200 and `success: false`.",
};

const DESCRIPTION = `A system-versioned data catalogue for research and medical imaging: every read takes \`as_of\`.

Every write is one transaction; nothing is ever lost: each read takes \`as_of\` and answers what it would have answered then.

Errors are RFC 9457 problem documents with a stable \`code\`, except on these surfaces, which answer as their clients expect; each call documents its own errors. \`GET /problems/{code}\` explains a code: [/problems/not-found](/problems/not-found).

| tag | errors |
| --- | --- |
${Object.entries(OWN_ERRORS)
  .map(([tag, text]) => `| [${tag}](#tag/${tag.replaceAll(" ", "-")}) | ${text} |\n`)
  .join("")}
Errors of routes that are unknown, and of defects, are problem documents everywhere.`;

/** Describes all routes that were added to the app. */
export function openApiDocument(api: Api, version: string) {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "An access token of `POST /auth/jwt/login` or `POST /auth`.",
  });
  const document = api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "vxdata",
      version,
      description: DESCRIPTION,
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: "/" }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
  });
  const schemas: Schemas = document.components?.schemas ?? {};
  for (const name of DISCRIMINATED) discriminate(schemas[name], schemas);
  for (const schema of Object.values(schemas)) sayDefaults(schema);
  for (const path of Object.values(document.paths ?? {})) sayDefaults(path);
  return document;
}

type Schemas = Readonly<Record<string, unknown>>;

/** Components whose variants are distinguished by `payload_type`. */
const DISCRIMINATED = ["AnyCreate", "AnyUpdate", "AnyResponse"];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The payload type of a variant: the one value of its `payload_type`. */
const typeOfVariant = (schema: unknown): unknown => {
  const properties = isObject(schema) ? schema["properties"] : undefined;
  const member = isObject(properties) ? properties["payload_type"] : undefined;
  if (!isObject(member)) return undefined;
  const { const: constant, enum: values } = member;
  return constant ?? (Array.isArray(values) ? values[0] : undefined);
};

/**
 * Turns a union's `anyOf` into `oneOf` and adds the discriminator that generators need. Without a
 * `mapping` they would take the names of the components for the values.
 */
const discriminate = (schema: unknown, schemas: Schemas): void => {
  if (!isObject(schema) || !Array.isArray(schema["anyOf"])) return;
  const variants = schema["anyOf"] as readonly { readonly $ref: string }[];
  const mapping = variants.map(({ $ref }) => [
    typeOfVariant(schemas[$ref.slice($ref.lastIndexOf("/") + 1)]),
    $ref,
  ]);
  schema["oneOf"] = variants;
  schema["discriminator"] = {
    propertyName: "payload_type",
    mapping: Object.fromEntries(mapping) as Record<string, string>,
  };
  delete schema["anyOf"];
};

/**
 * Says in words what is taken for an absent member. Generators make a member with a `default`
 * required, for requests too, so that callers would have to name all of them.
 */
const sayDefaults = (value: unknown): void => {
  if (Array.isArray(value)) for (const item of value) sayDefaults(item);
  if (!isObject(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === "example" || name === "examples") continue;
    if (name === "properties" && isObject(inner)) {
      for (const member of Object.values(inner)) sayDefault(member);
    }
    sayDefaults(inner);
  }
};

const sayDefault = (member: unknown): void => {
  if (!isObject(member) || !("default" in member)) return;
  const { default: fallback, description = "" } = member;
  delete member["default"];
  const words = `Default: \`${JSON.stringify(fallback)}\`.`;
  member["description"] = `${String(description)} ${words}`.trim();
};

const TAGS: readonly (readonly [string, string])[] = [
  ["resources", "Create, read, update and tombstone resources, many at once."],
  ["grants", "Grants: who may see restricted resources."],
  ["query", "Filter, sort, page and count resources."],
  ["history", "Versions of a resource and what differs between them."],
  ["changes", "The feed of changes, in the order of their commit."],
  ["lineage", "Ancestors and descendants of resources, and what they were derived from."],
  ["artefacts", "Products of program runs."],
  ["statistics", "Counts of what the datasources contain."],
  ["registrations", "Patients and studies with identifiers that the store allocates."],
  [
    "objects",
    "Files in the bucket: presigned URLs, finishing of uploads, previews of Parquet files.",
  ],
  ["exports", "Files that contain the result of a query."],
  ["schemas", "Payload types, built in and registered."],
  ["datasets", "Named datasets with conditions, outputs and relations."],
  ["sources", "Specifications of datasets, their revisions, pipelines and schedules."],
  ["entities", "Documents with metadata versions: insert, save, update, delete, find."],
  ["harvest", "Instruments, the schedules and destinations of their files, and the files."],
  ["harvest workers", "Calls of the programs that copy files from instruments."],
  ["admin", "Accounts, keys, policies, audit log and maintenance, for admins."],
  ["accounts", "Registration, login and accounts."],
  ["service", "Health of the service and its documentation."],
];
