/** The reads of the tree and of the derivation graph, as a part of the store. */
import type { Principal } from "../../../identity/principal.ts";
import type { AsOf } from "../../../query/query.ts";
import { Reads } from "../reads.ts";
import { readChildren, type Children, type ChildrenWanted } from "./children.ts";
import { readLineage, type LineageAnswer, type LineageWanted } from "./lineage.ts";
import { readParents, type Parents } from "./parents.ts";

/** Reads of lineage on behalf of a principal. */
export class LineageReads extends Reads {
  /** The ancestors of a resource, nearest first. */
  parents(principal: Principal, identifier: string, asOf: AsOf): Promise<Parents> {
    return readParents(this.context.readContext(), principal, identifier, asOf);
  }

  /** One page of the children of a resource, or of the roots. */
  children(principal: Principal, wanted: ChildrenWanted): Promise<Children> {
    return readChildren(this.context.readContext(), principal, wanted);
  }

  /** What a resource came from and what came of it. */
  lineage(principal: Principal, wanted: LineageWanted): Promise<LineageAnswer> {
    return readLineage(this.context.readContext(), principal, wanted);
  }
}
