// What the Worker asks of other servers, answered by the test.
import { vi } from "vitest";

/** The requests to other servers so far, and how to let them out again. */
export interface Intercepted {
  /** Method and address of each. */
  readonly seen: string[];
  readonly end: () => void;
}

/** Answers requests to other servers; what `answer` gives null for cannot be reached. */
export const interceptFetch = (
  answer: (request: Request) => Response | null | Promise<Response | null>,
): Intercepted => {
  const seen: string[] = [];
  const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    seen.push(`${request.method} ${request.url}`);
    const response = await answer(request);
    if (response === null) throw new TypeError("Network connection lost.");
    return response;
  });
  return { seen, end: () => spy.mockRestore() };
};
