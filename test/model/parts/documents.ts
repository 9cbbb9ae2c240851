// `POST /data/find/{entity}`: documents in ranges with their count, and as a stream.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { Answer } from "../../support/clients/http.ts";
import type { Rendered } from "../types.ts";
import { entityQueryOf, found, wanted, type Wanted } from "./predicates.ts";
import { agreeing, readsOf, type Reading } from "./reading.ts";
import type { Snapshot } from "./world.ts";

/** The wanted documents, and the size of ranges. */
export interface DocumentsSpec extends Wanted {
  /** Undefined: all of them as a stream. */
  readonly size: number | undefined;
}

const PROJECTION: readonly JsonObject[] = ["_id", "label", "count"].map((field) => ({
  field,
  include: true,
}));

/** A row as a document, without null members. */
const documentOf = (row: Rendered): JsonObject => {
  const { identifier = "", label = null, count = null } = row;
  return {
    _id: identifier,
    ...(label === null ? {} : { label }),
    ...(count === null ? {} : { count }),
  };
};

/** The objects of a stream of concatenated JSON objects. */
const objectsIn = (text: string): readonly JsonObject[] =>
  JSON.parse(`[${text.replaceAll(/\}(?=\{"(?:processed|errors)")/g, "},")}]`) as JsonObject[];

const streamed = ({ status, text }: Answer): Json => {
  if (status !== 200) return status;
  const [header = {}, ...objects] = objectsIn(text);
  return {
    status: header["status"] ?? null,
    processed: objects.map(({ processed = null }) => processed),
    last: objects.map(({ last = false }) => last),
  };
};

const ranged = ({ status, body }: Answer): Json => {
  if (status !== 200) return status;
  const { status: outcome = null, matchCount = null, processed = null } = body as JsonObject;
  return { status: outcome, matchCount, processed };
};

const read = async (
  reading: Reading,
  spec: DocumentsSpec,
  range: readonly [number, number] | undefined,
): Promise<number> => {
  const { order, predicate, type } = spec;
  const path = `/data/find/${type}${range === undefined ? "?stream=true" : ""}`;
  const { answer, states } = await reading.ask(({ watched }, asOf) =>
    watched.post(path, {
      query: entityQueryOf(reading.world.prefix, predicate),
      projection: [...PROJECTION],
      ...(order === undefined ? {} : { sort: { [order.field]: `$${order.direction}` } }),
      ...(range === undefined ? {} : { range: [...range] }),
      ...(asOf === undefined ? {} : { as_of: asOf }),
    }),
  );
  const modelOf = (snapshot: Snapshot): Json => {
    const documents = found(reading, spec, snapshot, "least").map(documentOf);
    if (range === undefined) {
      const last = documents.map((_, at) => at === documents.length - 1);
      return { status: "COMPLETE", processed: documents, last };
    }
    const processed = documents.slice(range[0], range[1] + 1);
    return { status: "COMPLETE", matchCount: documents.length, processed };
  };
  const answered = range === undefined ? streamed(answer) : ranged(answer);
  agreeing(states, modelOf, answered, answer.text);
  return typeof answered === "number"
    ? 0
    : ((answered as JsonObject)["processed"] as Json[]).length;
};

/** Reads documents in ranges, or as a stream. */
export const documents = readsOf(
  "documents",
  fc.record({
    ...wanted,
    size: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 3 }),
  }),
  async (reading, spec) => {
    const { size } = spec;
    if (size === undefined) {
      await read(reading, spec, undefined);
      return;
    }
    for (let from = 0; ; from += size) {
      const count = await read(reading, spec, [from, from + size - 1]);
      if (count < size) return;
      await reading.pause();
    }
  },
);
