// Chains of resources, moves, and the errors of refused moves.
import type { JsonObject } from "../../src/model/json.ts";
import type { Answer, Client } from "./client.ts";
import { dataset } from "./scene.ts";

/** A chain of datasets from a root down: the last one is `length - 1` levels below it. */
export const chain = (prefix: string, length: number, above: string | null = null): JsonObject[] =>
  Array.from({ length }, (_, level) =>
    dataset(`${prefix}${level}`, {
      parent_identifier: level === 0 ? above : `${prefix}${level - 1}`,
    }),
  );

/** New parents of resources; null: a root. */
export type Moves = Readonly<Record<string, string | null>>;

/** Moves resources by one call. */
export const move = (by: Client, moves: Moves): Promise<Answer> => {
  const updates = Object.entries(moves).map(([identifier, parent]) => [
    identifier,
    { parent_identifier: parent },
  ]);
  return by.post("/resources/update", { updates: Object.fromEntries(updates) as JsonObject });
};

/** One error of a response. */
export interface Told {
  readonly identifier?: string;
  readonly path: string;
  readonly code: string;
  readonly detail: string;
}

/** The errors of a response; none when it is successful. */
export const told = ({ body }: Answer): readonly Told[] =>
  ((body as JsonObject)["errors"] ?? []) as unknown as readonly Told[];
