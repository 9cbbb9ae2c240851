import { AppError, type ErrorCode } from "../../../model/error.ts";

/** The error of an invalid request: names the member and what was expected. */
export function refuse(path: string, detail: string, code: ErrorCode = "invalid_value"): never {
  throw new AppError(code, path === "" ? detail : `${path}: ${detail}`, {
    details: [{ path, code, detail }],
  });
}

/** The error of an invalid record, with the wording that clients of such services know. */
export function refuseRecord(message: string, path: string): never {
  throw new AppError("invalid_value", message, {
    details: [{ path, code: "invalid_value", detail: message }],
  });
}
