/** The part of the store that knows objects outside of it: uploads, exports, who may read what. */
import type { Principal } from "../../identity/principal.ts";
import type { ObjectFacts, PromisedObject } from "../../model/stored-object.ts";
import type { WriteContext } from "../../model/transaction.ts";
import type { Query } from "../../query/query.ts";
import type { Origin } from "../../schema/source/work.ts";
import * as leases from "../exports/leases.ts";
import type { ListRows } from "../exports/rows.ts";
import * as exports from "../exports/exports.ts";
import { registriesOf, type Around } from "../context.ts";
import type { Found } from "../read/find.ts";
import {
  namingResources,
  openObjects,
  type ObjectUse,
  type WantedObject,
} from "../read/objects.ts";
import { readPages, type PagesWanted } from "../read/pages.ts";
import * as uploads from "./uploads.ts";

/** Uploads, exports, and the rows that exports are made of. */
export interface ObjectRecords {
  /** Whether the principal may open each of these objects; see `openObjects`. */
  readonly openObjects: (
    principal: Principal,
    wanted: readonly WantedObject[],
    use: ObjectUse,
  ) => Promise<readonly boolean[]>;
  /** The resources that name an object, as far as the principal sees them. */
  readonly naming: (principal: Principal, key: string) => Promise<readonly Origin[]>;
  /** All rows of a query, page after page, in one state. */
  readonly pages: (
    principal: Principal,
    query: Query,
    wanted: PagesWanted,
  ) => AsyncGenerator<Found, void, undefined>;
  /** Those of the keys that nothing names, or has ever named, and that nobody uploads. */
  readonly unnamedObjects: (keys: readonly string[]) => Promise<readonly string[]>;
  readonly promiseUploads: (
    principal: Principal,
    promised: readonly PromisedObject[],
  ) => Promise<void>;
  readonly upload: (principal: Principal, key: string) => Promise<uploads.Upload | undefined>;
  readonly finishUpload: (path: string, facts: ObjectFacts) => Promise<boolean>;
  readonly refuseUpload: (path: string) => Promise<void>;
  readonly orderExport: (
    principal: Principal,
    context: WriteContext,
    order: exports.ExportOrder,
  ) => Promise<exports.Ordered>;
  readonly export: (
    principal: Principal,
    id: string,
    listRows: ListRows,
  ) => Promise<exports.ExportRecord>;
  readonly exportFile: (id: string, holder: string) => Promise<string | undefined>;
  readonly claimExport: (id: string) => Promise<leases.Claim | undefined>;
  readonly touchExport: (claim: leases.Claim) => Promise<boolean>;
  readonly finishExport: (claim: leases.Claim, result: leases.ExportResult) => Promise<boolean>;
  readonly failExport: (claim: leases.Claim, fault: string) => Promise<boolean>;
}

/** The records, as members of every request's store: see `openStore`. */
export const OBJECT_RECORDS: ObjectRecords & ThisType<Around> = {
  openObjects(principal, wanted, use) {
    return openObjects(this.looking(), principal, wanted, use);
  },
  naming(principal, key) {
    return namingResources(this.looking(), principal, key);
  },
  pages(principal, query, wanted) {
    return readPages(() => this.looking(), principal, query, wanted);
  },
  unnamedObjects(keys) {
    return uploads.unnamedObjects(this.writer(), keys, this.bucket);
  },
  promiseUploads(principal, promised) {
    const promising = { session: this.writer(), now: this.now(), inTurn: this.memory.inTurn };
    return uploads.promiseUploads(promising, principal, promised);
  },
  upload(principal, key) {
    return uploads.readUpload(this.writer(), principal, key, this.bucket);
  },
  finishUpload(path, facts) {
    return uploads.finishUpload(this.writer(), path, facts, this.now());
  },
  refuseUpload(path) {
    return uploads.refuseUpload(this.writer(), path);
  },
  orderExport(principal, context, order) {
    const { openness, memory } = this;
    const [session, now] = [this.writer(), this.now()];
    const ordering = { session, openness, now, inTurn: memory.inTurn };
    return exports.orderExport(ordering, principal, context, order);
  },
  export(principal, id, listRows) {
    const { openness } = this;
    const { trail } = this.looking();
    const session = this.writer();
    const registries = registriesOf(this, principal, () => session);
    const reading = { session, trail, openness, registries };
    return exports.readExport(reading, principal, id, listRows);
  },
  exportFile(id, holder) {
    const { openness } = this;
    return exports.exportFile({ session: this.writer(), openness }, id, holder);
  },
  claimExport(id) {
    return leases.claimExport(this.writer(), id, this.now());
  },
  touchExport(claim) {
    return leases.touchExport(this.writer(), claim, this.now());
  },
  finishExport(claim, result) {
    return leases.finishExport(this.writer(), claim, result, this.now());
  },
  failExport(claim, fault) {
    return leases.failExport(this.writer(), claim, fault, this.now());
  },
};
