import { AppError, type ErrorDetail } from "../../../model/error.ts";

/**
 * Runs a write. When it is refused, adds where in the request each bad element is: the store knows
 * elements, only the surface knows its body.
 *
 * @param place the path of an element in the body, e.g. `resources.3`.
 */
export async function located<T>(
  run: () => Promise<T>,
  place: (detail: ErrorDetail) => string | null,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof AppError) || error.details.length === 0) throw error;
    const details = error.details.map((detail) => {
      const at = place(detail);
      return at === null
        ? detail
        : { ...detail, path: [at, detail.path].filter(Boolean).join(".") };
    });
    throw new AppError(error.code, error.message, {
      details,
      cause: error,
      ...(error.retryAfterSeconds === undefined
        ? {}
        : { retryAfterSeconds: error.retryAfterSeconds }),
    });
  }
}
