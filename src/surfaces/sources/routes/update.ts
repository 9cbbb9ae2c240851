/** `POST /source/update`: what pipelines report. */
import type { Context } from "hono";
import { addRouteByParts, type Api } from "../../../http/api.ts";
import { answerOf } from "../../../http/answer.ts";
import { writeContext } from "../../../http/context.ts";
import { answer, jsonBody, problems } from "../../../http/describe.ts";
import { reasonHeaders } from "../../../http/reason.ts";
import type { Parts } from "../../../http/declaration.ts";
import type { AppEnv } from "../../../http/env.ts";
import { AppError } from "../../../model/error.ts";
import type { Json } from "../../../model/json.ts";
import { EventError, eventOf } from "../language/event.ts";
import { renderFlow } from "../language/render.ts";
import { recordEvent } from "../operations/report.ts";
import { receive } from "./body.ts";
import { EVENT_EXAMPLE, FLOW_EXAMPLE } from "../wire/examples.ts";
import * as wire from "../wire/sources.ts";

type UpdateParts = Parts<Json | undefined, Record<string, never>, undefined>;

const badRequest = (c: Context<AppEnv>, detail: string): Response =>
  c.json(renderFlow({ status: null, id: null, errors: [detail] }), 400);

const update = async (c: Context<AppEnv>, parts: UpdateParts): Promise<Response> => {
  parts.query();
  if (!c.get("services").sources.mayReport(c.req.header("authorization"))) {
    throw new AppError("unauthenticated", "Send the token of the pipelines service.");
  }
  try {
    const { bytes, body } = await parts.body(receive);
    const event = eventOf(body);
    const context = await writeContext(c, "sources", event.kind, bytes);
    const { receipt, state } = await recordEvent(c.get("store"), event, context);
    return answerOf(c, receipt, renderFlow(state));
  } catch (error) {
    if (error instanceof EventError) return badRequest(c, error.message);
    if (error instanceof AppError && error.code === "invalid_request") {
      return badRequest(c, error.message);
    }
    throw error;
  }
};

/** Adds the route. */
export function updateRoute(api: Api): void {
  addRouteByParts(
    api,
    {
      method: "post",
      path: "/source/update",
      tags: ["sources"],
      security: [],
      summary: "Report an event of a pipeline",
      description:
        "Records an event of a pipeline. The pipelines service calls it, with `PIPELINES_TOKEN` if one is configured. When a pipeline fails, the pipelines that depend on it fail too. The status is 409 while the embedded runner works on the dataset. An event of an unknown pipeline or of a finished flow changes nothing and gives 200.",
      request: { headers: reasonHeaders, body: jsonBody(wire.PipelineEvent, EVENT_EXAMPLE) },
      responses: {
        ...answer(wire.FlowState, "The state of the flow after the event.", FLOW_EXAMPLE),
        ...problems(401, 409, 413, 422, 429, 503),
        400: {
          description: "The event is malformed and changes nothing.",
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
}
