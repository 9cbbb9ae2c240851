// Runs one random history against the API and the model.
import { expect } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { Answer, Client } from "../support/clients/http.ts";
import { TYPES } from "./fields.ts";
import { perform } from "./perform.ts";
import { bodyOf, selected, type QuerySpec } from "./queries.ts";
import { diff, history, query, read } from "./read.ts";
import { poolOf, requestOf, type Request, type Step } from "./steps.ts";
import { commit, emptyStore } from "./store.ts";
import type { Actor, Outcome, QueryBody, Rendered, Store } from "./types.ts";

/** A caller: its client for the API, and its actor in the model. */
export interface Caller {
  readonly client: Client;
  readonly actor: Actor;
}

/** The roles of the callers of a history. */
export type Role = "admin" | "editor" | "reader" | "nobody";

/** The callers, and their common position in the change feed. */
export interface Cast extends Readonly<Record<Role, Caller>> {
  readonly feed: { position: Json };
}

/** One history: its writes, then its reads, each with its caller. */
export interface Script {
  readonly steps: readonly { readonly step: Step; readonly by: "admin" | "editor" }[];
  readonly queries: readonly { readonly spec: QuerySpec; readonly by: Role }[];
}

/** A running history: the callers, the pool of identifiers, and the model. */
export interface Scene {
  readonly cast: Cast;
  readonly prefix: string;
  readonly pool: readonly string[];
  store: Store;
}

const PATHS = { create: "created", update: "updated", delete: "deleted" } as const;

const sortedText = (values: readonly string[]): readonly string[] =>
  [...new Set(values)].toSorted();

const named = (answer: Answer): readonly string[] => {
  const errors = ((answer.body as JsonObject | null)?.["errors"] ?? []) as readonly JsonObject[];
  return sortedText(
    errors.map((error) => `${String(error["identifier"])} ${String(error["code"])}`),
  );
};

/** Checks that the API accepts with the same count, or refuses with the same status and elements. */
export const compareOutcome = (outcome: Outcome, answer: Answer, request: Request): void => {
  if (outcome.ok) {
    expect(answer.body).toEqual({ [PATHS[request.kind]]: outcome.count });
    expect(answer.status).toBe(200);
    return;
  }
  expect(answer.status).toBe(outcome.status);
  const code = (answer.body as JsonObject)["code"];
  const found = outcome.errors.map((each) => `${each.identifier} ${each.code}`);
  expect(named(answer)).toEqual(sortedText(found));
  expect(outcome.errors.map((each) => each.code)).toContain(code);
};

/** The body of a request. */
export const bodyOfRequest = ({ kind: _kind, ...body }: Request): Json => body;

const operationOf = (before: boolean | undefined, after: boolean): string => {
  if (before === undefined) return "create";
  return after ? "delete" : "update";
};

/** The changes of the model's last transaction, in the format of the change feed. */
const changesOf = (store: Store, changed: readonly string[]): readonly Json[] => {
  const [before, after] = [store.moments.at(-2), store.moments.at(-1)];
  return changed.toSorted().map((identifier) => {
    const row = after?.state.get(identifier);
    const old = before?.state.get(identifier);
    return {
      transaction: after?.transaction ?? 0,
      instant: after?.instant ?? "",
      identifier,
      payload_type: row?.payloadType ?? "",
      version: row?.version ?? 0,
      operation: operationOf(old?.deleted, row?.deleted ?? false),
    };
  });
};

const byIdentifier = (left: JsonObject, right: JsonObject): number =>
  String(left["identifier"]) < String(right["identifier"]) ? -1 : 1;

const nextChanges = async ({ admin, feed }: Cast): Promise<readonly JsonObject[]> => {
  const answer = await admin.client.get(`/changes?after=${String(feed.position)}`);
  const { changes, next } = answer.body as { changes: readonly JsonObject[]; next: Json };
  feed.position = next;
  return changes;
};

/** Reads the change feed from the last position; it contains exactly the written changes. */
const follow = async (
  scene: Scene,
  by: Caller,
  outcome: Extract<Outcome, { ok: true }>,
): Promise<void> => {
  const changes = await nextChanges(scene.cast);
  const [first] = changes;
  if (outcome.changed.length === 0 || first === undefined) {
    expect(changes).toEqual([]);
    expect(outcome.changed).toEqual([]);
    return;
  }
  const stamp = { transaction: Number(first["transaction"]), instant: String(first["instant"]) };
  const last = scene.store.moments.at(-1);
  if (last !== undefined) {
    expect(stamp.transaction).toBeGreaterThan(last.transaction);
    expect(stamp.instant > last.instant).toBe(true);
  }
  scene.store = commit(scene.store, by.actor, outcome.state, stamp);
  expect(changes.toSorted(byIdentifier)).toEqual(changesOf(scene.store, outcome.changed));
};

/** A scene before its first write, with the change feed read to its end. */
export const openScene = async (cast: Cast, prefix: string): Promise<Scene> => {
  while ((await nextChanges(cast)).length > 0);
  return { cast, prefix, pool: poolOf(prefix), store: emptyStore(TYPES) };
};

const asOfMember = (asOf: string | undefined): JsonObject =>
  asOf === undefined ? {} : { as_of: asOf };

/** Reads all resources of the history as of an instant, compares them with the model, returns the texts. */
const probe = async (scene: Scene, by: Caller, asOf?: string): Promise<readonly string[]> => {
  const { pool, prefix, store } = scene;
  const identifiers = [...pool, pool[0] as string, `${prefix}nowhere`];
  const readAnswer = await by.client.post("/resources/read", { identifiers, ...asOfMember(asOf) });
  expect(readAnswer.body).toEqual(
    read(store, by.actor, { identifiers, ...(asOf === undefined ? {} : { as_of: asOf }) }),
  );
  const filters = { identifier: { starts_with: prefix } };
  const queryAnswer = await by.client.post("/query", { filters, ...asOfMember(asOf) });
  expect(queryAnswer.body).toEqual({
    results: query(store, by.actor, { filters }, asOf),
    next_cursor: null,
    limit: null,
  });
  return [readAnswer.text, queryAnswer.text];
};

