/** The entity surface: documents with metadata versions, over the one store. */
import { AppError } from "../../model/error.ts";
import { createApi, type Api } from "../../http/api.ts";
import { EntityErrorItem } from "../../schema/entity/error.ts";
import { envelopeOf, sendEnvelope } from "./routes/answer.ts";
import type { Command } from "./language/request.ts";
import { dataRoutes, oldInsertRoutes } from "./routes/data.ts";
import { metadataChangeRoutes } from "./routes/metadata-change.ts";
import { metadataReadRoutes } from "./routes/metadata-read.ts";
import { moreRoutes } from "./routes/tasks.ts";

const COMMANDS: readonly Command[] = [
  "insert",
  "save",
  "update",
  "delete",
  "find",
  "explain",
  "generate",
];

/** The command in a path; a plain `PUT /data/{entity}` is an insert. */
const commandOf = (path: string): Command | undefined => {
  const [, root, word] = path.split("/");
  if (root !== "data") return undefined;
  return COMMANDS.find((command) => command === word);
};

/** All routes of the surface. Each responds with an envelope, also for errors. */
export function entityRoutes(): Api {
  const api = createApi();
  api.onError((error, c) => {
    const isKnown = error instanceof EntityErrorItem || error instanceof AppError;
    const envelope = envelopeOf(error, commandOf(c.req.path), c.get("requestId"));
    if (isKnown && error instanceof AppError && error.retryAfterSeconds !== undefined) {
      c.header("retry-after", String(error.retryAfterSeconds));
    }
    return sendEnvelope(c, envelope);
  });
  dataRoutes(api);
  moreRoutes(api);
  metadataReadRoutes(api);
  metadataChangeRoutes(api);
  oldInsertRoutes(api);
  return api;
}
