import { type Calls, pathOf } from "./calls.ts";
import type { CallOptions } from "./options.ts";
import { createWalk, type Walk } from "./walk.ts";
import type { PayloadType } from "./filters.ts";
import type { Lineage, Payloads, ProvDocument, TreeNode } from "./wire.ts";

/** How much of a lineage to return; all of it by default. */
export interface LineageBounds {
  /** `up`: ancestors and sources; `down`: descendants and derivations. */
  readonly direction?: "up" | "down" | "both" | undefined;
  /** Maximum number of edges from the start. */
  readonly depth?: number | undefined;
}

/** Whose children to return, and how; the roots by default. */
export interface ChildrenQuery {
  readonly parent_identifier?: string | undefined;
  /** Adds the first five scalar fields of each payload. */
  readonly with_payloads?: boolean | undefined;
  /** Nodes on a page. */
  readonly limit?: number | undefined;
}

/** The same with the names of the declared payload types. */
type Typed<Node extends { readonly payload_type: string }, Types extends object> = {
  readonly [Member in keyof Node]: Member extends "payload_type"
    ? PayloadType<Types>
    : Node[Member];
};

/** A node of the tree of parents and children. */
export type TypedNode<Types extends object = Payloads> = Typed<TreeNode, Types>;

/** The graph of parents and derivations around a resource. */
export type TypedLineage<Types extends object = Payloads> = Omit<Lineage, "nodes"> & {
  readonly nodes: readonly Typed<Lineage["nodes"][number], Types>[];
};

/** Parents, children and derivations. */
export interface LineageCalls<Types extends object = Payloads> {
  /** Walks the direct children of a resource, or the roots, in one state. */
  readonly children: (
    of?: ChildrenQuery,
    options?: CallOptions,
  ) => Walk<TypedNode<Types>, readonly TypedNode<Types>[]>;
  /** Ancestors, nearest first. */
  readonly parents: (identifier: string, options?: CallOptions) => Promise<readonly string[]>;
  /** The graph of parents and derivations. */
  readonly lineage: (
    identifier: string,
    bounds?: LineageBounds,
    options?: CallOptions,
  ) => Promise<TypedLineage<Types>>;
  /** The same graph in W3C PROV-JSON. */
  readonly provenance: (
    identifier: string,
    bounds?: LineageBounds,
    options?: CallOptions,
  ) => Promise<ProvDocument>;
}

/** The cursor in the `Link` header to the next page; undefined on the last page. */
const nextCursor = (headers: Headers): string | undefined => {
  const target = /<([^>]*)>;\s*rel="?next"?/.exec(headers.get("link") ?? "")?.[1];
  if (target === undefined) return undefined;
  return new URL(target, "http://any").searchParams.get("cursor") ?? undefined;
};

/** Makes these calls. */
export function createLineageCalls<Types extends object>({
  get,
  sender,
}: Calls): LineageCalls<Types> {
  return {
    children: (of = {}, options) => {
      const pages = async function* () {
        let cursor: string | undefined;
        do {
          const { text, headers } = await sender.send(
            {
              method: "GET",
              path: "/children",
              parameters: { ...of, cursor, as_of: sender.settled(options).as_of },
              kind: "read",
            },
            options,
          );
          yield JSON.parse(text) as readonly TypedNode<Types>[];
          cursor = nextCursor(headers);
        } while (cursor !== undefined);
      };
      return createWalk(pages, (page) => page);
    },
    parents: async (identifier, options) => get(`/parents/${pathOf(identifier)}`, {}, options),
    lineage: async (identifier, bounds, options) =>
      get(`/lineage/${pathOf(identifier)}`, { ...bounds }, options),
    provenance: async (identifier, bounds, options) => {
      const { text } = await sender.send(
        {
          method: "GET",
          path: `/lineage/${pathOf(identifier)}`,
          parameters: { ...bounds, as_of: sender.settled(options).as_of },
          kind: "read",
          accept: "application/prov+json",
        },
        options,
      );
      return JSON.parse(text) as ProvDocument;
    },
  };
}
