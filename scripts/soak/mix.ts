/** The requests of a soak's clients: mostly small reads, some of the past, and a few writes. */
import {
  changedMembers,
  type CohortSize,
  imageIdentifier,
  imagePayload,
  lastTransaction,
  momentOf,
  patientIdentifier,
  patientOf,
} from "../bench/cohort.ts";
import type { Call } from "../bench/load.ts";
import { identifiers, PAGE, post } from "../bench/workload.ts";
import type { Random } from "../demo/random.ts";

/** A call, and its kind. */
export interface MixedCall {
  readonly kind: string;
  readonly call: Call;
}

/** The client, one of so many. Only it writes its own images. */
export interface Client {
  readonly index: number;
  readonly count: number;
  readonly random: Random;
}

const MODALITIES = ["DX", "CT", "MR", "US"] as const;

const pageOf = (random: Random, extra: object = {}) => ({
  payload_type: "image",
  filters: { modality: random.pick(MODALITIES) },
  limit: PAGE,
  ...extra,
});

/** How far reads go back in the past: the data have one transaction per hour. */
const HOURS_BACK = 24;

/** An instant of the last day. Few are used twice, so that responses are not from a cache. */
const instantOf = (random: Random, size: CohortSize): string => {
  const last = lastTransaction(size);
  const transaction = random.between(Math.max(1, last - HOURS_BACK), last);
  const micros = momentOf(transaction).recordedAt + random.between(1, 3_000_000) * 1_000;
  return new Date(micros / 1_000).toISOString();
};

const ownNumber = ({ index, count, random }: Client, size: CohortSize): number =>
  index + count * random.between(0, Math.floor(size.images / count) - 1);

const update = (client: Client, size: CohortSize, step: number): Call => {
  const numbers = [ownNumber(client, size), ownNumber(client, size)];
  const updates = numbers.map((number) => [imageIdentifier(number), changedMembers(number, step)]);
  return post("/resources/update", { updates: Object.fromEntries(updates) });
};

const CREATED_MAX = 4;

const create = ({ index, random }: Client, size: CohortSize, step: number): Call => {
  const resources = Array.from({ length: random.between(1, CREATED_MAX) }, (_, at) => {
    const number = random.between(0, size.images - 1);
    return {
      identifier: `bench/soak-${index}-${step}-${at}`,
      payload_type: "image",
      parent_identifier: patientIdentifier(patientOf(size, number)),
      license: "CC0-1.0",
      ...imagePayload(number, 1),
    };
  });
  return post("/resources/create", { resources });
};

/** The calls of a client, one after another: of 20, 11 points, 4 pages, 3 of the past, 2 writes. */
export const callsOfClient = (client: Client, size: CohortSize): (() => MixedCall) => {
  const { random } = client;
  let step = 0;
  return () => {
    step += 1;
    const kind = random.between(0, 19);
    if (kind < 11) {
      const body = { identifiers: identifiers(random, size, 1) };
      return { kind: "point", call: post("/resources/read", body) };
    }
    if (kind < 15) return { kind: "page", call: post("/query", pageOf(random)) };
    if (kind < 17) {
      const body = pageOf(random, { as_of: instantOf(random, size) });
      return { kind: "page as of", call: post("/query", body) };
    }
    if (kind < 18) {
      const body = {
        identifiers: identifiers(random, size, 1),
        as_of: instantOf(random, size),
      };
      return { kind: "point as of", call: post("/resources/read", body) };
    }
    if (kind < 19) return { kind: "update", call: update(client, size, step) };
    return { kind: "create", call: create(client, size, step) };
  };
};
