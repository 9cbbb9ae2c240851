/** The part of the store that knows objects outside of it: uploads, exports, who may read what. */
import type { Openness } from "../identity/policy.ts";
import type { Principal } from "../identity/principal.ts";
import type { ObjectFacts, PromisedObject } from "../model/stored-object.ts";
import type { InstantMicros } from "../model/time.ts";
import type { WriteContext } from "../model/transaction.ts";
import type { ExportFormat, Extract } from "../query/export.ts";
import type { AsOf, Query } from "../query/query.ts";
import type { Registry } from "../schema/type.ts";
import type { Session } from "./database.ts";
import * as exports from "./exports.ts";
import type { Looking } from "./meta.ts";
import type { Found } from "./read/find.ts";
import { namingResources, readableObjects, type ObjectNames } from "./read/objects.ts";
import { readPages, type PagesWanted } from "./read/pages.ts";
import * as uploads from "./uploads.ts";

/** Uploads, exports, and the rows that exports are made of. */
export interface ObjectRecords {
  /** Whether the principal may read each of these objects. */
  readonly readable: (
    principal: Principal,
    objects: readonly ObjectNames[],
    asOf: AsOf,
  ) => Promise<readonly boolean[]>;
  /** The resources that name an object, as far as the principal sees them. */
  readonly naming: (principal: Principal, names: ObjectNames) => Promise<readonly string[]>;
  /** All rows of a query, page after page, in one state. */
  readonly pages: (
    principal: Principal,
    query: Query,
    wanted: PagesWanted,
  ) => AsyncGenerator<Found, void, undefined>;
  /** The payload types of a version of the registry, fetched when this isolate does not have it. */
  readonly registryAt: (principal: Principal, version: number) => Promise<Registry>;
  readonly promiseUploads: (
    principal: Principal,
    promised: readonly PromisedObject[],
  ) => Promise<void>;
  readonly upload: (
    principal: Principal,
    names: ObjectNames,
  ) => Promise<uploads.Upload | undefined>;
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

/** What these records need from the store. */
interface Around {
  readonly looking: () => Looking;
  readonly writer: () => Session;
  readonly openness: Openness;
  readonly registryAt: ObjectRecords["registryAt"];
  readonly now: () => InstantMicros;
}

/** The records over a request's sessions. */
export const objectRecords = ({
  looking,
  writer,
  openness,
  registryAt,
  now,
}: Around): ObjectRecords => ({
  registryAt,
  readable: (principal, objects, asOf) => readableObjects(looking(), principal, objects, asOf),
  naming: (principal, names) => namingResources(looking(), principal, names),
  pages: (principal, query, wanted) => readPages(looking, principal, query, wanted),
  promiseUploads: (principal, promised) =>
    uploads.promiseUploads(writer(), principal, promised, now()),
  upload: (principal, names) => uploads.readUpload(writer(), principal, names),
  finishUpload: (path, facts) => uploads.finishUpload(writer(), path, facts, now()),
  refuseUpload: (path) => uploads.refuseUpload(writer(), path),
  orderExport: (principal, context, order) =>
    exports.orderExport({ session: writer(), openness, now: now() }, principal, context, order),
  export: (principal, id) => exports.readExport(writer(), principal, id),
  exportFile: (id) => exports.exportFile(looking().session, id),
  claimExport: (id) => exports.claimExport(writer(), id, now()),
  touchExport: (claim) => exports.touchExport(writer(), claim, now()),
  finishExport: (claim, result) => exports.finishExport(writer(), claim, result, now()),
  failExport: (claim, fault) => exports.failExport(writer(), claim, fault, now()),
});
