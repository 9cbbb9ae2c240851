/** Runs one request, whatever its command, and bulk requests of many. */
import { inTurns } from "../../../model/in-turns.ts";
import { AppError } from "../../../model/error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Disclosed, WriteContext } from "../../../model/transaction.ts";
import { EntityErrorItem, refuse, quoted } from "../../../schema/entity/error.ts";
import type { Decision } from "../../../store/index.ts";
import { renderErrorBody, type Envelope } from "../language/envelope.ts";
import { readRequest, type EntityRequest } from "../language/request.ts";
import { tellAllowed } from "./allowed.ts";
import { changeDecision } from "./change.ts";
import { explain, find, ResultTooLarge, type KeptFind } from "./find.ts";
import type { Caller } from "./latest-metadata.ts";
import { generateDecision } from "./generate.ts";
import { putDecision } from "./put.ts";

/** What a write made, in addition to its envelope. */
export interface Written extends Envelope {
  readonly transaction: number | null;
  readonly replayed: boolean;
  /** Of a find: what is stored in place of its envelope. */
  readonly kept?: KeptFind;
  /** Of a write: what its envelope returns. */
  readonly shown?: Disclosed | undefined;
}

const write = async (
  { store, principal }: Caller,
  request: EntityRequest,
  context: WriteContext,
): Promise<Written> => {
  const decision: Decision =
    request.command === "generate"
      ? generateDecision(request)
      : request.command === "insert" || request.command === "save"
        ? putDecision(request)
        : changeDecision(request);
  const written = await store.withRegistry(principal, {
    // The store makes sure that the registry belongs to what is loaded.
    run: async ({ version }) => ({
      receipt: await store.write(principal, { context, decision }),
      version,
    }),
    versionOf: ({ version }) => version,
    // What is an error by the cached metadata may be right by the latest.
    afterFault: async (error) => {
      if (!(error instanceof EntityErrorItem)) throw error;
      const { version } = store.registry();
      const fresh = await store.freshRegistry(principal);
      if (fresh.version === version) throw error;
      return fresh;
    },
    attemptsMax: 2,
  });
  const { answer, transaction, replayed, ...receipt } = written.receipt;
  const body = JSON.parse(answer ?? "{}") as JsonObject;
  return { status: 200, body, transaction, replayed, shown: receipt.shown };
};

/**
 * Runs a request.
 *
 * @param bytes bytes that the documents of a find may have together; absent: no bound.
 */
export async function execute(
  caller: Caller,
  request: EntityRequest,
  context: WriteContext,
  bytes?: number,
): Promise<Written> {
  const isRead = request.command === "find" || request.command === "explain";
  if (!isRead) return write(caller, request, context);
  const { command } = request;
  const answer = command === "find" ? await find(caller, request, bytes) : undefined;
  const body = answer?.body ?? (await explain(caller, request));
  return {
    status: 200,
    body,
    transaction: null,
    replayed: false,
    ...(answer === undefined ? {} : { kept: answer.kept }),
  };
}

const COMMANDS = ["find", "insert", "save", "update", "delete"] as const;

interface Entry {
  readonly seq: number;
  readonly command: (typeof COMMANDS)[number];
  readonly request: JsonObject;
}

const entryOf = (value: Json, at: number): readonly Entry[] => {
  const where = `requests.${at}`;
  if (!isJsonObject(value)) return refuse("rest-crud:RestError", where);
  const { seq = null, op, request } = value;
  // A request without a position in the order is not run.
  if (seq === null) return [];
  if (typeof seq !== "number" || !Number.isSafeInteger(seq)) {
    return refuse("rest-crud:RestError", `${where}.seq: ${quoted(seq)}`);
  }
  const word = typeof op === "string" ? op.toLowerCase() : "";
  const command = COMMANDS.find((each) => each === word);
  if (command === undefined) return refuse("rest-crud:RestError", `${where}.op: ${quoted(op)}`);
  if (!isJsonObject(request)) return refuse("rest-crud:RestError", `${where}.request`);
  return [{ seq, command, request }];
};

