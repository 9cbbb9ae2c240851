import { AppError } from "../model/error.ts";

/**
 * Calls the bucket. A failure is not the caller's error: it may try again.
 *
 * @throws AppError `unavailable`.
 */
export async function reach<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new AppError("unavailable", "The bucket could not be reached; try again.", {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
}
