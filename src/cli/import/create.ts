import { createHash } from "node:crypto";
import { isJsonObject, type Json, jsonEqual, type JsonObject } from "../../model/json.ts";
import type { ApiClient } from "../support/api-client.ts";
import { post, ProblemError } from "../support/api-client.ts";
import type { ProblemElement } from "../../client/index.ts";
import { packItems, type RefusedItem, sendBatch } from "./batch.ts";
import type { Rejection } from "./report.ts";
import type { ResourceBody } from "./row.ts";

/** A resource to send, with the line that it came from. */
export interface PendingResource {
  readonly line: number;
  readonly body: ResourceBody;
  /** The first row that names it creates it: nothing else is compared. */
  readonly once?: boolean;
  /** It stands for the file of the row. */
  readonly file?: boolean;
  /** The body as JSON text, rendered once. */
  readonly json: string;
}

/** How resources are sent. */
export interface CreateOptions {
  readonly client: ApiClient;
  /** Distinguishes this import from others: part of every Idempotency-Key. */
  readonly run: string;
  readonly itemsMax: number;
  /** What to do with identifiers that are taken: compare them, or accept them. */
  readonly existing: "verify" | "skip";
}

/** The results for resources. */
export interface CreateOutcome {
  readonly created: number;
  /** Existed already, and equal (or not compared). */
  readonly present: number;
  /** Named more than once by the same rows, with equal content. */
  readonly repeated: number;
  readonly rejected: readonly Rejection[];
  /** Refer to a resource that does not exist yet. */
  readonly waiting: readonly (PendingResource & { readonly reason: Rejection })[];
}

/** Well below the 16 MiB that every server takes: UTF-8 can need three bytes a character. */
const BODY_CHARACTERS_MAX = 5 * 1024 * 1024;

/** The server's error code for an identifier that is in use. */
const TAKEN = "already_exists";

const rejection = (line: number, code: string, detail: string, member = ""): Rejection => ({
  line,
  code,
  detail: member === "" ? detail : `${member}: ${detail}`,
});

/** Removes repeats; the same identifier with other content is an error of the later line. */
const distinct = (items: readonly PendingResource[]) => {
  const first = new Map<string, PendingResource>();
  const rejected: Rejection[] = [];
  let repeated = 0;
  for (const item of items) {
    const { identifier } = item.body;
    const earlier = first.get(identifier);
    if (earlier === undefined) {
      first.set(identifier, item);
    } else if (
      item.once === true ||
      earlier.json === item.json ||
      jsonEqual(earlier.body, item.body)
    ) {
      repeated += 1;
    } else {
      const detail = `${identifier} was given on line ${earlier.line} with other content`;
      rejected.push(rejection(item.line, "repeated_identifier", detail));
    }
  }
  return { items: [...first.values()], rejected, repeated };
};

const differences = (body: JsonObject, stored: JsonObject): readonly string[] =>
  Object.keys(body).filter((name) => !jsonEqual(body[name] ?? null, stored[name] ?? null));

/** Reads resources by identifier; missing or hidden ones are not in the result. */
export async function readResources(
  client: ApiClient,
  identifiers: readonly string[],
): Promise<ReadonlyMap<string, JsonObject>> {
  const answer = await post(client, "/resources/read", { identifiers, exclude_children: true });
  const rows = Array.isArray(answer) ? (answer as readonly Json[]).filter(isJsonObject) : [];
  return new Map(
    rows.flatMap((row) => {
      const identifier = row["identifier"];
      return typeof identifier === "string" ? [[identifier, row] as const] : [];
    }),
  );
}

/** Why an existing element conflicts; undefined when it is the same. */
const compare = (
  { item, detail }: RefusedItem<PendingResource>,
  stored: JsonObject | undefined,
  existing: CreateOptions["existing"],
): Rejection | undefined => {
  if (existing === "skip" || item.once === true) return undefined;
  // Taken, but unreadable: hidden from the caller.
  if (stored === undefined) return rejection(item.line, "already_exists", detail);
  const names = differences(item.body, stored);
  if (names.length === 0) return undefined;
  const text = `${item.body.identifier} exists with another ${names.join(", ")}`;
  return rejection(item.line, "exists_differently", text);
};

const keyOf = (run: string, part: string, body: string): string =>
  createHash("sha256").update(`${run}\n${part}\n`).update(body).digest("hex");

