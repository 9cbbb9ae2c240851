// A request whose cost is measured.
import type { Json } from "../../../src/model/json.ts";
import type { CallerKind } from "./callers.ts";
import type { Stock } from "./stock.ts";

/** One request. */
export interface CostRequest {
  /** Its variant among the requests of its route. */
  readonly word?: string;
  /** The path with its parameters filled in, and the query; absent: as documented. */
  readonly path?: string;
  readonly body?: Json;
  /** The callers; absent: all. */
  readonly who?: readonly CallerKind[];
}

/** The requests of routes, by `POST /query` and the like. */
export type Reads = Readonly<Record<string, (stock: Stock) => readonly CostRequest[]>>;

/** Callers who do not see what others hide in the datasource `crowded`. */
export const OUTSIDERS: readonly CallerKind[] = [
  "owner",
  "grantee",
  "user",
  "key",
  "narrow key",
  "own key",
  "anonymous",
];

/** Callers who see all admin resources. */
export const ADMINS: readonly CallerKind[] = ["admin", "user"];

/** The same requests whatever the stock. */
export const same =
  (...requests: readonly CostRequest[]): Reads[string] =>
  () =>
    requests;

/** A request with an id of the stock in its path. */
export const withId =
  (path: string, name: string, who?: readonly CallerKind[]): Reads[string] =>
  ({ ids }) => [
    {
      path: path.replace(/\{\w+\}/, ids[name] ?? ""),
      ...(who === undefined ? {} : { who }),
    },
  ];

/** A part of an address. */
export const encoded = encodeURIComponent;

/** Members of a query that reads below a resource. */
export const below = (
  parent: string,
  indirect = true,
): { readonly parent_identifier: string; readonly include_indirect_parents: boolean } => ({
  parent_identifier: parent,
  include_indirect_parents: indirect,
});
