/** Uploads the files of imported resources, and names the objects in them. */
import { openAsBlob } from "node:fs";
import type { AnyPayloads, Change, Client } from "../../client/index.ts";

/** A resource that stands for a file. */
export interface FileResource {
  readonly identifier: string;
  /** Where the file is; undefined where the source only lists it. */
  readonly path: string | undefined;
}

/** How many files were uploaded, were there already, and are not on this machine. */
export interface Linked {
  readonly uploaded: number;
  readonly there: number;
  readonly absent: number;
}

/** Uploads what the resources do not name yet. */
export type Linker = (files: readonly FileResource[]) => Promise<Linked>;

/** First part of the keys of objects: what comes before the first slash, in characters of a key. */
export function groupOf(identifier: string): string {
  const [first = ""] = identifier.split("/");
  return first.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replaceAll(/^[.-]+/g, "") || "files";
}

/**
 * Last part of the key: that of the identifier, never the file's name, which may tell who a person
 * is.
 */
const nameOf = (identifier: string, extension: string): string => {
  const last = identifier.slice(identifier.lastIndexOf("/") + 1);
  const safe = last.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replaceAll(/^[.-]+/g, "") || "file";
  return safe.includes(".") ? safe : `${safe}${extension}`;
};

/**
 * Files that are linked by one write: a run that is killed uploads at most these again. What no
 * resource names is removed by the server after a day.
 */
const LINKED_AT_ONCE = 20;

/** How files are uploaded. */
export interface LinkOptions {
  readonly client: Client<AnyPayloads>;
  readonly group: string;
  /** Of names without one, e.g. `.dcm`. */
  readonly extension: string;
  readonly type: string | undefined;
  /** Called after each group of files with all bytes that were uploaded. */
  readonly onUploaded?: (files: number) => void;
}

/**
 * Creates the linker. What is linked stands on the server: a run that was stopped goes on by asking
 * which resources name an object already.
 */
export function createLinker(options: LinkOptions): Linker {
  const { client, extension, group, onUploaded, type } = options;
  const send = async (files: readonly (FileResource & { readonly path: string })[]) => {
    const uploads = files.map(({ identifier, path }) => ({
      name: nameOf(identifier, extension),
      data: async () => openAsBlob(path),
      ...(type === undefined ? {} : { content_type: type }),
    }));
    const uploaded = await client.upload(uploads, { group });
    const changes = files.map(({ identifier }, index) => {
      const one = uploaded[index];
      const digest = one?.sha256 === null ? {} : { sha256: one?.sha256 };
      return [identifier, { s3_path: one?.path, size_bytes: one?.size_bytes, ...digest }] as const;
    });
    await client.update(Object.fromEntries(changes) as Readonly<Record<string, Change>>);
    onUploaded?.(files.length);
  };
  return async (files) => {
    let [uploaded, there, absent] = [0, 0, 0];
    const known = new Map<string, Readonly<Record<string, unknown>>>();
    const identifiers = [...new Set(files.map(({ identifier }) => identifier))];
    const read = { split: true, exclude_children: true } as const;
    for (const one of await client.read(identifiers, read)) known.set(one.identifier, { ...one });
    const wanted = new Map<string, FileResource & { readonly path: string }>();
    for (const { identifier, path } of files) {
      const stored = known.get(identifier);
      if (stored === undefined || wanted.has(identifier)) continue;
      if (typeof stored["s3_path"] === "string") there += 1;
      else if (path === undefined) absent += 1;
      else wanted.set(identifier, { identifier, path });
    }
    const left = [...wanted.values()];
    for (let start = 0; start < left.length; start += LINKED_AT_ONCE) {
      const some = left.slice(start, start + LINKED_AT_ONCE);
      await send(some);
      uploaded += some.length;
    }
    return { uploaded, there, absent };
  };
}
