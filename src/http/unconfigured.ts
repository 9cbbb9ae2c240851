/** The answer of a Worker whose settings are missing or unfit. */
import { AppError } from "../model/error.ts";
import { problemBody, STATUS } from "./problem.ts";

/**
 * 503, with the settings at fault, which are named and never quoted. The log says the same.
 *
 * @param error what refused the settings.
 */
export const unconfigured = (error: unknown): Response => {
  const reason = error instanceof Error ? error.message : "Configuration refused.";
  const detail = `${reason} On your own machine \`npm run setup\` makes what is missing; then start it again.`;
  const requestId = crypto.randomUUID();
  console.error(JSON.stringify({ level: "error", request_id: requestId, detail }));
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
};
