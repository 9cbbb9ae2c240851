/** Requests to a dataset as values: parameters that contain JSON, instants, records. Pure. */
import { parseJson } from "../../../model/parse-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { asOfFrom, type AsOf } from "../../../query/query.ts";
import { refuse } from "./error.ts";

/** Parameters that contain JSON. */
export interface Parameters {
  readonly cond: Json | undefined;
  readonly outputs: Json | undefined;
  readonly range: Json | undefined;
  readonly order: readonly Json[];
}

const encoder = new TextEncoder();

/** A parameter as JSON; undefined when it is absent or empty. */
function jsonParameter(text: string | undefined, at: string): Json | undefined {
  if (text === undefined || text === "") return undefined;
  if (text.length > LIMITS.parameterLengthMax) {
    return refuse(at, `Expected at most ${LIMITS.parameterLengthMax} characters.`);
  }
  try {
    return parseJson(encoder.encode(text));
  } catch {
    return refuse(at, "Expected JSON.", "invalid_request");
  }
}

/** The shape of the parameters on the wire. */
export interface WireParameters {
  readonly cond?: string | undefined;
  readonly outputs?: string | undefined;
  readonly range?: string | undefined;
  readonly order?: readonly string[] | undefined;
}

/** The JSON of the parameters. */
export function readParameters(wire: WireParameters): Parameters {
  return {
    cond: jsonParameter(wire.cond, "cond"),
    outputs: jsonParameter(wire.outputs, "outputs"),
    range: jsonParameter(wire.range, "range"),
    order: (wire.order ?? []).flatMap((text) => jsonParameter(text, "order") ?? []),
  };
}

/** The records of a related dataset that an action links or unlinks. */
export function attachmentOf(
  action: "attach" | "detach",
  query: {
    readonly action_resource?: string | undefined;
    readonly action_cond?: string | undefined;
    readonly action_range?: string | undefined;
    readonly action_order?: readonly string[] | undefined;
  },
) {
  return {
    action,
    resource: query.action_resource,
    children: {
      cond: jsonParameter(query.action_cond, "action_cond"),
      range: jsonParameter(query.action_range, "action_range"),
      order: (query.action_order ?? []).flatMap(
        (text) => jsonParameter(text, "action_order") ?? [],
      ),
    },
  };
}

/** The state that `as_of` names. @throws AppError `invalid_as_of`. */
export function parseAsOf(text: string | undefined): AsOf {
  return (
    asOfFrom(text) ??
    refuse("as_of", "Expected an RFC 3339 instant with an offset.", "invalid_as_of")
  );
}

/** The records of a body: one object, or an array of them. */
export function recordsOf(body: Json): readonly JsonObject[] {
  const records = Array.isArray(body) ? (body as readonly Json[]) : [body];
  if (records.length > LIMITS.batchItemsMax) {
    return refuse("body", `Expected at most ${LIMITS.batchItemsMax} records.`, "too_large");
  }
  return records.map((record) =>
    isJsonObject(record) ? record : refuse("body", "Expected an object, or an array of objects."),
  );
}
