/** Checks the parts of a request by the schemas of their route, and renders the errors. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { AppError, type ErrorDetail } from "../model/error.ts";
import { suggestion } from "../model/nearest.ts";
import type { AppEnv } from "./env.ts";

/** A part of a request. */
export type Place = "body" | "query" | "path";

/** Makes the error for a part of a request from the issues that its schema found. */
export type ErrorOfIssues = (
  issues: readonly z.core.$ZodIssue[],
  place: Place,
  value: unknown,
  schema: z.ZodType,
) => Error;

const UNITS: Readonly<Record<string, string>> = {
  number: "a number of",
  int: "a whole number of",
  string: "a text of length",
  array: "a list of length",
};

const bounded = ({ origin }: { readonly origin: string }, word: string, bound: unknown): string =>
  `Expected ${UNITS[origin] ?? "a value of"} ${word} ${String(bound)}.`;

/** The message of an issue, reworded when the library's message describes the library. */
const detailOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === "too_small" && issue.message.startsWith("Too small")) {
    return bounded(issue, issue.inclusive === false ? "more than" : "at least", issue.minimum);
  }
  if (issue.code === "too_big" && issue.message.startsWith("Too big")) {
    return bounded(issue, issue.inclusive === false ? "less than" : "at most", issue.maximum);
  }
  return issue.message;
};

/** The members that a schema names at a path, as far as that is plain. */
const membersAt = (schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] => {
  const [first, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    if (first === undefined) return Object.keys(schema.shape);
    const inner: unknown = schema.shape[String(first)];
    return inner instanceof z.ZodType ? membersAt(inner, rest) : [];
  }
  return schema instanceof z.ZodArray && first !== undefined
    ? membersAt(schema.element as z.ZodType, rest)
    : [];
};

const unknownMembers = (
  issue: z.core.$ZodIssueUnrecognizedKeys,
  place: string,
  schema: z.ZodType,
): readonly ErrorDetail[] => {
  const known = membersAt(schema, issue.path);
  return issue.keys.map((name, position) => ({
    // A member whose name is empty is told by the part of the request.
    path: [...issue.path.map(String), name].join(".") || place,
    code: "unknown_field",
    detail: `The member is unknown here.${position < SUGGESTED_MAX ? suggestion(name, known) : ""}`,
  }));
};

/** Names of one object that are compared with known ones. */
const SUGGESTED_MAX = 100;

const detailsOf = (
  issues: readonly z.core.$ZodIssue[],
  place: string,
  schema: z.ZodType,
): readonly ErrorDetail[] =>
  issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return unknownMembers(issue, place, schema);
    const path = issue.path.map(String).join(".") || place;
    return [{ path, code: "invalid_value", detail: detailOf(issue) }];
  });

/** The default error: `unknown_field` when nothing else is wrong, or else `invalid_value`. */
const errorOf: ErrorOfIssues = (issues, place, _value, schema) => {
  const details = detailsOf(issues, place, schema);
  const [first] = details;
  const code = details.every((each) => each.code === "unknown_field")
    ? "unknown_field"
    : "invalid_value";
  return new AppError(code, `${first?.path ?? place}: ${first?.detail ?? "invalid"}`, { details });
};

/**
 * The value as a schema parses it; undefined without a schema.
 *
 * @throws the error that `makeError` returns for the issues.
 */
export function check<T>(
  schema: z.ZodType<T> | undefined,
  value: unknown,
  place: Place,
  makeError: ErrorOfIssues = errorOf,
): T {
  if (schema === undefined) return undefined as T;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw makeError(result.error.issues, place, value, schema);
}

/**
 * The parameters of a query string by name; those in `repeated` as lists.
 *
 * @throws AppError `invalid_value` for another one that is repeated, `unknown_field` for
 * `__proto__`.
 */
export function queryOf(
  c: Context<AppEnv>,
  repeated: readonly string[] = [],
): Record<string, string | readonly string[]> {
  const values: Record<string, string | readonly string[]> = {};
  for (const [name, found] of Object.entries(c.req.queries())) {
    if (name === "__proto__") {
      throw new AppError("unknown_field", "The parameter is unknown here.", {
        details: [{ path: name, code: "unknown_field", detail: "Expected no such parameter." }],
      });
    }
    if (repeated.includes(name)) {
      values[name] = found;
      continue;
    }
    if (found.length > 1) {
      throw new AppError("invalid_value", `The parameter ${name.slice(0, 64)} is given twice.`, {
        details: [{ path: name.slice(0, 64), code: "invalid_value", detail: "Expected once." }],
      });
    }
    values[name] = found[0] ?? "";
  }
  return values;
}
