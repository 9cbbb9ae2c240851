import type { ErrorDetail } from "../../src/model/error.ts";
import { isJsonObject, type Json } from "../../src/model/json.ts";

/** A refusal by the server (RFC 9457), as far as a client acts on it. */
export interface Problem {
  readonly status: number;
  /** The stable machine word, or `http_<status>` when the answer was no problem document. */
  readonly code: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  readonly errors: readonly ErrorDetail[];
}

/** The server answered, and said no. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;

  constructor(problem: Problem, request: string) {
    const named = problem.errors.slice(0, 3).map(({ path, detail }) => `${path}: ${detail}`);
    const id = problem.requestId === undefined ? "" : ` (request ${problem.requestId})`;
    super(
      `${request} answered ${problem.status} ${problem.code}: ${problem.detail}${id}` +
        named.map((line) => `\n  ${line}`).join(""),
    );
    this.problem = problem;
  }
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

const detailOf = (value: Json): ErrorDetail => {
  const error = isJsonObject(value) ? value : {};
  const index = error["index"];
  const identifier = textOf(error["identifier"]);
  return {
    path: textOf(error["path"]) ?? "",
    code: textOf(error["code"]) ?? "",
    detail: textOf(error["detail"]) ?? "",
    ...(typeof index === "number" ? { index } : {}),
    ...(identifier === undefined ? {} : { identifier }),
  };
};

const parsed = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
};

/** Reads a refusal; an answer that is no problem document gives its status alone. */
export const parseProblem = (status: number, text: string): Problem => {
  const body = parsed(text);
  const members = isJsonObject(body) ? body : {};
  const errors = members["errors"];
  return {
    status,
    code: textOf(members["code"]) ?? `http_${status}`,
    detail: textOf(members["detail"]) ?? textOf(members["title"]) ?? "no details were given",
    requestId: textOf(members["request_id"]),
    errors: Array.isArray(errors) ? (errors as readonly Json[]).map(detailOf) : [],
  };
};
