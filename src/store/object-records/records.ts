/** The part of the store for objects in the bucket: uploads, exports, and who may read an object. */
import type { Principal } from "../../identity/principal.ts";
import type { ObjectFacts, PromisedObject } from "../../model/stored-object.ts";
import type { WriteContext } from "../../model/transaction.ts";
import type { Query } from "../../query/query.ts";
import type { Origin } from "../../schema/source/work.ts";
import * as leases from "../exports/leases.ts";
import type { ListRows } from "../exports/rows.ts";
import * as exports from "../exports/exports.ts";
import { LineageReads } from "../read/lineage/reads.ts";
import type { Found } from "../read/find.ts";
import {
  namingResources,
  openObjects,
  type ObjectUse,
  type WantedObject,
} from "../read/objects.ts";
import { readPages, type PagesWanted } from "../read/pages.ts";
import * as uploads from "./uploads.ts";

/** Uploads, exports, and the rows that exports consist of. */
export class ObjectRecords extends LineageReads {
  /** Whether the principal may open each of these objects; see `openObjects`. */
  openObjects(
    principal: Principal,
    wanted: readonly WantedObject[],
    use: ObjectUse,
  ): Promise<readonly boolean[]> {
    return openObjects(this.context.readContext(), principal, wanted, use);
  }

  /** The resources that name an object and that the principal may see. */
  naming(principal: Principal, key: string): Promise<readonly Origin[]> {
    return namingResources(this.context.readContext(), principal, key);
  }

  /** All rows of a query, page after page, in one state. */
  pages(
    principal: Principal,
    query: Query,
    wanted: PagesWanted,
  ): AsyncGenerator<Found, void, undefined> {
    return readPages(() => this.context.readContext(), principal, query, wanted);
  }

  /** The keys that no version of any resource names and that have no upload. */
  unnamedObjects(keys: readonly string[]): Promise<readonly string[]> {
    return uploads.unnamedObjects(this.context.writer(), keys, this.context.bucket);
  }

  promiseUploads(principal: Principal, promised: readonly PromisedObject[]): Promise<void> {
    const promising = {
      session: this.context.writer(),
      now: this.context.now(),
      inTurn: this.context.memory.inTurn,
    };
    return uploads.promiseUploads(promising, principal, promised);
  }

  upload(principal: Principal, key: string): Promise<uploads.Upload | undefined> {
    return uploads.readUpload(this.context.writer(), principal, key, this.context.bucket);
  }

  finishUpload(path: string, facts: ObjectFacts): Promise<boolean> {
    return uploads.finishUpload(this.context.writer(), path, facts, this.context.now());
  }

  refuseUpload(path: string): Promise<void> {
    return uploads.refuseUpload(this.context.writer(), path);
  }

  orderExport(
    principal: Principal,
    context: WriteContext,
    order: exports.ExportOrder,
  ): Promise<exports.Ordered> {
    const { anonymousAccess, memory } = this.context;
    const [session, now] = [this.context.writer(), this.context.now()];
    const ordering = { session, anonymousAccess, now, inTurn: memory.inTurn };
    return exports.orderExport(ordering, principal, context, order);
  }

  export(principal: Principal, id: string, listRows: ListRows): Promise<exports.ExportRecord> {
    const { anonymousAccess, auditContext } = this.context;
    const session = this.context.writer();
    const registries = this.context.registries(principal, () => session);
    const reading = { session, auditContext, anonymousAccess, registries };
    return exports.readExport(reading, principal, id, listRows);
  }

  exportFile(id: string, holder: string): Promise<string | undefined> {
    const { anonymousAccess } = this.context;
    return exports.exportFile({ session: this.context.writer(), anonymousAccess }, id, holder);
  }

  claimExport(id: string): Promise<leases.Claim | undefined> {
    return leases.claimExport(this.context.writer(), id, this.context.now());
  }

  touchExport(claim: leases.Claim): Promise<boolean> {
    return leases.touchExport(this.context.writer(), claim, this.context.now());
  }

  finishExport(claim: leases.Claim, result: leases.ExportResult): Promise<boolean> {
    return leases.finishExport(this.context.writer(), claim, result, this.context.now());
  }

  failExport(claim: leases.Claim, message: string): Promise<boolean> {
    return leases.failExport(this.context.writer(), claim, message, this.context.now());
  }
}
