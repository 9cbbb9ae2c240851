// The parts of an OpenAPI document that tests read.
import { isJsonObject, type Json, type JsonObject } from "../../../src/model/json.ts";

/** One representation of a body: its schema and perhaps examples. */
export interface Media {
  readonly schema?: JsonObject;
  readonly example?: Json;
  readonly examples?: JsonObject;
}

/** Representations by content type. */
export type Content = Readonly<Record<string, Media>>;

/** A parameter of an operation. */
export interface Parameter {
  readonly in: "path" | "query" | "header";
  readonly name: string;
  readonly required?: boolean;
  readonly schema?: JsonObject;
}

interface Described {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly operationId?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description?: string; readonly content?: Content }>
  >;
  readonly security?: readonly JsonObject[];
}

/** An OpenAPI document as far as tests need it. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> };
}

/** One operation with its place. */
export interface Operation extends Described {
  /** `POST /query`. */
  readonly name: string;
  readonly method: string;
  /** The path with its parameters in braces. */
  readonly path: string;
}

/** All operations, in the order of the document. */
export const operationsOf = (document: OpenApiDocument): readonly Operation[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      ...described,
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
    })),
  );

/** The component that a schema refers to, or the schema itself. */
export const resolved = (document: OpenApiDocument, schema: JsonObject | undefined): JsonObject => {
  const name = String(schema?.["$ref"] ?? "").replace("#/components/schemas/", "");
  return document.components.schemas[name] ?? schema ?? {};
};

const exampleOfProperties = (schema: JsonObject): JsonObject | undefined => {
  const properties = schema["properties"];
  if (!isJsonObject(properties)) return undefined;
  const members = Object.entries(properties).map(([name, property]) => [
    name,
    isJsonObject(property) ? property["example"] : undefined,
  ]);
  return members.every(([, value]) => value !== undefined)
    ? (Object.fromEntries(members) as JsonObject)
    : undefined;
};

/** The example of a body in the documentation; undefined when it has none. */
export const exampleOf = (document: OpenApiDocument, media: Media): Json | undefined => {
  if (media.example !== undefined) return media.example;
  const [named] = Object.values(media.examples ?? {});
  if (isJsonObject(named)) return named["value"];
  const schema = resolved(document, media.schema);
  const listed = schema["examples"];
  if (Array.isArray(listed)) return listed[0] as Json;
  return schema["example"] ?? exampleOfProperties(schema);
};

/** The body of an operation: its content type and representation; undefined when it takes none. */
export const bodyOf = ({ requestBody }: Operation): readonly [string, Media] | undefined =>
  Object.entries(requestBody?.content ?? {})[0];
