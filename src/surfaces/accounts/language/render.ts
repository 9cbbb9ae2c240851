import type { User } from "../../../identity/user.ts";
import { AppError, type ErrorCode, type ErrorDetail } from "../../../model/error.ts";
import { REASON_HEADER } from "../../../model/reason.ts";
import {
  MISSING,
  type ErrorBodyShape,
  type UserReadShape,
  type ValidationErrorBodyShape,
} from "../wire/auth.ts";

/** An account as its owner sees it. */
export function renderUser(user: User): UserReadShape {
  return {
    id: user.id,
    email: user.email,
    is_active: user.isActive,
    is_superuser: user.role === "admin",
    is_verified: false,
    role: user.role,
  };
}

/** The message for a login with a wrong address or password. */
export const BAD_CREDENTIALS = { detail: "LOGIN_BAD_CREDENTIALS" };

/** An error in the dialect of these endpoints. */
export interface RenderedError {
  readonly status: 400 | 401 | 403 | 404 | 413 | 422 | 429 | 503;
  readonly body: ErrorBodyShape | ValidationErrorBodyShape;
}

const TEXTS: Partial<Record<ErrorCode, Pick<RenderedError, "status"> & { detail?: string }>> = {
  already_exists: { status: 400, detail: "REGISTER_USER_ALREADY_EXISTS" },
  unauthenticated: { status: 401, detail: "Unauthorized" },
  forbidden: { status: 403 },
  not_found: { status: 404 },
  too_many_requests: { status: 429 },
  too_large: { status: 413 },
  unavailable: { status: 503 },
};

const INVALID: readonly ErrorCode[] = [
  "invalid_request",
  "invalid_value",
  "unknown_field",
  "unsupported_media_type",
];

// An error of the whole body has the path `body`, one of a member that member's path. Unknown
// members of a body are ignored, so an unknown member that is reported was in the query.
const placeOf = ({ path, code }: ErrorDetail): readonly string[] => {
  if (path === "body") return ["body"];
  if (path === REASON_HEADER) return ["header", path];
  return [code === "unknown_field" ? "query" : "body", ...path.split(".")];
};

const errorOf = (error: ErrorDetail) => ({
  type: error.detail === MISSING ? "missing" : error.code,
  loc: [...placeOf(error)],
  msg: error.detail,
});

const renderInvalid = (error: AppError): RenderedError => {
  const whole = { path: "body", code: error.code, detail: error.message };
  const details = error.details.length > 0 ? error.details : [whole];
  return { status: 422, body: { detail: details.map(errorOf) } };
};

/** The response to an error; undefined when this surface does not render it. */
export function renderError(error: Error): RenderedError | undefined {
  if (!(error instanceof AppError)) return undefined;
  if (INVALID.includes(error.code)) return renderInvalid(error);
  const words = TEXTS[error.code];
  if (words === undefined) return undefined;
  const { status, detail = error.message } = words;
  return { status, body: { detail } };
}
