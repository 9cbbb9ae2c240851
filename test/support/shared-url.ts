import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    serverUrl: string;
  }
}

/** Where the server answers that end-to-end tests share: see shared-server.ts. */
export const sharedUrl = (): string => inject("serverUrl");
