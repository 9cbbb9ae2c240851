// Checks responses against the OpenAPI document, with a validator that needs no eval.
import { Validator } from "@cfworker/json-schema";
import type { Json } from "../../../src/model/json.ts";
import type { Media, OpenApiDocument, Operation } from "./openapi-document.ts";

/** The error of a value; undefined when it is valid. */
export type Check = (value: Json) => string | undefined;

/** Finds the check of a representation. */
export type Checks = (media: Media) => Check;

const FAULTS_SHOWN = 3;

const compile = (document: OpenApiDocument, media: Media): Check => {
  const schema = { ...media.schema, components: document.components };
  const validator = new Validator(schema, "2020-12", false);
  return (value) => {
    const { valid, errors } = validator.validate(value);
    if (valid) return undefined;
    const faults = errors.slice(-FAULTS_SHOWN);
    return faults.map((fault) => `${fault.instanceLocation}: ${fault.error}`).join("; ");
  };
};

/** The checks of a document's representations; each schema is compiled once. */
export const checksOf = (document: OpenApiDocument): Checks => {
  const known = new Map<string, Check>();
  return (media) => {
    const key = JSON.stringify(media.schema);
    const check = known.get(key) ?? compile(document, media);
    known.set(key, check);
    return check;
  };
};

/** A response as far as the documentation describes it. */
export interface Answered {
  readonly status: number;
  readonly contentType: string;
  /** The body; undefined when it is not JSON. */
  readonly body: Json | undefined;
}

/** How a response differs from its documentation; undefined when it does not. */
export const departure = (
  checks: Checks,
  operation: Operation,
  { status, contentType, body }: Answered,
): string | undefined => {
  const response = operation.responses[String(status)];
  if (response === undefined) return `undocumented status ${status}`;
  if (response.content === undefined && contentType === "") return undefined;
  const [type = ""] = contentType.split(";");
  const media = response.content?.[type];
  if (media === undefined) return `undocumented content type ${type} of status ${status}`;
  if (!/\bjson$/.test(type)) return undefined;
  if (body === undefined) return `status ${status} without a JSON body`;
  const fault = checks(media)(body);
  return fault === undefined
    ? undefined
    : `body of status ${status} is not as documented: ${fault}`;
};
