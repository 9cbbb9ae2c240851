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

/** Takes a step: prints what is asked, as one would with curl, and answers what came of it. */
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

/** A member of an answer; null where there is none. */
export const member = (value: Json, name: string): Json =>
  isJsonObject(value) ? (value[name] ?? null) : null;

/** The elements of an answer that is a list. */
export const items = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);

/** A value as it is shown. */
export const text = (value: Json): string =>
  typeof value === "string" ? value : JSON.stringify(value);
