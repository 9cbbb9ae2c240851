/** The reads of the tree and of the derivation graph, as a part of the store. */
import type { Principal } from "../../../identity/principal.ts";
import type { AsOf } from "../../../query/query.ts";
import type { Around } from "../../context.ts";
import { readChildren, type Children, type ChildrenWanted } from "./children.ts";
import { readLineage, type LineageAnswer, type LineageWanted } from "./lineage.ts";
import { readParents, type Parents } from "./parents.ts";

/** Reads of lineage on behalf of a principal. */
export interface LineageReads {
  /** The ancestors of a resource, nearest first. */
  readonly parents: (principal: Principal, identifier: string, asOf: AsOf) => Promise<Parents>;
  /** One page of the children of a resource, or of the roots. */
  readonly children: (principal: Principal, wanted: ChildrenWanted) => Promise<Children>;
  /** What a resource came from and what came of it. */
  readonly lineage: (principal: Principal, wanted: LineageWanted) => Promise<LineageAnswer>;
}

/** The reads, as members of every request's store: see `openStore`. */
export const LINEAGE_READS: LineageReads & ThisType<Around> = {
  parents(principal, identifier, asOf) {
    return readParents(this.looking(), principal, identifier, asOf);
  },
  children(principal, wanted) {
    return readChildren(this.looking(), principal, wanted);
  },
  lineage(principal, wanted) {
    return readLineage(this.looking(), principal, wanted);
  },
};
