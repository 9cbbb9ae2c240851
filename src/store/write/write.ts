/** The one write path: load, plan (pure), one batch; planned again after a lost race. */
import type { Json } from "../../model/json.ts";
import type { InstantMicros } from "../../model/time.ts";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Receipt, WriteContext, WriteRequest } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Registry } from "../../schema/type.ts";
import { closedTypes } from "../closed.ts";
import { recordEvent } from "../audit.ts";
import { isClash, type DatabaseRow, type Session } from "../database.ts";
import type { InTurn } from "../queue.ts";
import { withRetries } from "../retry.ts";
import type { Sql } from "../sql.ts";
import { commitStatements, isIdle } from "./commit.ts";
import { planDecision } from "./decide.ts";
import type { DecidedRequest, Subject } from "./decision.ts";
import { wantedKeys, type WantedKey } from "./keys.ts";
import { load, type Doubts, type Loaded, type Moment } from "./load.ts";
import { heightStatements } from "./levels.ts";
import { closingStatements } from "./link-statements.ts";
import { relationOf } from "./links.ts";
import { namedByChanges, UnknownObjects } from "./object-plan.ts";
import type { NamedObject } from "./object-rights.ts";
import { plan, type Plan } from "./plan.ts";
import type { LoadSubject } from "./subject.ts";
import { candidatesOf } from "./register.ts";

/** What a write needs from its surroundings. */
export interface Writing {
  readonly session: Session;
  readonly now: () => InstantMicros;
  /** Where writes that lost a race wait for each other instead of losing again. */
  readonly inTurn: InTurn;
  /** The registry of the given version, fetched when the isolate does not have it. */
  readonly registryAt: (version: number) => Promise<Registry>;
  /** The registry as the isolate knows it. */
  readonly registry: () => Registry;
  /** Name of the bucket that holds the objects. */
  readonly bucket: string;
}

const unchanged = (planned: Plan, answer: Json | undefined): Receipt => ({
  transaction: null,
  recordedAt: null,
  ...planned.counts,
  identifiers: planned.identifiers,
  ...(answer === undefined ? {} : { answer: JSON.stringify(answer) }),
  replayed: false,
});

interface Attempt {
  /** Last transaction seen, when the outcome of a batch is unknown. */
  since: number | null;
  planned: Plan | null;
  /** The registry by which it was planned. */
  registry: Registry | null;
  /** What it would have answered. */
  receipt: Receipt | null;
  /** Values of unique keys that it wanted, when an index refused it. */
  wanted: readonly WantedKey[];
  /** How many batches were tried before. */
  batches: number;
}

/** How many names beyond a failed attempt's own are looked up in all; four times more each time. */
const SUSPECTS_BASE = 64;

const suspectsOf = ({ planned, batches }: Attempt): readonly string[] => {
  const last = new Map(planned?.allocations.map((each) => [each.scope, each]));
  const beyond = Math.ceil((SUSPECTS_BASE * 4 ** batches) / Math.max(1, last.size));
  return [
    ...(planned?.allocations.map((each) => each.identifier) ?? []),
    ...[...last.values()].flatMap(({ payloadType, scope, number }) =>
      candidatesOf(payloadType, scope, number + 1, beyond),
    ),
  ];
};

/** What might have been too much in the batch that was refused. */
const doubtsOf = ({ planned, registry }: Attempt): Doubts =>
  planned === null || registry === null
    ? { heights: [], closing: [] }
    : {
        heights: heightStatements(planned.levels),
        closing: closingStatements(planned, registry),
      };

const committedReceipt = (
  receipt: Receipt,
  row: { readonly id: number; readonly recorded_at: number },
): Receipt => ({ ...receipt, transaction: row.id, recordedAt: row.recorded_at });

const encoder = new TextEncoder();

/** Room for the other members of a receipt. */
const RECEIPT_BYTES = 4_096;

/** An answer that has to be remembered has to fit into one value of the database. */
const refuseUnmemorable = ({ idempotency }: WriteContext, { answer = "" }: Receipt): void => {
  if (idempotency === undefined) return;
  // The text travels inside a JSON text: quotes and the like take two bytes there.
  const bytes = encoder.encode(JSON.stringify(answer)).length + RECEIPT_BYTES;
  if (bytes <= LIMITS.parameterBytesMax) return;
  const detail = "Expected a smaller answer: with an Idempotency-Key it is remembered.";
  throw new AppError("too_large", detail, {
    details: [{ path: "projection", code: "too_large", detail }],
  });
};

interface Loading {
  readonly loaded: Loaded;
  readonly registry: Registry;
}

/** What a decision is about, with the types and the relation of a registry. */
const typedSubject = (
  registry: Registry,
  { others, ...subject }: Subject,
  entrusted = false,
): LoadSubject => {
  const typed = { ...subject, type: registry.types.get(subject.payloadType), entrusted };
  const between = others === undefined ? undefined : relationOf(registry, others.relation);
  if (others === undefined || between === undefined) return typed;
  const type = registry.types.get(others.payloadType);
  return { ...typed, others: { ...others, type, between } };
};

/** Loads what a request needs, by the registry that belongs to what was loaded. */
const loadFor = async (
  writing: Writing,
  principal: Principal,
  request: WriteRequest | DecidedRequest,
  moment: Moment,
): Promise<Loading> => {
  const { session, registryAt } = writing;
  if ("changes" in request) {
    const loaded = await load(session, principal, request, moment);
    return { loaded, registry: await registryAt(loaded.meta.registryVersion) };
  }
  for (let registry = writing.registry(); ;) {
    const subject = request.decision.subject(registry, principal);
    const wanted = {
      context: request.context,
      changes: [],
      subject: typedSubject(registry, subject, request.decision.entrusted),
    };
    const loaded = await load(session, principal, wanted, moment);
    if (loaded.meta.registryVersion === registry.version) return { loaded, registry };
    registry = await registryAt(loaded.meta.registryVersion);
  }
};

