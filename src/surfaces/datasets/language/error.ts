import { AppError, type ErrorCode } from "../../../model/error.ts";

/** The error of a request that cannot be: names the member and says what was expected. */
export function refuse(path: string, detail: string, code: ErrorCode = "invalid_value"): never {
  throw new AppError(code, path === "" ? detail : `${path}: ${detail}`, {
    details: [{ path, code, detail }],
  });
}

/** The error of a record that cannot be, in words that clients of such services know. */
export function refuseRecord(message: string, path: string): never {
  throw new AppError("invalid_value", message, {
    details: [{ path, code: "invalid_value", detail: message }],
  });
}
