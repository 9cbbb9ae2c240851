/** The OpenAPI document, for builds: a built Worker serves it as a static file. */
import { createApp, VERSION } from "../app.ts";
import { openApiDocument } from "../http/openapi.ts";
import { freshSecrets } from "./secrets.ts";

/** The text of the document, as a Worker with all of the source serves it. */
export function makeDocument(): string {
  const app = createApp({ ...freshSecrets(), ENVIRONMENT: "development" } as unknown as Env);
  return JSON.stringify(openApiDocument(app, VERSION));
}
