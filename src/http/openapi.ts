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

const DESCRIPTION = `A system-versioned data catalogue for research and medical imaging: every read takes \`as_of\`.

Every write is one transaction; nothing is ever lost: each read takes \`as_of\` and answers what it would have answered then. Errors are RFC 9457 problem documents with a stable \`code\`.`;

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
  for (const name of DISCRIMINATED) discriminate(document.components?.schemas?.[name]);
  return document;
}

/** Components whose variants are distinguished by `payload_type`. */
const DISCRIMINATED = ["AnyCreate", "AnyUpdate", "AnyResponse"];

/**
 * Turns a union's `anyOf` into `oneOf` and adds the discriminator that tools need. No `mapping`:
 * variants of registered types share one schema, and their names are not known in advance.
 */
const discriminate = (schema: unknown): void => {
  if (typeof schema !== "object" || schema === null || !("anyOf" in schema)) return;
  const union: Record<string, unknown> = Object.assign(schema, {
    oneOf: schema.anyOf,
    discriminator: { propertyName: "payload_type" },
  });
  delete union["anyOf"];
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
  ["entities", "Documents with metadata versions: insert, save, update, delete, find."],
  ["harvest", "Instruments, the schedules and destinations of their files, and the files."],
  ["harvest workers", "Calls of the programs that copy files from instruments."],
  ["admin", "Accounts, keys, policies, audit log and maintenance, for admins."],
  ["accounts", "Registration, login and accounts."],
  ["service", "Health of the service and its documentation."],
];
