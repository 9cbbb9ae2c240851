// Chains of resources, moves, and what is told of moves that are refused.
import type { JsonObject } from "../../src/model/json.ts";
import type { Answer, Client } from "./client.ts";
import { dataset } from "./scene.ts";

/** A chain of datasets from a root down: the last one lies `length - 1` levels below it. */
export const chain = (prefix: string, length: number, above: string | null = null): JsonObject[] =>
  Array.from({ length }, (_, level) =>
    dataset(`${prefix}${level}`, {
      parent_identifier: level === 0 ? above : `${prefix}${level - 1}`,
    }),
  );

/** Where resources shall lie; null: at a root. */
export type Moves = Readonly<Record<string, string | null>>;

/** Moves resources by one call. */
export const move = (by: Client, moves: Moves): Promise<Answer> => {
  const updates = Object.entries(moves).map(([identifier, parent]) => [
    identifier,
    { parent_identifier: parent },
  ]);
  return by.post("/resources/update", { updates: Object.fromEntries(updates) as JsonObject });
};

/** One fault of an answer. */
export interface Told {
  readonly identifier?: string;
  readonly path: string;
  readonly code: string;
  readonly detail: string;
}

/** The faults of an answer; none when it is good. */
export const told = ({ body }: Answer): readonly Told[] =>
  ((body as JsonObject)["errors"] ?? []) as unknown as readonly Told[];
