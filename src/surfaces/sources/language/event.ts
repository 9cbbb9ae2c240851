/** Events of pipelines: from the wire to the model. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { FLOW_EVENTS, type FlowEvent } from "../../../schema/source/flow.ts";

/** The error of an event. */
export class EventError extends Error {}

const refuse = (detail: string): never => {
  throw new EventError(detail);
};

const lastLines = (texts: readonly string[]): readonly string[] =>
  texts
    .slice(-LIMITS.eventLinesMax)
    .map((text) => text.slice(0, LIMITS.eventLineLengthMax).toWellFormed());

const textsOf = (value: Json | undefined, path: string): readonly string[] | null => {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) return refuse(`${path}: expected a list of texts`);
  return lastLines(
    (value as readonly Json[]).map((each) =>
      typeof each === "string" ? each : refuse(`${path}: expected a list of texts`),
    ),
  );
};

const statsOf = (value: Json | undefined): JsonObject | null => {
  if (value === undefined || value === null) return null;
  if (!isJsonObject(value)) return refuse("stats: expected an object");
  return JSON.stringify(value).length > LIMITS.eventStatsBytesMax
    ? refuse(`stats: expected at most ${LIMITS.eventStatsBytesMax} characters of JSON`)
    : value;
};

const pipelineIdOf = (body: JsonObject): string => {
  const id = body["pipeline_id"] ?? body["pipeline"] ?? null;
  if (typeof id !== "string" || id === "") return refuse("pipeline_id: expected a text");
  return id.replace(/^\.\//, "");
};

const successOf = (value: Json | undefined): boolean =>
  value === undefined || value === null || typeof value === "boolean"
    ? value === true
    : refuse("success: expected true or false");

/** The event in a body. @throws {EventError} with its error. */
export function eventOf(value: Json | undefined): FlowEvent {
  const body = isJsonObject(value) ? value : refuse("body: expected a JSON object");
  const kind = FLOW_EVENTS.find((each) => each === body["event"]);
  const pipelineId = pipelineIdOf(body);
  return {
    pipelineId,
    kind: kind ?? refuse(`event: expected one of ${FLOW_EVENTS.join(", ")}`),
    success: successOf(body["success"]),
    errors: textsOf(body["errors"], "errors"),
    stats: statsOf(body["stats"]),
    log: textsOf(body["log"], "log"),
  };
}
