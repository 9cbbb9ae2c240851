import { AppError } from "../model/error.ts";

/**
 * Asks the bucket for something. What fails there is no fault of the caller: it may try again.
 *
 * @throws AppError `unavailable`.
 */
export async function reach<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new AppError("unavailable", "The bucket could not be reached; try again.", {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
}
