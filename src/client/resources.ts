import { sendParts } from "./batch.ts";
import type { Calls } from "./calls.ts";
import type { CallOptions } from "./options.ts";
import { expectTypes } from "./expected.ts";
import type { PayloadType } from "./filters.ts";
import type {
  BatchOptions,
  Change,
  CheckedChange,
  CheckedNew,
  Expected,
  NewResource,
  Resource,
  Version,
} from "./types.ts";
import { createWalk, type Walk } from "./walk.ts";
import type { DiffBody, Difference, Grant, Payloads } from "./wire.ts";

/** Reading and changing resources. */
export interface ResourceCalls<Types extends object = Payloads> {
  /**
   * Creates resources, parents and children in any order; `payload_type` tells which fields they
   * have.
   */
  readonly create: <New extends NewResource<Types>>(
    resources: readonly (New & CheckedNew<New, Types>)[],
    options?: BatchOptions,
  ) => Promise<{ readonly created: number }>;
  /** Reads resources in the requested order; missing and deleted ones are left out. */
  readonly read: <const Type extends PayloadType<Types> = PayloadType<Types>>(
    identifiers: readonly string[],
    options?: BatchOptions & Expected<Type> & { readonly exclude_children?: boolean },
  ) => Promise<readonly Resource<Types, Type>[]>;
  /** Reads one resource; undefined when there is none or the caller may not see it. */
  readonly get: <const Type extends PayloadType<Types> = PayloadType<Types>>(
    identifier: string,
    options?: CallOptions & Expected<Type>,
  ) => Promise<Resource<Types, Type> | undefined>;
  /**
   * Changes members of resources by identifier. A `payload_type` among them tells which fields there
   * are; without it they have to be those of one payload type.
   */
  readonly update: <Changes extends Readonly<Record<string, Change<Types>>>>(
    updates: Changes & {
      readonly [Identifier in keyof Changes]: CheckedChange<Changes[Identifier], Types>;
    },
    options?: BatchOptions,
  ) => Promise<{ readonly updated: number }>;
  /**
   * Deletes resources, and what is below them unless `cascade` is false: they become tombstones.
   */
  readonly delete: (
    identifiers: readonly string[],
    options?: BatchOptions & { readonly cascade?: boolean },
  ) => Promise<{ readonly deleted: number }>;
  /** Every version of a resource, the oldest first, tombstones included. */
  readonly history: <const Type extends PayloadType<Types> = PayloadType<Types>>(
    identifier: string,
    options?: CallOptions & Expected<Type>,
  ) => Promise<readonly Version<Types, Type>[]>;
  /**
   * Walks these versions page by page, in the one state of the first page: for histories that are
   * too long for memory.
   */
  readonly versions: <const Type extends PayloadType<Types> = PayloadType<Types>>(
    identifier: string,
    options?: CallOptions & Expected<Type> & { readonly limit?: number | undefined },
  ) => Walk<Version<Types, Type>, VersionPage<Version<Types, Type>>>;
  /** The differences of two versions, given as numbers or instants. */
  readonly diff: (body: DiffBody, options?: CallOptions) => Promise<Difference>;
  /** Gives users, groups, projects or keys access to restricted resources. */
  readonly createGrants: (
    grants: readonly Grant[],
    options?: BatchOptions,
  ) => Promise<{ readonly created: number }>;
  /** Who has access to resources. */
  readonly readGrants: (
    identifiers: readonly string[],
    options?: CallOptions,
  ) => Promise<readonly Grant[]>;
  /** Revokes access. */
  readonly deleteGrants: (
    grants: readonly Grant[],
    options?: BatchOptions,
  ) => Promise<{ readonly deleted: number }>;
}

/** A page of the versions of a resource. */
export interface VersionPage<Item = Version> {
  readonly results: readonly Item[];
  /** Cursor of the next page; null on the last. */
  readonly next_cursor: string | null;
  readonly limit: number | null;
}

const VERSIONS_ON_PAGE = 1_000;

const texts = (items: readonly unknown[]): readonly string[] =>
  items.map((item) => JSON.stringify(item));

const memberTexts = (members: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(members).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );

const countSources = ({ derived_from }: { readonly derived_from?: unknown }): number =>
  Array.isArray(derived_from) ? derived_from.length : 0;