/** Entries that run at the same time, one group after the other. */
const groupsOf = (entries: readonly Entry[], ordered: boolean): readonly (readonly Entry[])[] => {
  if (!ordered) return [entries];
  const groups: Entry[][] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    const joins = entry.command === "find" && last?.[0]?.command === "find";
    if (joins) last?.push(entry);
    else groups.push([entry]);
  }
  return groups;
};

/** The context of one of many requests: with an Idempotency-Key of its own. */
const contextFor = (context: WriteContext, { seq, command }: Entry): WriteContext => ({
  ...context,
  operation: command,
  part: seq,
  ...(context.idempotency === undefined
    ? {}
    : { idempotency: { ...context.idempotency, key: `${context.idempotency.key} ${seq}` } }),
});

/** The response to one of many requests, as JSON text. */
interface EntryAnswer {
  readonly text: string;
  /** True when it was refused only for its size. */
  readonly isLarge: boolean;
}

const runEntry = async (
  caller: Caller,
  entry: Entry,
  context: WriteContext,
  bytes: number,
): Promise<EntryAnswer> => {
  const { seq, command } = entry;
  const answerOf = (response: JsonObject, isLarge: boolean): EntryAnswer => ({
    text: JSON.stringify({ seq, response }),
    isLarge,
  });
  try {
    caller.store.budget.requireRoom();
    if (bytes <= 0) throw new ResultTooLarge(FULL);
    const { body } = await tellAllowed(caller, command, async () => {
      const request = readRequest(command, {}, entry.request);
      return execute(caller, request, contextFor(context, entry), bytes);
    });
    return answerOf(body, false);
  } catch (error) {
    const known = error instanceof EntityErrorItem || error instanceof AppError;
    if (!known || (error instanceof AppError && error.code === "unauthenticated")) throw error;
    return answerOf(renderErrorBody(error, command).body, error instanceof ResultTooLarge);
  }
};

const FULL = `Expected answers of at most ${LIMITS.pageBytesMax} bytes for all requests together: send this one by itself.`;

/**
 * Runs requests, some of them at the same time. Their responses have a common bound: each gets a
 * share, and one that needs more is run again by itself with what is left.
 */
const runGroup = async (
  group: readonly Entry[],
  room: number,
  run: (entry: Entry, bytes: number) => Promise<EntryAnswer>,
): Promise<readonly string[]> => {
  const share = Math.floor(room / group.length);
  const answers = await inTurns(group, LIMITS.callsAtOnceMax, (entry) => run(entry, share));
  const texts: string[] = [];
  let left = room;
  for (const { text, isLarge } of answers) if (!isLarge) left -= text.length;
  for (const [at, { text, isLarge }] of answers.entries()) {
    const entry = group[at];
    const again = isLarge && group.length > 1 && entry !== undefined;
    const own = again ? (await run(entry, left)).text : text;
    if (isLarge) left -= own.length;
    texts.push(own);
  }
  return texts;
};

/**
 * Runs the requests of a bulk body; a failing one does not stop the others. A request that the
 * budget of the call has no room for is not started, and its entry says so. Returns JSON text.
 */
export async function executeBulk(
  caller: Caller,
  body: JsonObject,
  context: WriteContext,
): Promise<string> {
  const { requests, ordered = true } = body;
  if (!Array.isArray(requests)) return refuse("rest-crud:RestError", "requests: expected an array");
  if (requests.length > LIMITS.bulkRequestsMax) {
    refuse("rest-crud:RestError", `requests: expected at most ${LIMITS.bulkRequestsMax}`);
  }
  const entries = (requests as readonly Json[])
    .flatMap(entryOf)
    .toSorted((one, other) => one.seq - other.seq);
  const seen = new Set(entries.map(({ seq }) => seq));
  if (seen.size < entries.length) refuse("rest-crud:RestError", "requests: expected each seq once");
  const responses: string[] = [];
  let room = LIMITS.pageBytesMax;
  for (const group of groupsOf(entries, ordered !== false)) {
    const run = (entry: Entry, bytes: number): Promise<EntryAnswer> =>
      runEntry(caller, entry, context, bytes);
    const texts = await runGroup(group, room, run);
    room -= texts.reduce((sum, text) => sum + text.length, 0);
    responses.push(...texts);
  }
  return `{"responses":[${responses.join(",")}]}`;
}
