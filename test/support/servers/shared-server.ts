/** One server for the end-to-end tests that need no other: started before the first, ended after the last. */
import type { TestProject } from "vitest/node";
import { openTestServer } from "./server.ts";

/** What vitest runs around these tests. Its end fails when the server's log discloses too much. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const server = await openTestServer();
  project.provide("serverUrl", server.url);
  return server.close;
};
