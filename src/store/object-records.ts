/** The part of the store that knows objects outside of it: uploads, exports, who may read what. */
import type { Principal } from "../identity/principal.ts";
import type { ObjectFacts, PromisedObject } from "../model/stored-object.ts";
import type { WriteContext } from "../model/transaction.ts";
import type { ExportFormat, Extract } from "../query/export.ts";
import type { Query } from "../query/query.ts";
import * as exports from "./exports.ts";
import type { Around } from "./around.ts";
import type { Found } from "./read/find.ts";
import { namingResources, openObjects, type ObjectUse, type WantedObject } from "./read/objects.ts";
import { readPages, type PagesWanted } from "./read/pages.ts";
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
  readonly naming: (principal: Principal, key: string) => Promise<readonly string[]>;
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
    order: { readonly id: string; readonly format: ExportFormat; readonly extract: Extract },
  ) => Promise<{ readonly id: string; readonly replayed: boolean }>;
  readonly export: (principal: Principal, id: string) => Promise<exports.ExportRecord>;
  readonly exportFile: (id: string) => Promise<string | undefined>;
  readonly claimExport: (id: string) => Promise<exports.Claim | undefined>;
  readonly touchExport: (claim: exports.Claim) => Promise<boolean>;
  readonly finishExport: (claim: exports.Claim, result: exports.ExportResult) => Promise<boolean>;
  readonly failExport: (claim: exports.Claim, fault: string) => Promise<boolean>;
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
    return uploads.promiseUploads(this.writer(), principal, promised, this.now());
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
    const ordering = { session: this.writer(), openness: this.openness, now: this.now() };
    return exports.orderExport(ordering, principal, context, order);
  },
  export(principal, id) {
    const { trail } = this.looking();
    return exports.readExport({ session: this.writer(), trail }, principal, id);
  },
  exportFile(id) {
    return exports.exportFile(this.writer(), id);
  },
  claimExport(id) {
    return exports.claimExport(this.writer(), id, this.now());
  },
  touchExport(claim) {
    return exports.touchExport(this.writer(), claim, this.now());
  },
  finishExport(claim, result) {
    return exports.finishExport(this.writer(), claim, result, this.now());
  },
  failExport(claim, fault) {
    return exports.failExport(this.writer(), claim, fault, this.now());
  },
};
