/** `POST /source/update`: what pipelines report. */
import type { Context } from "hono";
import { addRoute, type Api } from "../../http/api.ts";
import { answerOf } from "../../http/answer.ts";
import { writeContext } from "../../http/context.ts";
import { answer, jsonBody, problems } from "../../http/describe.ts";
import type { AppEnv } from "../../http/env.ts";
import type { Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import { FLOW_EVENTS, type FlowEvent } from "../../schema/source/flow.ts";
import type { FlowAnswer } from "../../store/sources/event.ts";
import { reportEvent } from "../../store/sources/report.ts";
import { receive } from "./body.ts";
import { EVENT_EXAMPLE, FLOW_EXAMPLE } from "./examples.ts";
import * as wire from "./wire.ts";

/** Who reports: the pipelines service. */
const REPORTER: Principal = { kind: "system", id: "system:pipelines", role: null };

/** What is wrong with an event. */
class EventFault extends Error {}

const refuse = (detail: string): never => {
  throw new EventFault(detail);
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

const eventOf = (value: Json | undefined): FlowEvent => {
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
};

const inOlderWords = (status: FlowAnswer["status"]): string => {
  if (status === "success") return "success";
  return status === "pending" || status === "running" ? "pending" : "fail";
};

const body = ({ status, id, errors }: FlowAnswer): JsonObject => ({
  status,
  id,
  errors,
  success: inOlderWords(status),
});

const badRequest = (c: Context<AppEnv>, detail: string): Response =>
  c.json(body({ status: null, id: null, errors: [detail] }), 400);

const update = async (c: Context<AppEnv>): Promise<Response> => {
  if (!c.get("services").sources.mayReport(c.req.header("authorization"))) {
    throw new AppError("unauthenticated", "Send the token of the pipelines service.");
  }
  try {
    const { bytes, value } = await receive(c.req.raw);
    const event = eventOf(value);
    const context = await writeContext(c, "sources", event.kind, bytes);
    const found = await reportEvent(c.get("store"), REPORTER, context, { event });
    if (found.answer === null) {
      throw new AppError("conflict", "The embedded runner is at work on this flow.");
    }
    return answerOf(c, found.receipt, body(found.answer));
  } catch (error) {
    if (error instanceof EventFault) return badRequest(c, error.message);
    if (error instanceof AppError && error.code === "invalid_request") {
      return badRequest(c, error.message);
    }
    throw error;
  }
};

/** Adds the route. */
export const updateRoute = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/source/update",
      tags: ["sources"],
      security: [],
      summary: "Report an event of a pipeline",
      description:
        "For the pipelines service, which bears `PIPELINES_TOKEN` where one is configured. What still waits for a pipeline that failed fails with it. 409 while the embedded runner works on the dataset. An event of an unknown pipeline, or of a flow that has ended, is answered with 200 as well and changes nothing.",
      request: { body: jsonBody(wire.PipelineEvent, EVENT_EXAMPLE) },
      responses: {
        ...answer(wire.FlowState, "The state of the flow after the event.", FLOW_EXAMPLE),
        ...problems(401, 409, 413, 422, 429, 503),
        400: {
          description: "The event is malformed; nothing is changed.",
          content: {
            "application/json": {
              schema: wire.FlowState,
              example: {
                status: null,
                id: null,
                errors: ["event: expected one of queue, start, progress, finish"],
                success: "fail",
              },
            },
            ...(problems(400)[400] as { readonly content: object }).content,
          },
        },
      },
    },
    { requires: null },
    update,
  );
