/** The OpenAPI document of the whole product. */
import type { Api } from "./api.ts";

const DESCRIPTION = `A system-versioned data catalogue for research and medical imaging: every read takes \`as_of\`.

Every write is one transaction; nothing is ever lost: each read takes \`as_of\` and answers what it would have answered then. Errors are RFC 9457 problem documents with a stable \`code\`.`;

/** Describes all routes that were added to the app. */
export const openApiDocument = (api: Api, version: string) => {
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
};

/** Components whose variants are told apart by `payload_type`. */
const DISCRIMINATED = ["AnyCreate", "AnyUpdate", "AnyResponse"];

/**
 * Turns a union's `anyOf` into `oneOf` and adds what tools need to choose a variant at once. No
 * `mapping`: variants of registered types share one schema, whose names nobody knows in advance.
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
  ["grants", "Who may see what is restricted."],
  ["query", "Filter, sort, page and count."],
  ["history", "Versions of a resource and what differs between them."],
  ["changes", "What changed, in the order of its commit."],
  ["lineage", "What a resource lies below, what lies below it, and what it was derived from."],
  ["artefacts", "What runs of programs produced."],
  ["statistics", "What the datasources hold, counted."],
  ["registrations", "Patients and studies with identifiers that the store allocates."],
  ["objects", "Files in the bucket: presigned URLs, finished uploads, a look into Parquet."],
  ["exports", "Files made of a query."],
  ["schemas", "Payload types, built in and registered."],
  ["entities", "Documents with metadata versions: insert, save, update, delete, find."],
  ["harvest", "Instruments, where their files go and when, and the files."],
  ["harvest workers", "What programs that carry files ask and tell."],
  ["admin", "Accounts, keys, policies, audit and upkeep, for admins."],
  ["accounts", "Who is calling."],
  ["service", "Health and documentation."],
];