/** Restricted resources that an answer shows are recorded with the write, or by themselves. */
const shownStatements = (
  principal: Principal,
  { requestId, route = "" }: WriteContext,
  resources: number,
): readonly Sql[] => {
  if (resources === 0 || principal.kind === "system") return [];
  const event = { surface: "store", operation: "read", resources };
  return [recordEvent(principal.id, { requestId, route }, event)];
};

/** Sends a batch; tells when a unique index refused it. */
const send = async (
  session: Session,
  statements: readonly Sql[],
  onClash: () => void,
): Promise<readonly DatabaseRow[][]> => {
  try {
    return await session.batch(statements);
  } catch (error) {
    if (isClash(error)) onClash();
    throw error;
  }
};

/** What was loaded, and the plan on it; or the receipt where nothing is left to be done. */
type Prepared =
  | (Loading & {
      readonly planned: Plan;
      readonly answer: Json | undefined;
      readonly shown: number;
    })
  | { readonly receipt: Receipt };

/** What was done before, by an attempt whose answer was lost or a call with the same key. */
const earlierReceipt = (loaded: Loaded, attempt: Attempt): Receipt | undefined => {
  if (loaded.committed !== null && attempt.receipt !== null) {
    return committedReceipt(attempt.receipt, loaded.committed);
  }
  return loaded.earlier === null
    ? undefined
    : { ...(JSON.parse(loaded.earlier) as Receipt), replayed: true };
};

/** Loads of one attempt: the last one has to do. */
const LOADS_MAX = 3;

/** True when the loaded rights were asked for with other types closed than are. */
const isMisjudged = (asked: Registry, { loaded, registry }: Loading): boolean =>
  loaded.objects.rights.size > 0 &&
  asked !== registry &&
  String(closedTypes(asked, loaded.principal)) !== String(closedTypes(registry, loaded.principal));

/** Loads and plans; loads again when the plan names objects that were not looked at. */
const prepare = async (
  writing: Writing,
  principal: Principal,
  request: WriteRequest | DecidedRequest,
  attempt: Attempt,
  now: InstantMicros,
): Promise<Prepared> => {
  const { bucket } = writing;
  const changes = "changes" in request ? request.changes : [];
  let objects: readonly NamedObject[] = namedByChanges(
    changes,
    writing.registry(),
    principal,
    bucket,
  );
  for (let round = 1; ; round += 1) {
    const known = writing.registry();
    const loading = await loadFor(writing, principal, request, {
      since: attempt.since,
      now,
      suspects: suspectsOf(attempt),
      wanted: attempt.wanted,
      doubts: doubtsOf(attempt),
      bucket,
      objects,
      isLast: round >= LOADS_MAX,
      registry: known,
    });
    const { loaded, registry } = loading;
    const receipt = earlierReceipt(loaded, attempt);
    if (receipt !== undefined) return { receipt };
    if (round < LOADS_MAX && isMisjudged(known, loading)) continue;
    try {
      const planned =
        "changes" in request
          ? { planned: plan(loaded, registry, request), answer: undefined, shown: 0 }
          : planDecision(loaded, registry, request.decision, now);
      return { ...loading, ...planned };
    } catch (error) {
      if (!(error instanceof UnknownObjects)) throw error;
      objects = [...objects, ...error.objects];
    }
  }
};

const tryOnce = async (
  writing: Writing,
  principal: Principal,
  request: WriteRequest | DecidedRequest,
  attempt: Attempt,
): Promise<Receipt> => {
  const now = writing.now();
  const prepared = await prepare(writing, principal, request, attempt, now);
  if ("receipt" in prepared) return prepared.receipt;
  const { loaded, registry, planned, answer, shown } = prepared;
  const receipt = unchanged(planned, answer);
  refuseUnmemorable(request.context, receipt);
  const { principal: caller } = loaded;
  const { context } = request;
  const statements = [
    ...shownStatements(caller, context, shown),
    ...commitStatements(planned, receipt, {
      principal: caller,
      context,
      registry,
      now,
      bucket: writing.bucket,
    }),
  ];
  if (statements.length === 0) return receipt;
  attempt.since = loaded.meta.transaction;
  attempt.planned = planned;
  attempt.registry = registry;
  attempt.receipt = receipt;
  attempt.batches += 1;
  const results = await send(writing.session, statements, () => {
    attempt.wanted = wantedKeys([...planned.created, ...planned.updated], registry);
  });
  if (isIdle(planned)) return receipt;
  const row = results.at(-1)?.[0] as unknown as { id: number; recorded_at: number };
  return committedReceipt(receipt, row);
};

/**
 * Applies all changes of a request or none of them. Of a decision, those that cannot be done are no
 * part of it: it answers what became of them.
 *
 * @throws AppError naming every bad element; `conflict` when other writers won five times in a row;
 *   `unavailable` when the database could not be reached.
 */
export const write = (
  writing: Writing,
  principal: Principal,
  request: WriteRequest | DecidedRequest,
): Promise<Receipt> => {
  const attempt: Attempt = {
    since: null,
    planned: null,
    registry: null,
    receipt: null,
    wanted: [],
    batches: 0,
  };
  return withRetries(writing.inTurn, () => tryOnce(writing, principal, request, attempt));
};
