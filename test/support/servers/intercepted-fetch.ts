// Intercepts the Worker's requests to other servers; the test responds.
import { vi } from "vitest";

/** The requests to other servers so far, and how to stop the interception. */
export interface Intercepted {
  /** Method and address of each. */
  readonly seen: string[];
  readonly end: () => void;
}

/** Responds to requests to other servers; a request for which `answer` returns null fails. */
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
