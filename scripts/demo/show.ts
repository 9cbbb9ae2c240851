import { isJsonObject, type Json, type JsonObject } from "../../src/model/json.ts";
import { type ApiClient, get, post } from "../../src/cli/support/api-client.ts";

/** Prints a line. */
export type Print = (line: string) => void;

/** A step of the tour; without a body it is a GET. */
export interface Step {
  readonly title: string;
  readonly path: string;
  readonly body?: JsonObject;
}

/** Does a step: prints the request as a curl command, and returns the response. */
export const show = async (
  client: ApiClient,
  print: Print,
  { title, path, body }: Step,
): Promise<Json> => {
  print("");
  print(`# ${title}`);
  print(body === undefined ? `GET ${path}` : `POST ${path} ${JSON.stringify(body)}`);
  return body === undefined ? get(client, path) : post(client, path, body);
};

/** A member of a response; null when there is none. */
export const member = (value: Json, name: string): Json =>
  isJsonObject(value) ? (value[name] ?? null) : null;

/** The elements of a response that is a list. */
export const items = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);

/** A value as it is printed. */
export const text = (value: Json): string =>
  typeof value === "string" ? value : JSON.stringify(value);
