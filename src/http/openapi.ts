/** The OpenAPI document of the whole product. */
import type { Api } from "./api.ts";

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
