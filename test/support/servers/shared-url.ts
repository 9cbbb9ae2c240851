import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    serverUrl: string;
  }
}

/** The address of the server that end-to-end tests share: see shared-server.ts. */
export const sharedUrl = (): string => inject("serverUrl");
