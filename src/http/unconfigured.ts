/** The answer of a Worker whose settings are missing or unfit. */
import { AppError } from "../model/error.ts";
import { problemBody, STATUS } from "./problem.ts";

const SETUP = "`npm run setup` makes what is missing; then start it again.";

/**
 * 503. The log names the settings at fault and quotes none; the answer names them in development alone,
 * where nobody else can ask.
 *
 * @param error what refused the settings.
 */
export function unconfigured(error: unknown, isDevelopment: boolean): Response {
  const reason = error instanceof Error ? error.message : "Configuration refused.";
  const requestId = crypto.randomUUID();
  console.error(JSON.stringify({ level: "error", request_id: requestId, detail: reason }));
  const detail = isDevelopment
    ? `${reason} ${SETUP}`
    : "The service is not configured; its log says what is wrong.";
  const problem = new AppError("unavailable", detail);
  return Response.json(problemBody(problem, requestId), {
    status: STATUS[problem.code],
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "retry-after": "60",
      "x-request-id": requestId,
    },
  });
}
