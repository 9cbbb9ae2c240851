import {
  PROBLEM_CLASSES,
  type ProblemElement,
  ProblemError,
  type ProblemFacts,
} from "./problem.ts";
import { retryAfterSeconds } from "./retry.ts";
import type { ProblemCode } from "./wire.ts";

type Members = Readonly<Record<string, unknown>>;

const membersOf = (value: unknown): Members =>
  typeof value === "object" && value !== null ? (value as Members) : {};

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;

/** The members of an error. Session endpoints return a list, of which the first counts. */
const parsed = (text: string): Members => {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return membersOf(value);
    const first = membersOf(value[0]);
    return { ...first, detail: first["message"] };
  } catch {
    return {};
  }
};

/** Sentences for the machine words that account endpoints return as details. */
const SENTENCES: ReadonlyMap<string | undefined, string> = new Map([
  ["LOGIN_BAD_CREDENTIALS", "Wrong e-mail address or password."],
  ["REGISTER_USER_ALREADY_EXISTS", "There is an account with this e-mail address."],
  ["UPDATE_USER_EMAIL_ALREADY_EXISTS", "There is an account with this e-mail address."],
]);

const elementOf = (value: unknown): ProblemElement => {
  const { index, identifier, path, code, detail } = membersOf(value);
  return {
    path: textOf(path) ?? "",
    code: textOf(code) ?? "",
    detail: textOf(detail) ?? "",
    ...(typeof index === "number" ? { index } : {}),
    ...(typeof identifier === "string" ? { identifier } : {}),
  };
};

const isCode = (word: string | undefined): word is ProblemCode =>
  word !== undefined && Object.hasOwn(PROBLEM_CLASSES, word);

/** Parses an error. A response that is not a problem document (a proxy's page) gives its status. */
const readFacts = (status: number, text: string, headers: Headers, now: number): ProblemFacts => {
  const members = parsed(text);
  const code = textOf(members["code"]);
  const { errors } = members;
  const detail = textOf(members["detail"]);
  return {
    status,
    code: isCode(code) ? code : `http_${status}`,
    detail: SENTENCES.get(detail) ?? detail ?? textOf(members["title"]) ?? "no details were given",
    errors: Array.isArray(errors) ? errors.map(elementOf) : [],
    requestId: textOf(members["request_id"]) ?? headers.get("x-request-id") ?? undefined,
    retryAfterSeconds: retryAfterSeconds(headers.get("retry-after"), now),
  };
};

/** The error of a response: of the class of its error code. */
export function readProblem(
  response: Pick<Response, "status" | "headers">,
  text: string,
  request: string,
  now: number,
): ProblemError {
  const facts = readFacts(response.status, text, response.headers, now);
  const { code } = facts;
  const Class = isCode(code) ? PROBLEM_CLASSES[code] : ProblemError;
  return new Class(facts, request);
}

/**
 * The error of an element at a shifted position; its path begins with the collection and the
 * position, if it has one.
 */
const movedElement = (element: ProblemElement, index: number, offset: number): ProblemElement => ({
  ...element,
  index: index + offset,
  path: element.path.replace(/^(\w+)\.(\d+)(?=\.|$)/, (whole, collection: string, number: string) =>
    Number(number) === index ? `${collection}.${index + offset}` : whole,
  ),
});

/** The same error with the elements at other positions: for a part of the caller's elements. */
export function moved(error: ProblemError, offset: number): ProblemError {
  if (offset === 0) return error;
  const errors = error.errors.map((element) =>
    element.index === undefined ? element : movedElement(element, element.index, offset),
  );
  const Class = isCode(error.code) ? PROBLEM_CLASSES[error.code] : ProblemError;
  const { status, code, detail, requestId, retryAfterSeconds: seconds } = error;
  const facts = { status, code, detail, errors, requestId, retryAfterSeconds: seconds };
  return new Class(facts, error.message.split(" answered ")[0] ?? "");
}
