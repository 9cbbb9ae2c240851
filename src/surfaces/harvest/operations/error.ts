/** Errors of this surface: what operations throw. */
import type { Json } from "../../../model/json.ts";

/** One error of a request, in FastAPI's form. */
export interface RequestErrorItem {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input?: Json;
}

/** An invalid request: 422. */
export class RequestError extends Error {
  readonly errors: readonly RequestErrorItem[];

  constructor(errors: readonly RequestErrorItem[]) {
    super("The request is not valid.");
    this.errors = errors;
  }
}

const SECRET = /password|secret|token|authorization|api_?key|private_?key/i;

/** True for a member name that carries secrets. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}

/** One error of a member of the body. */
export function bodyError(path: string, msg: string, type = "value_error"): RequestError {
  return new RequestError([{ type, loc: ["body", ...path.split(".")], msg }]);
}

/** A valid request that cannot be done: 400, 409, or 502 when another server failed. */
export class HarvestError extends Error {
  readonly status: 400 | 409 | 502;

  constructor(status: 400 | 409 | 502, detail: string) {
    super(detail);
    this.status = status;
  }
}
