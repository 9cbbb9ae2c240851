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
  /** Why changes of an earlier decision could not be done, by identifier. */
  readonly refused: ReadonlyMap<string, readonly ErrorDetail[]>;
}

/** A secret that is kept beside a resource, encrypted; the one before it is gone. */
export interface SecretChange {
  readonly identifier: string;
  readonly name: string;
  /** Null: there is none any more. */
  readonly ciphertext: string | null;
}

/** What is to be done, and what the caller is told when it is. */
export interface Decided {
  readonly changes: readonly Change[];
  /** Stored when the changes are more than none: they have to tell that a secret was set. */
  readonly secrets?: readonly SecretChange[];
  readonly answer: Json;
}

/** A decision: pure, and made anew whenever the write is planned again. */
export interface Decision {
  /** What it does to resources: the caller has to be allowed to. */
  readonly actions: readonly Action[];
  /**
   * True: what it does is the product's own work, of which the rules stand in the decision. The
   * caller needs the actions for the subject's type; beyond that it matters to nothing what the
   * caller may do or see, and reserved types may be written.
   */
  readonly entrusted?: boolean;
  readonly subject: (registry: Registry, principal: Principal) => Subject;
  /** Each of its changes stands alone: those that cannot be done come back as refused. */
  readonly decide: (known: Known) => Decided;
}

/** A write by decision. */
export interface DecidedRequest {
  readonly context: WriteContext;
  readonly decision: Decision;
}
