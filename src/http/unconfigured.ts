/** The response of a Worker whose settings are missing or invalid. */
import { AppError } from "../model/error.ts";
import { problemBody, STATUS } from "./problem.ts";

const SETUP = "`npm run setup` makes what is missing; then start it again.";

/**
 * 503. The log names the invalid settings and quotes none; the response names them only in
 * development, where no other people can call.
 *
 * @param error the error of the settings.
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
