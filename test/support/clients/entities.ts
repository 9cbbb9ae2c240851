// Calls of the entity surface as tests make them.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { Answer, Client } from "./http.ts";

/** The body of a response with the expected status; throws for another one. */
export const bodyOf = async (answer: Promise<Answer>, status = 200): Promise<JsonObject> => {
  const given = await answer;
  if (given.status !== status) throw new Error(`${given.status} ${given.text}`);
  return given.body as JsonObject;
};

/** Error codes of an envelope. */
export const codesOf = (body: JsonObject): readonly Json[] =>
  ((body["errors"] ?? []) as readonly JsonObject[]).map((error) => error["errorCode"] ?? null);

/** Error codes of each document with an error, and what they concern. */
export const dataErrorsOf = (body: JsonObject): readonly (readonly string[])[] =>
  ((body["dataErrors"] ?? []) as readonly { readonly errors: readonly JsonObject[] }[]).map(
    ({ errors }) =>
      errors.map(({ errorCode, msg = "" }) => `${String(errorCode)} ${String(msg)}`.trim()),
  );

/** Everything of all documents of an entity. */
export const everything = async (
  client: Client,
  entity: string,
  version = "",
): Promise<readonly JsonObject[]> => {
  const path = version === "" ? entity : `${entity}/${version}`;
  const projection = { field: "*", recursive: true };
  const body = await bodyOf(client.post(`/data/find/${path}`, { projection }));
  return body["processed"] as readonly JsonObject[];
};

/** A metadata document with the given fields. */
export const metadata = (
  name: string,
  fields: JsonObject,
  {
    version = "1.0.0",
    schema = {},
    info = {},
  }: {
    readonly version?: string;
    readonly schema?: JsonObject;
    readonly info?: JsonObject;
  } = {},
): JsonObject => ({
  entityInfo: { name, ...info },
  schema: { name, version: { value: version }, status: { value: "active" }, fields, ...schema },
});

/** Creates an entity, or a version of one. */
export const defineEntity = async (
  admin: Client,
  name: string,
  fields: JsonObject,
  options: JsonObject = {},
): Promise<void> => {
  const { version = "1.0.0" } = options;
  await bodyOf(admin.put(`/metadata/${name}/${String(version)}`, metadata(name, fields, options)));
};
