/**
 * Writes that depend on what is stored: update by query, save, insert of documents of which each
 * stands alone. They take the same way as all others (load, plan, one batch); only their changes are
 * not known before the load.
 */
import type { ErrorDetail } from "../../model/error.ts";
import type { Json } from "../../model/json.ts";
import type { Change, WriteContext } from "../../model/transaction.ts";
import type { Action, Principal } from "../../identity/principal.ts";
import type { Condition } from "../../query/condition.ts";
import type { Source } from "../../schema/entity/generator.ts";
import type { Registry } from "../../schema/type.ts";
import type { LoadedRow } from "./load.ts";

/** What a decision has to know. */
export interface Subject {
  readonly payloadType: string;
  /** Resources that are loaded, whatever they are. */
  readonly identifiers: readonly string[];
  /** Live resources of the type that satisfy it are loaded as well. */
  readonly condition: Condition | null;
  /** Sequences whose last number is loaded. */
  readonly sequences: readonly string[];
  /** Stored resources of which a member names the last part of another: that one is loaded too. */
  readonly following?: readonly { readonly identifier: string; readonly member: string }[];
  /** Resources whose live children are loaded. */
  readonly below?: readonly string[];
}

/** What a decision is made on. */
export interface Known {
  /** Everything that was loaded, by identifier. */
  readonly rows: ReadonlyMap<string, LoadedRow>;
  /** What the condition found, in the order of creation. */
  readonly matched: readonly LoadedRow[];
  readonly registry: Registry;
  /** The caller with the role that it has now. */
  readonly principal: Principal;
  readonly source: Source;
  /** The last number of each sequence that was loaded and has given one. */
  readonly sequences: ReadonlyMap<string, number>;
  /** Why changes of an earlier decision could not be done, by identifier. */
  readonly refused: ReadonlyMap<string, readonly ErrorDetail[]>;
}

/** What is to be done, and what the caller is told when it is. */
export interface Decided {
  readonly changes: readonly Change[];
  readonly answer: Json;
}

/** A decision: pure, and made anew whenever the write is planned again. */
export interface Decision {
  /** What it does to resources: the caller has to be allowed to. */
  readonly actions: readonly Action[];
  readonly subject: (registry: Registry, principal: Principal) => Subject;
  /** Each of its changes stands alone: those that cannot be done come back as refused. */
  readonly decide: (known: Known) => Decided;
}

/** A write by decision. */
export interface DecidedRequest {
  readonly context: WriteContext;
  readonly decision: Decision;
}