const identifiersOf = (items: readonly PendingResource[]): readonly string[] =>
  items.map(({ body }) => body.identifier);

type Stored = ReadonlyMap<string, JsonObject>;

const factsOf = ({ status, code, detail, requestId, retryAfterSeconds }: ProblemError) => ({
  status,
  code,
  detail,
  requestId,
  retryAfterSeconds,
});

/**
 * The elements that an error names, and every other element that is taken: a server lists only the
 * first ones.
 */
const nameTaken = (
  items: readonly PendingResource[],
  stored: Stored,
  problem: ProblemError,
): readonly ProblemElement[] => {
  const others = problem.errors.filter(({ code }) => code !== TAKEN);
  const taken = identifiersOf(items).flatMap((identifier, index) =>
    stored.has(identifier)
      ? [{ index, identifier, path: "", code: TAKEN, detail: `${identifier} exists already` }]
      : [],
  );
  return taken.length === 0 ? problem.errors : [...taken, ...others];
};

interface PackOutcome {
  readonly created: number;
  readonly refused: readonly RefusedItem<PendingResource>[];
  readonly stored: Stored;
}

/** Sends batches, and remembers whether the last one existed already: then the next may, too. */
const createSender = ({ client, run }: CreateOptions) => {
  let expectTaken = false;
  return async (part: string, pack: readonly PendingResource[]): Promise<PackOutcome> => {
    const stored = new Map<string, JsonObject>();
    const readStored = async (items: readonly PendingResource[]): Promise<Stored> => {
      const found = await readResources(client, identifiersOf(items));
      for (const [identifier, resource] of found) stored.set(identifier, resource);
      return found;
    };
    const send = async (items: readonly PendingResource[]): Promise<Json> => {
      const body = `{"resources":[${items.map(({ json }) => json).join(",")}]}`;
      const idempotencyKey = keyOf(run, part, body);
      try {
        return await client({ method: "POST", path: "/resources/create", body, idempotencyKey });
      } catch (error) {
        const taken =
          error instanceof ProblemError && error.errors.some(({ code }) => code === TAKEN);
        if (!taken) throw error;
        const errors = nameTaken(items, await readStored(items), error);
        throw new ProblemError({ ...factsOf(error), errors }, "create");
      }
    };
    if (expectTaken) await readStored(pack);
    const known = pack.filter(({ body }) => stored.has(body.identifier));
    const fresh = pack.filter(({ body }) => !stored.has(body.identifier));
    const outcome = await sendBatch(fresh, send, ({ body }) => body.identifier);
    expectTaken = stored.size > 0;
    const present = known.map((item) => ({ item, code: TAKEN, path: "", detail: "" }));
    return {
      created: outcome.accepted.reduce((sum, { items }) => sum + items.length, 0),
      refused: [...present, ...outcome.refused],
      stored,
    };
  };
};

/** Creates the resources of one batch; `part` names the batch within the run. */
export type Writer = (
  part: string,
  resources: readonly PendingResource[],
) => Promise<CreateOutcome>;

/**
 * Creates the writer: it creates each resource once. A refused resource is either present, waiting
 * for another resource, or rejected; everything else is created. Sending a batch again uses the
 * same Idempotency-Key.
 */
export function createWriter(options: CreateOptions): Writer {
  const sendPack = createSender(options);
  return async (part, resources) => {
    const { items, rejected: repeats, repeated } = distinct(resources);
    const rejected: Rejection[] = [...repeats];
    const waiting: (PendingResource & { readonly reason: Rejection })[] = [];
    let created = 0;
    let present = 0;
    for (const pack of packItems(items, options.itemsMax, BODY_CHARACTERS_MAX)) {
      const outcome = await sendPack(part, pack);
      created += outcome.created;
      for (const refused of outcome.refused) {
        const { item, code, path, detail } = refused;
        const reason = rejection(item.line, code, detail, path);
        if (code === TAKEN) {
          const stored = outcome.stored.get(item.body.identifier);
          const error = compare(refused, stored, options.existing);
          if (error === undefined) present += 1;
          else rejected.push(error);
        } else if (code === "missing_reference") waiting.push({ ...item, reason });
        else rejected.push(reason);
      }
    }
    return { created, present, repeated, rejected, waiting };
  };
}
