import { type Json, isJsonObject, type JsonObject } from "../../model/json.ts";
import { type ApiClient, get, post, ProblemError } from "../support/api-client.ts";
import type { MappingPlan } from "./compile.ts";
import { readResources } from "./create.ts";
import type { FieldsOf, ResourceBody } from "./row.ts";
import { type Schemas, typeFields, type TypeFields } from "./schemas.ts";

/** True when the server has every one of these resources. */
export async function allExist(
  client: ApiClient,
  identifiers: readonly string[],
): Promise<boolean> {
  if (identifiers.length === 0) return true;
  const existing = await readResources(client, identifiers);
  return identifiers.every((identifier) => existing.has(identifier));
}

const datasourceBody = ({ mapping }: MappingPlan): ResourceBody | undefined => {
  if (mapping.datasource === undefined) return undefined;
  const { identifier, license, access_level, payload } = mapping.datasource;
  return {
    identifier,
    payload_type: "datasource",
    ...(license === undefined ? {} : { license }),
    ...(access_level === undefined ? {} : { access_level }),
    ...payload,
  };
};

/** Makes sure that the mapping's datasource exists; an existing one is not changed. */
export async function ensureDatasource(client: ApiClient, plan: MappingPlan): Promise<boolean> {
  const body = datasourceBody(plan);
  if (body === undefined) return false;
  if (await allExist(client, [body.identifier])) return false;
  try {
    await post(client, "/resources/create", { resources: [body] });
    return true;
  } catch (error) {
    // Somebody else created it in the meantime, which is fine.
    const lost =
      error instanceof ProblemError && error.errors.some(({ code }) => code === "already_exists");
    if (!lost) throw error;
    return false;
  }
}

/** Fetches the JSON Schemas of all payload types. */
export async function fetchSchemas(client: ApiClient): Promise<Schemas> {
  const answer = await get(client, "/schemas");
  if (!isJsonObject(answer)) throw new Error("GET /schemas answered no object");
  return Object.fromEntries(
    Object.entries(answer).flatMap(([name, schema]) =>
      isJsonObject(schema) ? [[name, schema] as const] : [],
    ),
  );
}

/** Looks up the fields of payload types, parsing each schema once; undefined without schemas. */
export function fieldsFrom(schemas: Schemas | undefined): FieldsOf {
  const known = new Map<string, TypeFields | null>();
  return (payloadType) => {
    if (schemas === undefined) return undefined;
    const cached = known.get(payloadType);
    if (cached !== undefined) return cached;
    const schema = schemas[payloadType];
    const fields = schema === undefined ? null : typeFields(schema);
    known.set(payloadType, fields);
    return fields;
  };
}

/** True when some resource of the mapping takes the columns that the mapping does not name. */
export function needsSchemas(plan: MappingPlan): boolean {
  return plan.resources.some(({ otherColumns }) => otherColumns !== undefined);
}

/** Payload types that the mapping defines, as schemas. */
const ownTypes = ({ mapping }: MappingPlan): Schemas =>
  Object.fromEntries(
    Object.entries(mapping.payload_types ?? {}).map(([name, type]) => [name, type.json_schema]),
  );

/** The server's schemas, with those that the mapping would have it register. */
export function withOwnTypes(schemas: Schemas | undefined, plan: MappingPlan): Schemas | undefined {
  return schemas && { ...ownTypes(plan), ...schemas };
}

/** True when a type of the server has no field for objects, which the mapping's has. */
const lacksObjects = (known: JsonObject, wanted: JsonObject): boolean =>
  typeFields(wanted).fields.has("s3_path") && !typeFields(known).fields.has("s3_path");

/**
 * Registers the payload types that the mapping defines and the server lacks; where files are
 * uploaded also the version that can name them.
 */
export async function ensurePayloadTypes(
  client: ApiClient,
  plan: MappingPlan,
  withFiles: boolean,
): Promise<void> {
  const types = Object.entries(plan.mapping.payload_types ?? {});
  if (types.length === 0) return;
  const known = await fetchSchemas(client);
  for (const [name, type] of types) {
    const present = known[name];
    if (present !== undefined && !(withFiles && lacksObjects(present, type.json_schema))) continue;
    const body = JSON.stringify(type satisfies Json);
    await client({ method: "PUT", path: `/schemas/${name}`, body });
  }
}