const sum = <Name extends string>(
  name: Name,
  answers: readonly Readonly<Record<Name, number>>[],
): Readonly<Record<Name, number>> =>
  ({ [name]: answers.reduce((total, answer) => total + answer[name], 0) }) as Record<Name, number>;

const grantCalls = ({
  search,
  write,
}: Pick<Calls, "search" | "write">): Pick<
  ResourceCalls,
  "createGrants" | "readGrants" | "deleteGrants"
> => ({
  createGrants: async (grants, options) =>
    sum(
      "created",
      await sendParts(texts(grants), options, async (list, own) =>
        write("/resources/grants/create", `{"grants":[${list}]}`, own),
      ),
    ),
  readGrants: async (identifiers, options) =>
    search("/resources/grants/read", { identifiers }, options),
  deleteGrants: async (grants, options) =>
    sum(
      "deleted",
      await sendParts(texts(grants), options, async (list, own) =>
        write("/resources/grants/delete", `{"grants":[${list}]}`, own),
      ),
    ),
});

const versionsBy =
  <Types extends object>(search: Calls["search"]): ResourceCalls<Types>["versions"] =>
  <Type extends PayloadType<Types>>(
    identifier: string,
    options: CallOptions & Expected<Type> & { readonly limit?: number | undefined } = {},
  ) => {
    const { limit = VERSIONS_ON_PAGE, payload_type: expected, ...own } = options;
    type Page = VersionPage<Version<Types, Type>>;
    const pages = async function* () {
      let cursor: string | null = null;
      do {
        const body = { identifier, limit, ...(cursor === null ? {} : { cursor }) };
        const page: Page = await search("/resources/history", body, own);
        expectTypes(page.results, expected);
        yield page;
        cursor = page.next_cursor;
      } while (cursor !== null);
    };
    return createWalk(pages, ({ results }) => results);
  };

const reading = <Types extends object>(
  search: Calls["search"],
): Pick<ResourceCalls<Types>, "read" | "get" | "history"> => {
  const read: ResourceCalls<Types>["read"] = async <Type extends PayloadType<Types>>(
    identifiers: readonly string[],
    options?: BatchOptions & Expected<Type> & { readonly exclude_children?: boolean },
  ) => {
    const answers = await sendParts(texts(identifiers), options, async (list, own) =>
      search<readonly Resource<Types, Type>[]>(
        "/resources/read",
        {
          identifiers: JSON.parse(`[${list}]`) as readonly string[],
          ...(options?.exclude_children === undefined
            ? {}
            : { exclude_children: options.exclude_children }),
        },
        own,
      ),
    );
    return expectTypes(answers.flat(), options?.payload_type);
  };
  return {
    read,
    get: async (identifier, options) => (await read([identifier], options))[0],
    history: async <Type extends PayloadType<Types>>(
      identifier: string,
      options?: CallOptions & Expected<Type>,
    ) =>
      expectTypes(
        await search<readonly Version<Types, Type>[]>(
          "/resources/history",
          { identifier },
          options,
        ),
        options?.payload_type,
      ),
  };
};

/** Makes these calls. */
export function createResourceCalls<Types extends object>({
  search,
  write,
}: Calls): ResourceCalls<Types> {
  return {
    ...reading<Types>(search),
    create: async (resources, options) =>
      sum(
        "created",
        await sendParts(
          texts(resources),
          options,
          async (list, own) => write("/resources/create", `{"resources":[${list}]}`, own),
          { sources: resources.map(countSources) },
        ),
      ),
    update: async (updates, options) => {
      const items = memberTexts(updates);
      const answers = await sendParts(
        items,
        options,
        async (list, own) =>
          write<{ readonly updated: number }>("/resources/update", `{"updates":{${list}}}`, own),
        { sources: Object.values<object>(updates).map(countSources) },
      );
      return sum("updated", answers);
    },
    delete: async (identifiers, options) => {
      const { cascade } = options ?? {};
      const rest = cascade === undefined ? "" : `,"cascade":${String(cascade)}`;
      const answers = await sendParts(texts(identifiers), options, async (list, own) =>
        write<{ readonly deleted: number }>(
          "/resources/delete",
          `{"identifiers":[${list}]${rest}}`,
          own,
        ),
      );
      return sum("deleted", answers);
    },
    versions: versionsBy<Types>(search),
    diff: async (body, options) => search("/resources/diff", body, options),
    ...grantCalls({ search, write }),
  };
}
