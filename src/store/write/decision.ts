/**
 * Writes that depend on what is stored: update by query, save, insert of documents of which each
 * stands alone. They take the same way as all others (load, plan, one batch); only their changes are
 * not known before the load.
 */
import type { ErrorDetail } from "../../model/error.ts";
import type { Json } from "../../model/json.ts";
import type { Change, WriteContext } from "../../model/transaction.ts";
import type { Action, Principal } from "../../identity/principal.ts";
import type { CountComparisons } from "../../query/comparisons.ts";
import type { Condition } from "../../query/condition.ts";
import type { Source } from "../../schema/entity/generator.ts";
import type { Registry } from "../../schema/type.ts";
import type { Link } from "../../model/relation.ts";
import type { RelatedQuery, SortKey } from "../../query/query.ts";
import type { PrefixClaims, PrefixUse } from "../object-records/prefixes.ts";
import type { DatasetWorker, HeldLease } from "../sources/lease.ts";
import type { Linked } from "../read/related.ts";
import type { LinkChanges } from "./links.ts";
import type { LoadedRow } from "./row.ts";

/** A part of what a condition finds: in an order, from a position on, up to so many. */
export interface Window {
  readonly sort: readonly SortKey[];
  readonly offset: number;
  /** Null: all. */
  readonly limit: number | null;
}

/** Live resources of a type that satisfy a condition. */
export interface Selection {
  readonly payloadType: string;
  /** Null: none. */
  readonly condition: Condition | null;
  readonly window?: Window;
  /** Linked records that come along with what is found, and with these identifiers. */
  readonly related?: readonly RelatedQuery[];
  readonly identifiers?: readonly string[];
}

/** What a decision has to know. */
export interface Subject extends Selection {
  /** Resources that are loaded, whatever they are. */
  readonly identifiers: readonly string[];
  /** Sequences whose last number is loaded. */
  readonly sequences: readonly string[];
  /** Children that links lead to: those of the relation between what both selections find. */
  readonly others?: Selection & { readonly relation: string };
  /** Kinds of links along which a deletion goes on, and those by which a record may be held. */
  readonly cascade?: { readonly along: readonly string[]; readonly held: readonly string[] };
  /** Payload types of which the caller has to be allowed to read something. */
  readonly needs?: readonly string[];
  /** Stored resources of which a member names the last part of another: that one is loaded too. */
  readonly following?: readonly { readonly identifier: string; readonly member: string }[];
  /** Resources whose live children are loaded. */
  readonly below?: readonly string[];
  /** Stored resources below which something may be placed. */
  readonly parents?: readonly string[];
  /** Stored resources that may get other sources, and all that these may be. */
  readonly rederived?: {
    readonly identifiers: readonly string[];
    readonly sources: readonly string[];
  };
  /** First segments of keys of which is loaded what lies below them. */
  readonly prefixes?: readonly string[];
  /** Dataset of which is loaded who works on it. */
  readonly leased?: string;
}

/** What a decision is made on. */
export interface Known {
  /** Everything that was loaded, by identifier. */
  readonly rows: ReadonlyMap<string, LoadedRow>;
  /** What the condition found, in the order of creation. */
  readonly matched: readonly LoadedRow[];
  /** What the selection of children found. */
  readonly others: readonly LoadedRow[];
  /** The stored links between parents and children. */
  readonly links: readonly Link[];
  /** Linked records that were asked for. */
  readonly linked: Linked;
  readonly registry: Registry;
  /** The caller with the role that it has now. */
  readonly principal: Principal;
  readonly source: Source;
  /** Is told of what a decision compares within documents. */
  readonly compare: CountComparisons;
  /** What lies below the first segments that were asked for. */
  readonly prefixes: ReadonlyMap<string, PrefixUse>;
  /** Who works on the dataset that was asked about; null for nobody. */
  readonly worker: DatasetWorker | null;
  /** The last number of each sequence that was loaded and has given one. */
  readonly sequences: ReadonlyMap<string, number>;
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
  readonly links?: LinkChanges;
  /** Stored when the changes are more than none: they have to tell that a secret was set. */
  readonly secrets?: readonly SecretChange[];
  /** First segments of keys that begin to be used; as secrets, with changes alone. */
  readonly claims?: PrefixClaims;
  /** Files whose copies are to be read through; as secrets, with changes alone. */
  readonly checks?: readonly string[];
  /** What has to be so of the work on a dataset; as secrets, with changes alone. */
  readonly lease?: HeldLease;
  /**
   * Of the product's own work: resources of which the answer tells what was stored before. Other
   * decisions show what their subject finds.
   */
  readonly shows?: readonly string[];
  readonly answer: Json;
}

/** A decision: pure, and made anew whenever the write is planned again. */
export interface Decision {
  /** What it does to resources: the caller has to be allowed to. */
  readonly actions: readonly Action[];
  /** True: resources are read and written as a whole, so that access lists of entities bind. */
  readonly whole?: boolean;
  /**
   * True: what it does is the product's own work, of which the rules stand in the decision. The
   * caller needs the actions for the subject's type; beyond that it matters to nothing what the
   * caller may do or see, and reserved types may be written.
   */
  readonly elevated?: boolean;
  readonly subject: (registry: Registry, principal: Principal) => Subject;
  /** Each of its changes stands alone: those that cannot be done come back as refused. */
  readonly decide: (known: Known) => Decided;
}

/** A write by decision. */
export interface DecidedRequest {
  readonly context: WriteContext;
  readonly decision: Decision;
}
