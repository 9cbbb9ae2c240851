/** The one write path: load, plan (pure), one batch; planned again after a lost race. */
import type { Json } from "../../model/json.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { Receipt, Disclosed, WriteContext, WriteRequest } from "../../model/transaction.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Registry } from "../../schema/type.ts";
import { byRegistry, type Registries } from "../registry/by-registry.ts";
import { recordEvent } from "../audit/audit.ts";
import { isClash, type Session } from "../sql/session.ts";
import type { ReadContext } from "../read/read-context.ts";
import type { InTurn } from "../tasks/queue.ts";
import { withRetries } from "../sql/retry.ts";
import type { Sql, Statement } from "../sql/template.ts";
import { doubtsOf, firstAttempt, suspectsOf, type Attempt } from "./attempt.ts";
import { findAmong } from "./candidates.ts";
import { commitStatements, isIdle } from "./commit.ts";
import { planDecision } from "./decide.ts";
import type { DecidedRequest, Subject } from "./decision.ts";
import { wantedKeys } from "./keys.ts";
import { refuseUnmemorable } from "./idempotency.ts";
import { load, type Loaded, type Moment } from "./load.ts";
import { relationOf } from "./links.ts";
import type { CommittedRow } from "./load-rows.ts";
import { ManyCandidates, type TypedSelection } from "./matched.ts";
import { namedByChanges, refuseMisjudged, UnknownObjects } from "./object-plan.ts";
import type { NamedObject } from "./object-rights.ts";
import type { Plan } from "./plan.ts";
import { planChanges } from "./plan-changes.ts";
import { confirmKept } from "./disclosed.ts";
import type { LoadSubject } from "./subject.ts";

/** What a write needs from its surroundings. */
export interface Writing {
  readonly session: Session;
  /** What a walk before a plan looks through: the primary, in a state of its own. */
  readonly reading: () => ReadContext;
  readonly now: () => InstantMicros;
  /** Where writes that lost a race wait for each other instead of losing again. */
  readonly inTurn: InTurn;
  readonly registries: Registries;
  /** Name of the bucket that holds the objects. */
  readonly bucket: string;
}

const unchanged = (planned: Plan, answer: Json | undefined, shown: Disclosed | null): Receipt => ({
  transaction: null,
  recordedAt: null,
  ...planned.counts,
  identifiers: planned.identifiers,
  ...(answer === undefined ? {} : { answer: JSON.stringify(answer) }),
  ...(shown === null ? {} : { shown }),
  replayed: false,
});

const committedReceipt = (receipt: Receipt, row: CommittedRow): Receipt => ({
  ...receipt,
  transaction: row.id,
  recordedAt: row.recorded_at,
});

/** What registrations answer of what was there before; null where all is new. */
const resolvedBy = (
  request: WriteRequest | DecidedRequest,
  { created, identifiers }: Plan,
): Disclosed | null => {
  const [first] = "changes" in request ? request.changes : [];
  const own = new Set(created.map(({ identifier }) => identifier));
  const others = identifiers.filter((each) => !own.has(each));
  if (first?.kind !== "register" || others.length === 0) return null;
  return { actions: ["create"], payloadType: first.payloadType, identifiers: others };
};

interface Loading {
  readonly loaded: Loaded;
  readonly registry: Registry;
}

/** What a decision is about, with the types and the relation of a registry. */
const typedSubject = (
  registry: Registry,
  { others, ...subject }: Subject,
  elevated = false,
): LoadSubject => {
  const typed = { ...subject, type: registry.types.get(subject.payloadType), elevated };
  const between = others === undefined ? undefined : relationOf(registry, others.relation);
  if (others === undefined || between === undefined) return typed;
  const type = registry.types.get(others.payloadType);
  return { ...typed, others: { ...others, type, between } };
};

/** A subject of which one selection was walked over. */
const walked = (
  subject: LoadSubject,
  selection: TypedSelection,
  among: readonly string[],
): LoadSubject =>
  subject.others === selection
    ? { ...subject, others: { ...subject.others, among } }
    : { ...subject, among };

/** Loads what a decision is about; what one load cannot find among too many is looked for before. */
const loadSubject = async (
  { session, reading }: Writing,
  principal: Principal,
  context: WriteContext,
  first: LoadSubject,
  moment: Moment,
): Promise<Loaded> => {
  for (let subject = first; ;) {
    try {
      return await load(session, principal, { context, changes: [], subject }, moment);
    } catch (error) {
      if (!(error instanceof ManyCandidates)) throw error;
      const { elevated } = subject;
      const among = await findAmong(reading(), principal, error.selection, elevated);
      subject = walked(subject, error.selection, among);
    }
  }
};

