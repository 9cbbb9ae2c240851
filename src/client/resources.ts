import { sendParts } from "./batch.ts";
import type { Calls } from "./calls.ts";
import type { CallOptions } from "./options.ts";
import type {
  BatchOptions,
  Change,
  NewRegisteredResource,
  NewResource,
  Resource,
  Version,
} from "./types.ts";
import { createWalk, type Walk } from "./walk.ts";
import type { DiffBody, Difference, Grant } from "./wire.ts";

/** Reading and changing resources. */
export interface ResourceCalls {
  /** Creates resources, parents and children in any order. */
  readonly create: (
    resources: readonly (NewResource | NewRegisteredResource)[],
    options?: BatchOptions,
  ) => Promise<{ readonly created: number }>;
  /** Reads resources in the requested order; missing and deleted ones are left out. */
  readonly read: (
    identifiers: readonly string[],
    options?: BatchOptions & { readonly exclude_children?: boolean },
  ) => Promise<readonly Resource[]>;
  /** Reads one resource; undefined when there is none or the caller may not see it. */
  readonly get: (identifier: string, options?: CallOptions) => Promise<Resource | undefined>;
  /** Changes members of resources by identifier. */
  readonly update: (
    updates: Readonly<Record<string, Change>>,
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
  readonly history: (identifier: string, options?: CallOptions) => Promise<readonly Version[]>;
  /**
   * Walks these versions page by page, in the one state of the first page: for histories that are
   * too long for memory.
   */
  readonly versions: (
    identifier: string,
    options?: CallOptions & { readonly limit?: number | undefined },
  ) => Walk<Version, VersionPage>;
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
export interface VersionPage {
  readonly results: readonly Version[];
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
  (search: Calls["search"]): ResourceCalls["versions"] =>
  (identifier, options = {}) => {
    const { limit = VERSIONS_ON_PAGE, ...own } = options;
    const pages = async function* () {
      let cursor: string | null = null;
      do {
        const body = { identifier, limit, ...(cursor === null ? {} : { cursor }) };
        const page: VersionPage = await search("/resources/history", body, own);
        yield page;
        cursor = page.next_cursor;
      } while (cursor !== null);
    };
    return createWalk(pages, ({ results }) => results);
  };

/** Makes these calls. */
export function createResourceCalls({ search, write }: Calls): ResourceCalls {
  const read: ResourceCalls["read"] = async (identifiers, options) => {
    const answers = await sendParts(texts(identifiers), options, async (list, own) =>
      search<readonly Resource[]>(
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
    return answers.flat();
  };
  return {
    read,
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
    get: async (identifier, options) => (await read([identifier], options))[0],
    update: async (updates, options) => {
      const items = memberTexts(updates);
      const answers = await sendParts(
        items,
        options,
        async (list, own) =>
          write<{ readonly updated: number }>("/resources/update", `{"updates":{${list}}}`, own),
        { sources: Object.values(updates).map(countSources) },
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
    history: async (identifier, options) => search("/resources/history", { identifier }, options),
    versions: versionsBy(search),
    diff: async (body, options) => search("/resources/diff", body, options),
    ...grantCalls({ search, write }),
  };
}