/** Applies one write to the API and to the model; both must have the same outcome. */
export const writeOne = async (scene: Scene, by: Caller, step: Step): Promise<void> => {
  const request = requestOf(scene.store, scene.pool, step);
  const outcome = perform(scene.store, by.actor, request);
  const answer = await by.client.post(`/resources/${request.kind}`, bodyOfRequest(request));
  compareOutcome(outcome, answer, request);
  if (outcome.ok) await follow(scene, by, outcome);
};

const compareHistory = async (scene: Scene, by: Caller, identifier: string): Promise<void> => {
  const answer = await by.client.post("/resources/history", { identifier });
  const expected = history(scene.store, by.actor, identifier);
  if (expected === undefined) {
    expect(answer.status).toBe(404);
    return;
  }
  const entries = answer.body as readonly JsonObject[];
  expect(
    entries.map(({ transaction, ...row }) => {
      const { id, instant, principal } = transaction as JsonObject;
      return { row, transaction: { id, instant, principal } };
    }),
  ).toEqual(
    expected.map(({ row, deleted, moment }) => {
      const { transaction, instant, principal } = scene.store.moments[moment] ?? {};
      return {
        row: { ...row, is_deleted: deleted },
        transaction: { id: transaction, instant, principal },
      };
    }),
  );
};

/** Compares the diff of the first and the last version, the last one given by its instant. */
const compareDiff = async (scene: Scene, by: Caller, identifier: string): Promise<void> => {
  const entries = history(scene.store, by.actor, identifier) ?? [];
  const [first, last] = [entries.at(0), entries.at(-1)];
  if (first === undefined || last === undefined || first === last) return;
  const to = scene.store.moments[last.moment]?.instant ?? "";
  const answer = await by.client.post("/resources/diff", { identifier, from: 1, to });
  const { version } = last.row;
  expect(answer.body).toEqual({ identifier, from: 1, to: version, changes: diff(first, last) });
};

interface Page {
  readonly results: readonly Rendered[];
  readonly next_cursor: string | null;
  readonly limit: number | null;
}

/** Walks all pages of a query; every page but the last is full. */
const walk = async (by: Caller, body: JsonObject, limit?: number): Promise<readonly Rendered[]> => {
  const results: Rendered[] = [];
  let cursor: string | null = null;
  do {
    const paging: JsonObject = {
      ...(limit === undefined ? {} : { limit }),
      ...(cursor === null ? {} : { cursor }),
    };
    const answer = await by.client.post("/query", { ...body, ...paging });
    expect(answer.status, answer.text).toBe(200);
    const page = answer.body as unknown as Page;
    expect(page.limit).toBe(limit ?? null);
    if (page.next_cursor !== null) expect(page.results.length).toBe(limit);
    results.push(...page.results);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return results;
};

const compareQuery = async (scene: Scene, by: Caller, spec: QuerySpec): Promise<void> => {
  const body: QueryBody = bodyOf(spec, scene.pool, scene.prefix);
  const asOf = scene.store.moments[spec.moment]?.instant;
  const sent = { ...body, ...asOfMember(asOf) } as unknown as JsonObject;
  const expected = query(scene.store, by.actor, body, asOf);
  const counted = await by.client.post("/query/count", sent);
  if (expected === undefined) {
    expect(counted.status).toBe(404);
    expect((await by.client.post("/query", sent)).status).toBe(404);
    return;
  }
  expect(counted.body).toEqual({ count: expected.length });
  expect(await walk(by, sent, spec.limit)).toEqual(
    expected.map((row) => selected(row, body.select_columns)),
  );
};

const shifted = (instant: string, micros: number): string => {
  const whole = Date.parse(`${instant.slice(0, 19)}Z`);
  const total = whole * 1000 + Number(instant.slice(20, 26)) + micros;
  const millis = Math.floor(total / 1000);
  const rest = String(total - millis * 1000).padStart(3, "0");
  return new Date(millis).toISOString().replace("Z", `${rest}Z`);
};

/**
 * Runs a script. After every write the responses of the API equal the model's; at the end, reads as of
 * every earlier instant give the same bytes as before.
 */
export const playHistory = async (cast: Cast, script: Script, prefix: string): Promise<void> => {
  const scene = await openScene(cast, prefix);
  const answered: (readonly string[])[] = [];
  for (const { step, by } of script.steps) {
    const before = scene.store.moments.length;
    await writeOne(scene, cast[by], step);
    const texts = await probe(scene, cast.admin);
    if (scene.store.moments.length > before) answered.push(texts);
    else if (before > 0) expect(texts).toEqual(answered.at(-1));
  }
  for (const [at, moment] of scene.store.moments.entries()) {
    expect(await probe(scene, cast.admin, moment.instant)).toEqual(answered[at]);
    await probe(scene, at % 2 === 0 ? cast.reader : cast.editor, moment.instant);
    await probe(scene, cast.nobody, shifted(moment.instant, -1));
  }
  for (const identifier of scene.store.moments.at(-1)?.state.keys() ?? []) {
    await compareHistory(scene, cast.admin, identifier);
    await compareHistory(scene, cast.reader, identifier);
    await compareDiff(scene, cast.admin, identifier);
  }
  for (const { spec, by } of script.queries) await compareQuery(scene, cast[by], spec);
};