/** Loads what a request needs, by the registry that belongs to what was loaded. */
const loadFor = async (
  writing: Writing,
  principal: Principal,
  request: WriteRequest | DecidedRequest,
  moment: Moment,
): Promise<Loading> => {
  const { session, registries } = writing;
  if ("changes" in request) {
    const loaded = await load(session, principal, request, moment);
    return { loaded, registry: await registries.at(loaded.meta.registryVersion) };
  }
  const { context, decision } = request;
  return byRegistry(registries, {
    run: async (registry) => {
      const subject = decision.subject(registry, principal);
      const typed = typedSubject(registry, subject, decision.elevated);
      const loaded = await loadSubject(writing, principal, context, typed, moment);
      return { loaded, registry };
    },
    versionOf: ({ loaded }) => loaded.meta.registryVersion,
  });
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
  statements: readonly Statement<CommittedRow>[],
  onClash: () => void,
): Promise<readonly CommittedRow[][]> => {
  try {
    return await session.batch(statements);
  } catch (error) {
    if (isClash(error)) onClash();
    throw error;
  }
};

/** Objects that a write names, as far as is known, and whether no more are looked at. */
interface Naming {
  readonly objects: readonly NamedObject[];
  readonly isLast: boolean;
}

const tryNaming = async (
  writing: Writing,
  principal: Principal,
  request: WriteRequest | DecidedRequest,
  attempt: Attempt,
  naming: Naming,
): Promise<Receipt> => {
  const { bucket } = writing;
  const known = writing.registries.known();
  const moment = {
    ...naming,
    since: attempt.since,
    now: writing.now(),
    compare: writing.reading().budget.compare,
    suspects: suspectsOf(attempt),
    wanted: attempt.wanted,
    doubts: doubtsOf(attempt),
    bucket,
    registry: known,
  };
  const { loaded, registry } = await loadFor(writing, principal, request, moment);
  const { now } = moment;
  if (loaded.committed !== null && attempt.receipt !== null) {
    return committedReceipt(attempt.receipt, loaded.committed);
  }
  if (loaded.earlier !== null) {
    const earlier = JSON.parse(loaded.earlier) as Receipt;
    const { requestId, route = "" } = request.context;
    const confirming = { session: writing.session, auditContext: { requestId, route } };
    const changes = "changes" in request ? request.changes : [];
    await confirmKept(confirming, loaded, changes, earlier.shown, registry);
    return { ...earlier, replayed: true };
  }
  refuseMisjudged(loaded, known, registry);
  const { planned, answer, restricted, shown } =
    "changes" in request
      ? planChanges(loaded, registry, request)
      : planDecision(loaded, registry, request.decision, moment);
  const receipt = unchanged(planned, answer, shown ?? resolvedBy(request, planned));
  refuseUnmemorable(request.context, receipt);
  const { principal: caller } = loaded;
  const { context } = request;
  const statements: readonly Statement<CommittedRow>[] = [
    ...shownStatements(loaded.caller, context, restricted),
    ...commitStatements(planned, receipt, {
      principal: caller,
      context,
      registry,
      now,
      bucket,
      authEpoch: loaded.meta.authEpoch,
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
  const row = results.at(-1)?.[0];
  if (row === undefined) throw new Error("A batch did not answer its transaction.");
  return committedReceipt(receipt, row);
};

/** Loads of one attempt: the last one has to do. */
const LOADS_MAX = 3;

/** One attempt; it loads again when the plan names objects that were not looked at. */
const tryOnce = async (
  writing: Writing,
  principal: Principal,
  request: WriteRequest | DecidedRequest,
  attempt: Attempt,
): Promise<Receipt> => {
  const changes = "changes" in request ? request.changes : [];
  let objects = namedByChanges(changes, writing.registries.known(), principal, writing.bucket);
  for (let round = 1; ; round += 1) {
    try {
      const naming = { objects, isLast: round >= LOADS_MAX };
      return await tryNaming(writing, principal, request, attempt, naming);
    } catch (error) {
      if (!(error instanceof UnknownObjects)) throw error;
      objects = [...objects, ...error.objects];
    }
  }
};

/**
 * Applies all changes of a request or none of them. Of a decision, those that cannot be done are no
 * part of it: it answers what became of them.
 *
 * @throws AppError naming every bad element; `conflict` when other writers won five times in a row;
 *   `unavailable` when the database could not be reached.
 */
export function write(
  writing: Writing,
  principal: Principal,
  request: WriteRequest | DecidedRequest,
): Promise<Receipt> {
  const attempt = firstAttempt();
  return withRetries(writing.inTurn, () => tryOnce(writing, principal, request, attempt));
}
