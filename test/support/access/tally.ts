// The result of sequences: leaks, responses without an audit record, and how often each way was
// used.
import type { Party } from "./canaries.ts";
import type { Request } from "./recorder.ts";

/** A word where it could not be read before, and the sequence after which it was. */
export interface Leak {
  readonly seed: number;
  readonly writer: Party;
  readonly place: string;
  readonly reader: Party | "admin";
  /** The response that contained it. */
  readonly answer: string;
  readonly writes: readonly string[];
}

/** What was done. */
export interface Tally {
  readonly leaks: Leak[];
  /** Responses with restricted content without an audit record. */
  readonly unaudited: string[];
  /** How often each way was used, and how often it succeeded. */
  readonly writes: Map<string, [used: number, done: number]>;
  readonly reads: Map<string, [used: number, shown: number]>;
  sequences: number;
}

/** An empty tally. */
export const newTally = (): Tally => ({
  leaks: [],
  unaudited: [],
  writes: new Map(),
  reads: new Map(),
  sequences: 0,
});

/** Counts one use of a way, and whether it succeeded. */
export const count = (map: Map<string, [number, number]>, name: string, isGood: boolean): void => {
  const [used, good] = map.get(name) ?? [0, 0];
  map.set(name, [used + 1, good + (isGood ? 1 : 0)]);
};

/** A request and the status of its response in one line. */
export const shortOf = ({ method, path, body, headers }: Request, status: number): string =>
  `${method} ${decodeURIComponent(path)} ${JSON.stringify(body ?? null)}${headers === undefined ? "" : " keyed"} -> ${status}`;
