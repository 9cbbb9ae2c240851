/** The pages that the `type` of a problem points to: for people as HTML, for programs as JSON. */
import { z } from "@hono/zod-openapi";
import { accepts } from "hono/accepts";
import { html } from "hono/html";
import { AppError, ERROR_CODES, type ErrorCode } from "../model/error.ts";
import { addRoute, type Api } from "./api.ts";
import { Problem, problems } from "./describe.ts";
import { PROBLEMS } from "./problem-kinds.ts";
import { problemBody, problemPath } from "./problem.ts";

const EXAMPLE_REQUEST = "d52c22fd-c9fd-495d-8b10-acb65d923f44";

const ProblemPage = z
  .strictObject({
    type: z.string().describe("The address of this page, as problems have it."),
    code: z.enum(ERROR_CODES),
    title: z.string(),
    status: z.int(),
    cause: z.string().describe("When the problem occurs."),
    cure: z.string().describe("What to do."),
    example: Problem,
  })
  .openapi("ProblemPage");

const pageOf = (code: ErrorCode): z.infer<typeof ProblemPage> => {
  const { title, status, cause, cure, example } = PROBLEMS[code];
  const error = new AppError(code, example.detail, { details: example.errors ?? [] });
  const body = problemBody(error, EXAMPLE_REQUEST) as z.infer<typeof Problem>;
  return { type: problemPath(code), code, title, status, cause, cure, example: body };
};

const STYLE =
  "body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}pre{overflow:auto;padding:1rem;border:1px solid #8888}";

const render = ({ code, title, status, cause, cure, example }: z.infer<typeof ProblemPage>) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p><code>${code}</code>, HTTP status ${status}</p>
          <h2>Cause</h2>
          <p>${cause}</p>
          <h2>What to do</h2>
          <p>${cure}</p>
          <h2>Example</h2>
          <pre>${JSON.stringify(example, null, 2)}</pre>
        </main>
      </body>
    </html>`;

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** Adds `GET /problems/{code}`. */
export function addProblemPages(api: Api): void {
  addRoute(
    api,
    {
      method: "get",
      path: "/problems/{code}",
      tags: ["service"],
      security: [],
      summary: "What does an error mean?",
      description:
        "Returns the cause of an error code, what to do, and an example. The member `type` of a problem document is the address of this page. `Accept` selects JSON or HTML.",
      request: {
        params: z.strictObject({
          code: z
            .string()
            .openapi({ example: "invalid-value" })
            .describe("The error code, with dashes or underscores."),
        }),
      },
      responses: {
        200: {
          description: "The page about the error code.",
          content: {
            "application/json": { schema: ProblemPage, example: pageOf("invalid_value") },
            "text/html": { schema: z.string(), example: "<!doctype html><title>Not found</title>" },
          },
        },
        ...problems(400, 404),
      },
    },
    { requires: null },
    async (c, { params }) => {
      const word = params.code.replaceAll("-", "_");
      const code = ERROR_CODES.find((one) => one === word);
      if (code === undefined) throw new AppError("not_found", "There is no such error code.");
      c.header("cache-control", "public, max-age=300");
      c.header("vary", "Accept", { append: true });
      const supports = ["application/json", "text/html"];
      const format = accepts(c, { header: "Accept", supports, default: "application/json" });
      if (format !== "text/html") return c.json(pageOf(code));
      c.header("content-security-policy", POLICY);
      return c.html(render(pageOf(code)));
    },
  );
}
