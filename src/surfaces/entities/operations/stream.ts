/** Find as a stream: a header, then one JSON object for each document, of one state of the store. */
import { AppError } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Query } from "../../../query/query.ts";
import type { Found, Row } from "../../../store/index.ts";
import { renderErrorBody } from "../language/envelope.ts";
import type { EntityRequest } from "../language/request.ts";
import { processedOf, readFind, type ReadFind } from "./find.ts";
import { byLatestMetadata, type Caller } from "./latest-metadata.ts";

const encoder = new TextEncoder();

const lineOf = (value: JsonObject): Uint8Array => encoder.encode(JSON.stringify(value));

/** The first page fixes the state and the metadata, and reports all errors. */
interface FirstPage {
  readonly read: ReadFind;
  readonly found: Found;
}

const readFirst = ({ store, principal }: Caller, request: EntityRequest): Promise<FirstPage> =>
  byLatestMetadata({ store, principal }, async (registry, caller) => {
    const read = readFind(request, registry, caller.role);
    const limit = Math.min(read.query.page.limit, LIMITS.pageSizeDefault);
    const query = { ...read.query, page: { ...read.query.page, limit } };
    const found = await store.find(caller, query, { children: false });
    const { registryVersion } = found;
    return { value: { read, found }, registryVersion, principal: found.principal };
  });

/** The rows from the first page on, page by page. */
const rowsOf = async function* (caller: Caller, { read, found }: FirstPage): AsyncGenerator<Row> {
  let page = found;
  for (let left = read.size ?? Number.POSITIVE_INFINITY; ;) {
    for (const row of page.rows) {
      if (left <= 0) return;
      left -= 1;
      yield row;
    }
    if (page.next === null || left <= 0) return;
    caller.store.budget.renew();
    const query: Query = {
      ...read.query,
      page: { limit: Math.min(left, LIMITS.pageSizeDefault), after: page.next },
    };
    page = await caller.store.find(found.principal, query, { children: false });
    // The role that the caller had at the start decides which fields are returned.
    if (page.principal.role !== found.principal.role) {
      throw new AppError("forbidden", "Your role has changed meanwhile: send the request again.");
    }
  }
};

const objectsOf = async function* (caller: Caller, first: FirstPage): AsyncGenerator<JsonObject> {
  const { budget } = caller.store;
  let held: JsonObject | undefined;
  for await (const row of rowsOf(caller, first)) {
    if (held !== undefined) yield held;
    await budget.giveTurn();
    const { document, documentVersion } = processedOf(first.read, row, budget.compare);
    held = { processed: document, resultMetadata: { documentVersion } };
  }
  if (held !== undefined) yield { ...held, last: true };
};

/** The body of a streaming find: objects one after the other, the last one marked. */
export async function streamFind(
  caller: Caller,
  request: EntityRequest,
  header: () => JsonObject,
): Promise<ReadableStream<Uint8Array>> {
  const first = await readFirst(caller, request);
  const { entity, version } = first.read.version;
  const objects = objectsOf(caller, first);
  return new ReadableStream<Uint8Array>({
    start: (controller) =>
      controller.enqueue(
        lineOf({ entity, entityVersion: version, status: "COMPLETE", ...header() }),
      ),
    pull: async (controller) => {
      try {
        const next = await objects.next();
        if (next.done === true) controller.close();
        else controller.enqueue(lineOf(next.value));
      } catch (error) {
        // The header has been sent already, so an error can only be reported at the end.
        const known =
          error instanceof AppError ? error : new AppError("internal", "The stream broke off.");
        controller.enqueue(lineOf(renderErrorBody(known, "find").body));
        controller.close();
      }
    },
    cancel: async () => {
      await objects.return(undefined);
    },
  });
}
