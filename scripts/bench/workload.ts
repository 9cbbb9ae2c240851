/** The type of a workload, and its common parts. */
import type { Random } from "../demo/random.ts";
import { type CohortSize, imageIdentifier } from "./cohort.ts";
import type { Call } from "./load.ts";

/** One kind of request. */
export interface Workload {
  readonly name: string;
  /** Its name in the table. */
  readonly title: string;
  /** Requests at a time. */
  readonly concurrency: number;
  /** How many times the usual length its rounds have. */
  readonly weight: number;
  /** The goal of the ratio of CPU per request, reference divided by product. */
  readonly goal?: number;
  /** The request of this number; both sides get the same ones. */
  readonly calls: (random: Random) => () => Call;
  /** How the responses of both sides are compared. */
  readonly check: Check;
}

/** How a response is checked before anything is measured. */
export type Check =
  | { readonly kind: "resources"; readonly rows: number; readonly member?: "results" }
  | { readonly kind: "same" }
  | { readonly kind: "create" }
  | { readonly kind: "update" }
  | { readonly kind: "register"; readonly items: number };

/** Requests at a time of reads, and of writes. */
export const READERS = 8;
export const WRITERS = 4;
/** Resources of a large request, and of a page. */
export const BATCH = 1_000;
export const PAGE = 100;

/** A request with a JSON body. */
export const post = (path: string, body: unknown): Call => ({ path, body: JSON.stringify(body) });

/** A request without a body. */
export const get = (path: string): Call => ({ path, body: "", method: "GET" });

/** Distinct numbers below a bound. */
export const distinct = (random: Random, count: number, bound: number): readonly number[] => {
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(random.between(0, bound - 1));
  return [...chosen];
};

/** Identifiers of distinct images. */
export const identifiers = (random: Random, size: CohortSize, count: number): readonly string[] =>
  distinct(random, count, size.images).map(imageIdentifier);
