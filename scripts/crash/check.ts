// After a crash: compares what the server returns with what it has acknowledged.
import type { Json, JsonObject } from "../../src/model/json.ts";
import { type ApiClient, post, ProblemError } from "../../src/cli/support/api-client.ts";
import { send, type Outcome, type Pending, type Writer } from "./client.ts";
import { identifiersIn, SOURCE, type Known, type Model } from "./model.ts";

const PAGE = 1_000;

const chunks = <Value>(values: readonly Value[], size: number): readonly (readonly Value[])[] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );

interface StoredRow {
  readonly identifier: string;
  readonly name: string;
  readonly version: number;
}

/** The live ones of the identifiers, as strings: identifier, version, name. */
const readLive = async (api: ApiClient, identifiers: readonly string[]): Promise<string[]> => {
  const lines: string[] = [];
  for (const part of chunks(identifiers, PAGE)) {
    const body = { identifiers: part, exclude_children: true };
    const rows = (await post(api, "/resources/read", body)) as unknown as readonly StoredRow[];
    lines.push(...rows.map((row) => `${row.identifier} ${row.version} ${row.name}`));
  }
  return lines.toSorted();
};

const liveIn = (rows: ReadonlyMap<string, Known>): string[] =>
  [...rows]
    .filter(([, { isDeleted }]) => !isDeleted)
    .map(([identifier, { version, name }]) => `${identifier} ${version} ${name}`)
    .toSorted();

const resolve = async (api: ApiClient, uids: readonly string[]): Promise<readonly string[]> => {
  const items = uids.map((uid) => ({ datasource_id: SOURCE, external_uid: uid }));
  return identifiersIn(await post(api, "/patients/resolve", { items }));
};

const isRegistered = async (api: ApiClient, uid: string): Promise<boolean> => {
  try {
    await resolve(api, [uid]);
    return true;
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) return false;
    throw error;
  }
};

const difference = (found: readonly string[], expected: readonly string[]): string => {
  const [have, want] = [new Set(found), new Set(expected)];
  const lost = expected.filter((line) => !have.has(line)).slice(0, 3);
  const foreign = found.filter((line) => !want.has(line)).slice(0, 3);
  return `lost: ${lost.join(", ") || "none"}; not acknowledged: ${foreign.join(", ") || "none"}`;
};

/** True when the pending write had taken effect before the crash. */
const tookEffect = async (
  api: ApiClient,
  { model, pending }: Outcome,
): Promise<boolean | undefined> => {
  if (pending === undefined) return undefined;
  const { write } = pending;
  if (write.uids.length > 0) {
    const states = await Promise.all(write.uids.map(async (uid) => isRegistered(api, uid)));
    if (new Set(states).size > 1)
      throw new Error(`part of a registration: ${write.uids.join(" ")}`);
    return states[0] ?? false;
  }
  const next = write.after(null);
  const found = await readLive(api, [...next.rows.keys()]);
  const [before, after] = [liveIn(model.rows), liveIn(next.rows)];
  if (found.join("\n") === after.join("\n")) return true;
  if (found.join("\n") === before.join("\n")) return false;
  throw new Error(`neither before nor after ${write.path}: ${difference(found, before)}`);
};

const checkRows = async (api: ApiClient, model: Model): Promise<void> => {
  const found = await readLive(api, [...model.rows.keys()]);
  const expected = liveIn(model.rows);
  if (found.join("\n") !== expected.join("\n")) throw new Error(difference(found, expected));
  const deleted = [...model.rows].find(([, { isDeleted }]) => isDeleted);
  if (deleted === undefined) return;
  const [identifier, { version }] = deleted;
  const history = await post(api, "/resources/history", { identifier });
  if ((history as readonly Json[]).length !== version) {
    throw new Error(`${identifier} has not ${version} versions`);
  }
};

const checkRegistered = async (api: ApiClient, { registered }: Model): Promise<void> => {
  for (const part of chunks([...registered], PAGE)) {
    const found = await resolve(
      api,
      part.map(([uid]) => uid),
    );
    const changed = part.find(([, identifier], index) => found[index] !== identifier);
    if (changed !== undefined) throw new Error(`${changed[0]} is no longer ${changed[1]}`);
  }
};

const repeat = async (writer: Writer, pending: Pending): Promise<Model> => {
  const reply = await send(writer, pending);
  if (reply?.status !== 200) {
    throw new Error(`the repeated ${pending.write.path} answered ${reply?.status ?? "nothing"}`);
  }
  return pending.write.after(reply.body);
};

/** The result of the check of one client. */
export interface Checked {
  readonly model: Model;
  /** True when the pending write had taken effect; undefined when none was pending. */
  readonly tookEffect: boolean | undefined;
}

/**
 * Checks that everything acknowledged is there, that the pending write happened as a whole or not
 * at all, and that its repeat does it exactly once.
 * @throws {Error} saying what is wrong.
 */
export const checkClient = async (
  api: ApiClient,
  writer: Writer,
  outcome: Outcome,
): Promise<Checked> => {
  const effect = await tookEffect(api, outcome);
  const model =
    outcome.pending === undefined ? outcome.model : await repeat(writer, outcome.pending);
  await checkRows(api, model);
  await checkRegistered(api, model);
  return { model, tookEffect: effect };
};

/**
 * Checks that no identifier was allocated twice and none was skipped.
 * @throws {Error} saying what is wrong.
 */
export const checkAllocation = async (
  api: ApiClient,
  models: readonly Model[],
): Promise<number> => {
  const given = models.flatMap(({ registered }) => [...registered.values()]);
  if (new Set(given).size !== given.length) throw new Error("an identifier was given twice");
  const found: string[] = [];
  let cursor: Json = null;
  do {
    const body: JsonObject = { parent_identifier: SOURCE, payload_type: "patient", cursor };
    const page = (await post(api, "/query", body)) as unknown as {
      readonly results: readonly StoredRow[];
      readonly next_cursor: string | null;
    };
    found.push(...page.results.map(({ identifier }) => identifier));
    cursor = page.next_cursor;
  } while (cursor !== null);
  const dense = Array.from(
    { length: given.length },
    (_, index) => `${SOURCE}.P${String(index + 1).padStart(6, "0")}`,
  );
  if (found.toSorted().join() !== dense.join()) throw new Error(difference(found, dense));
  return given.length;
};
