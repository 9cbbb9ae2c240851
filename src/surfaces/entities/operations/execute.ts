/** Runs one request, whatever its command, and bulk requests of many. */
import { inTurns } from "../../../http/in-turns.ts";
import { AppError } from "../../../model/error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Shown, WriteContext } from "../../../model/transaction.ts";
import { EntityFault, refuse, shown } from "../../../schema/entity/fault.ts";
import type { Decision } from "../../../store/write/decision.ts";
import { renderRefusal, type Envelope } from "../envelope.ts";
import { readRequest, type EntityRequest } from "../request.ts";
import { changeDecision } from "./change.ts";
import { explain, find, type KeptFind } from "./find.ts";
import type { Caller } from "./fresh.ts";
import { generateDecision } from "./generate.ts";
import { putDecision } from "./put.ts";

/** What a write made, beside its envelope. */
export interface Written extends Envelope {
  readonly transaction: number | null;
  readonly replayed: boolean;
  /** Of a find: what is kept in place of its envelope. */
  readonly kept?: KeptFind;
  /** Of a write: what its envelope shows. */
  readonly shown?: Shown | undefined;
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
  const run = () => store.write(principal, { context, decision });
  const { answer, transaction, replayed, ...receipt } = await run().catch(
    async (error: unknown) => {
      // What is wrong by the metadata that the isolate remembers may be right by newer ones.
      if (!(error instanceof EntityFault)) throw error;
      const { version } = store.registry();
      const fresh = await store.freshRegistry(principal);
      if (fresh.version === version) throw error;
      return run();
    },
  );
  const body = JSON.parse(answer ?? "{}") as JsonObject;
  return { status: 200, body, transaction, replayed, shown: receipt.shown };
};

/** Runs a request. */
export const execute = async (
  caller: Caller,
  request: EntityRequest,
  context: WriteContext,
): Promise<Written> => {
  const isRead = request.command === "find" || request.command === "explain";
  if (!isRead) return write(caller, request, context);
  const { command } = request;
  const answer = command === "find" ? await find(caller, request) : undefined;
  const body = answer?.body ?? (await explain(caller, request));
  return {
    status: 200,
    body,
    transaction: null,
    replayed: false,
    ...(answer === undefined ? {} : { kept: answer.kept }),
  };
};

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
  // Without its place in the order a request is not run.
  if (seq === null) return [];
  if (typeof seq !== "number" || !Number.isSafeInteger(seq)) {
    return refuse("rest-crud:RestError", `${where}.seq: ${shown(seq)}`);
  }
  const word = typeof op === "string" ? op.toLowerCase() : "";
  const command = COMMANDS.find((each) => each === word);
  if (command === undefined) return refuse("rest-crud:RestError", `${where}.op: ${shown(op)}`);
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
  requestId: `${context.requestId}/${seq}`,
  ...(context.idempotency === undefined
    ? {}
    : { idempotency: { ...context.idempotency, key: `${context.idempotency.key} ${seq}` } }),
});

const runEntry = async (
  caller: Caller,
  entry: Entry,
  context: WriteContext,
): Promise<JsonObject> => {
  const { seq, command } = entry;
  try {
    caller.store.budget.requireRoom();
    const request = readRequest(command, {}, entry.request);
    const { body } = await execute(caller, request, contextFor(context, entry));
    return { seq, response: body };
  } catch (error) {
    const known = error instanceof EntityFault || error instanceof AppError;
    if (!known || (error instanceof AppError && error.code === "unauthenticated")) throw error;
    return { seq, response: renderRefusal(error, command).body };
  }
};

/**
 * Runs the requests of a bulk body; one that fails keeps no other from running. What the budget of
 * the call has no room for is not begun, and says so in its place.
 */
export const executeBulk = async (
  caller: Caller,
  body: JsonObject,
  context: WriteContext,
): Promise<JsonObject> => {
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
  const responses: JsonObject[] = [];
  for (const group of groupsOf(entries, ordered !== false)) {
    const run = (entry: Entry) => runEntry(caller, entry, context);
    responses.push(...(await inTurns(group, LIMITS.callsAtOnceMax, run)));
  }
  return { responses };
};
