// The original client of dataset services, with the types of the parts that tests use.
import genuine from "jexia-sdk-js/node.js";
import type { Json, JsonObject } from "../../../src/model/json.ts";

type Fields = readonly (string | JsonObject)[];

/** A condition of the client. */
export interface Criteria {
  readonly and: (other: Criteria) => Criteria;
  readonly or: (other: Criteria) => Criteria;
}

/** A field to be compared. */
export interface Field {
  readonly isEqualTo: (value: Json) => Criteria;
  readonly isDifferentFrom: (value: Json) => Criteria;
  readonly isGreaterThan: (value: Json) => Criteria;
  readonly isLessThan: (value: Json) => Criteria;
  readonly isEqualOrGreaterThan: (value: Json) => Criteria;
  readonly isEqualOrLessThan: (value: Json) => Criteria;
  readonly isInArray: (values: Json) => Criteria;
  readonly isNotInArray: (values: Json) => Criteria;
  readonly isNull: () => Criteria;
  readonly isNotNull: () => Criteria;
  readonly isLike: (pattern: string) => Criteria;
  readonly satisfiesRegex: (pattern: string) => Criteria;
  readonly isBetween: (low: Json, high: Json) => Criteria;
}

/** A condition, made of fields. */
export type Where = (field: (name: string) => Field) => Criteria;

/** A request of the client: lazy, sent when its promise is requested. */
interface Request {
  readonly where: (criteria: Where) => Request;
  readonly fields: (...fields: Fields) => Request;
  readonly related: (name: string, more?: (below: Request) => Request) => Request;
  readonly limit: (count: number) => Request;
  readonly offset: (count: number) => Request;
  readonly sortAsc: (...fields: readonly string[]) => Request;
  readonly sortDesc: (...fields: readonly string[]) => Request;
  readonly toPromise: () => Promise<readonly JsonObject[]>;
}

/** The calls on one dataset. */
export interface Dataset {
  readonly select: (...fields: Fields) => Request;
  readonly insert: (records: Json) => Request;
  readonly update: (records: Json) => Request;
  readonly delete: () => Request;
  readonly attach: (resource: string, children: Json | Where) => Request;
  readonly detach: (resource: string, children: Json | Where) => Request;
}

interface Sdk {
  readonly dataOperations: () => { readonly dataset: (name: string) => Dataset };
  readonly jexiaClient: (fetching?: typeof fetch) => {
    readonly init: (options: JsonObject, ...modules: readonly unknown[]) => Promise<unknown>;
    readonly terminate: () => Promise<unknown>;
  };
}

/** The client and its module for datasets. */
export const { dataOperations, jexiaClient } = genuine as unknown as Sdk;

/** Runs something with a client that is signed in. */
export const runWithClient = async (
  options: JsonObject,
  run: (dataset: (name: string) => Dataset) => Promise<void>,
  fetching?: typeof fetch,
): Promise<void> => {
  const data = dataOperations();
  const client = jexiaClient(fetching);
  await client.init(options, data);
  try {
    await run((name) => data.dataset(name));
  } finally {
    await client.terminate();
  }
};
