/** Whether the surface can answer. */
import { AppError } from "../../../model/error.ts";
import type { Caller } from "./latest-metadata.ts";

/** One check, and what it found. */
export interface Check {
  readonly healthy: boolean;
  readonly message: string;
}

const isErrorBody = (error: unknown): boolean =>
  error instanceof AppError && (error.code === "unauthenticated" || error.code === "forbidden");

const checked = async (run: () => Promise<string>): Promise<Check> => {
  try {
    return { healthy: true, message: await run() };
  } catch (error) {
    // A refused caller says nothing about the health of the surface.
    if (isErrorBody(error)) throw error;
    return { healthy: false, message: "It could not be reached." };
  }
};

/**
 * Checks the surface: that its metadata can be read.
 *
 * @throws AppError `unauthenticated`, `forbidden`.
 */
export async function checkHealth({
  store,
  principal,
}: Caller): Promise<Readonly<Record<string, Check>>> {
  const metadata = await checked(async () => {
    const { version, entities } = await store.freshRegistry(principal);
    return `version ${version}, ${entities.size} entities`;
  });
  return { metadata };
}
