// Calls of the dataset surface as tests make them.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { Answer, Client } from "./http.ts";

/** Parameters of a call; those that are objects travel as JSON, a list of `order` as several. */
export type Parameters = Readonly<Record<string, Json>>;

const text = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The path of a call with its parameters. */
export const pathOf = (dataset: string, parameters: Parameters = {}): string => {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    (name === "order" && Array.isArray(value) ? (value as readonly Json[]) : [value]).map(
      (each) => `${name}=${encodeURIComponent(text(each))}`,
    ),
  );
  return `/ds/${dataset}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`;
};

/** The records of a response with the expected status; throws for another one. */
const recordsOf = async (answer: Promise<Answer>, status = 200): Promise<readonly JsonObject[]> => {
  const given = await answer;
  if (given.status !== status) throw new Error(`${given.status} ${given.text}`);
  return given.body as readonly JsonObject[];
};

/** Defines a dataset; throws when it is refused. */
export const define = async (
  admin: Client,
  name: string,
  definition: JsonObject,
): Promise<void> => {
  const answer = await admin.put(`/admin/datasets/${name}`, definition);
  if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.text}`);
};

/** The status of a response and the message of its error. */
const refusalOf = async (answer: Promise<Answer>): Promise<string> => {
  const { status, body } = await answer;
  const [first] = body as readonly JsonObject[];
  return `${status} ${String(first?.["message"])}`;
};

/** The calls on one dataset. */
export interface Table {
  readonly get: (parameters?: Parameters) => Promise<readonly JsonObject[]>;
  readonly post: (body: Json, parameters?: Parameters) => Promise<readonly JsonObject[]>;
  readonly patch: (body: Json, parameters?: Parameters) => Promise<readonly JsonObject[]>;
  readonly put: (body: Json, parameters?: Parameters) => Promise<readonly JsonObject[]>;
  readonly remove: (parameters?: Parameters) => Promise<readonly JsonObject[]>;
  /** Status and message of a refused call. */
  readonly refused: (method: string, parameters: Parameters, body?: Json) => Promise<string>;
}

/** The calls of a client on a dataset. */
export const tableOf = (client: Client, dataset: string): Table => {
  const send = (method: string, parameters: Parameters = {}, body?: Json): Promise<Answer> =>
    client.send(method, pathOf(dataset, parameters), body);
  return {
    get: (parameters) => recordsOf(send("GET", parameters)),
    post: (body, parameters) => recordsOf(send("POST", parameters, body)),
    patch: (body, parameters) => recordsOf(send("PATCH", parameters, body), 201),
    put: (body, parameters) => recordsOf(send("PUT", parameters, body), 201),
    remove: (parameters) => recordsOf(send("DELETE", parameters)),
    refused: (method, parameters, body) => refusalOf(send(method, parameters, body)),
  };
};

/** The condition that names records by id. */
export const byId = (...ids: readonly Json[]): Json => [{ field: "id" }, "in", [...ids]];
