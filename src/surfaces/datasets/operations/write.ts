/** What the writes of this surface share. */
import { AppError } from "../../../model/error.ts";
import type { Json, JsonObject } from "../../../model/json.ts";
import type { Receipt, WriteContext } from "../../../model/transaction.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Decision, Known } from "../../../store/index.ts";
import type { Dataset } from "../language/dataset.ts";
import { outputName } from "../language/names.ts";
import { renderInstant } from "../language/render.ts";
import { runOnDataset, datasetFor, type DatasetRequest, type Caller } from "./dataset-request.ts";

/**
 * Stands in a response for the instant of the transaction, which is unknown before the commit. It
 * contains the id of the request, so no string of a record can equal it by chance.
 */
export function stampOf(context: WriteContext): string {
  return `transaction of ${context.requestId}`;
}

/** A response before its transaction is known. */
export function answerOf(stamp: string, records: readonly JsonObject[]): Json {
  return {
    stamp,
    records: JSON.stringify(records),
  };
}

/** A finished write, with the text of its response. */
export interface Written {
  readonly receipt: Receipt;
  readonly text: string;
}

const finished = (receipt: Receipt): Written => {
  const { stamp, records } = JSON.parse(receipt.answer ?? "{}") as {
    readonly stamp: string;
    readonly records: string;
  };
  const instant = receipt.recordedAt === null ? "" : renderInstant(receipt.recordedAt);
  return { receipt, text: records.replaceAll(stamp, instant) };
};

const outputPath = (path: string): string => {
  const [first = "", ...rest] = path.split(".");
  return [outputName(first), ...rest].join(".");
};

/**
 * Refuses the whole write when a part of it cannot be done.
 *
 * @throws AppError of the first error.
 */
const refuseRefused = ({ refused }: Pick<Known, "refused">): void => {
  const details = [...refused.values()].flat();
  const first = details.find(({ code }) => code === "forbidden") ?? details[0];
  if (first === undefined) return;
  const { code, detail } = first;
  const path = outputPath(first.path);
  if (code === "forbidden") throw new AppError("forbidden", detail);
  if (code === "conflict") throw new AppError("conflict", detail);
  if (code === "too_large") throw new AppError("too_large", detail);
  const message = path === "" ? detail : `Validation error: field "${path}": ${detail}`;
  throw new AppError("invalid_value", message, {
    details: [{ path, code: "invalid_value", detail }],
  });
};

/** A write for one registry: what it loads, and how it is decided. */
export interface Prepared {
  readonly subject: Omit<ReturnType<Decision["subject"]>, "payloadType" | "sequences">;
  readonly decide: Decision["decide"];
}

/** Does a write: parsed and decided by the registry that belongs to what was loaded. */
export async function writeBy(
  caller: Caller,
  request: DatasetRequest,
  context: WriteContext,
  prepare: (dataset: Dataset, registry: Registry) => Prepared,
): Promise<Written> {
  const prepared = new WeakMap<Registry, Prepared>();
  const preparedBy = (registry: Registry): Prepared => {
    const known = prepared.get(registry) ?? prepare(datasetFor(registry, request), registry);
    prepared.set(registry, known);
    return known;
  };
  const { action, name } = request;
  const decision: Decision = {
    actions: [action],
    whole: true,
    subject: (registry) => ({
      ...preparedBy(registry).subject,
      payloadType: name,
      sequences: [],
    }),
    decide: (known) => {
      refuseRefused(known);
      return preparedBy(known.registry).decide(known);
    },
  };
  return runOnDataset(
    caller,
    request,
    (_, registry) => preparedBy(registry),
    async (_, { version }) => {
      const receipt = await caller.store.write(caller.principal, { context, decision });
      // The store has made sure that this registry belongs to what was loaded.
      return { value: finished(receipt), registryVersion: version };
    },
  );
}
