/** Errors of this surface: what operations throw. */
import type { Json } from "../../../model/json.ts";

/** One fault of a request, as FastAPI words it. */
export interface RequestErrorItem {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input?: Json;
}

/** A request that is not as it should be: 422. */
export class RequestError extends Error {
  readonly faults: readonly RequestErrorItem[];

  constructor(faults: readonly RequestErrorItem[]) {
    super("The request is not valid.");
    this.faults = faults;
  }
}

const SECRET = /password|secret|token|authorization|api_?key|private_?key/i;

/** True for a name under which secrets are sent. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}

/** One fault of a member of the body. */
export function bodyError(path: string, msg: string, type = "value_error"): RequestError {
  return new RequestError([{ type, loc: ["body", ...path.split(".")], msg }]);
}

/** A call that cannot be done although its request is valid: 400, 409, or 502 where another server failed. */
export class Refused extends Error {
  readonly status: 400 | 409 | 502;

  constructor(status: 400 | 409 | 502, detail: string) {
    super(detail);
    this.status = status;
  }
}
