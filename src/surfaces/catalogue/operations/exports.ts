/** Exports: files made of a query, worked on behind the answer and read by signed addresses. */
import { createUuid } from "../../../identity/uuid.ts";
import { AppError } from "../../../model/error.ts";
import type { JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { InstantMicros } from "../../../model/time.ts";
import type { WriteContext } from "../../../model/transaction.ts";
import type { ExportFormat, Extract } from "../../../query/export.ts";
import type { Objects, ServedFile } from "../../../objects/objects.ts";
import { type ExportRecord, WORK_BOUNDS } from "../../../store/index.ts";
import type { QueryBody } from "../wire/request.ts";
import type { CatalogueContext } from "./context.ts";
import { parseFresh } from "./parse-query.ts";
import { isSigned, signFile, type FileAddress } from "./signature.ts";

const MICROS_PER_SECOND = 1_000_000;

/** For whom, and with what. */
export interface ExportContext extends CatalogueContext {
  readonly objects: Objects;
  readonly now: () => InstantMicros;
  /** The key that signs addresses. */
  readonly signingKey: () => Promise<CryptoKey>;
}

/** Where the file of an export is, for whom, and for how long. */
export interface SignedFile extends FileAddress {
  readonly signature: string;
}

/** The file's address, good for a while and no longer than the file; null while there is none. */
export async function signedFileOf(
  { now, signingKey, principal }: ExportContext,
  { id, path, expiresAt }: ExportRecord,
): Promise<SignedFile | null> {
  if (path === null || expiresAt === null) return null;
  const soon = now() + LIMITS.addressSecondsDefault * MICROS_PER_SECOND;
  const expires = Math.floor(Math.min(soon, expiresAt) / MICROS_PER_SECOND);
  const address = { id, expires, holder: principal.id };
  return { ...address, signature: await signFile(await signingKey(), address) };
}

/**
 * The record of an export, with more of the database than a read has: its rows are looked at again.
 *
 * @throws AppError `not_found`; `forbidden` for who may not see all of the rows any more.
 */
export function readExport(
  { store, principal, objects }: ExportContext,
  id: string,
): Promise<ExportRecord> {
  store.budget.widen(WORK_BOUNDS);
  return store.export(principal, id, ({ attempt, rowCount }) =>
    objects.exportRows(id, attempt, rowCount),
  );
}

/** The query in the state of this moment, so that it shows the same whenever it is worked on. */
const extractOf = async (context: ExportContext, body: QueryBody): Promise<Extract> => {
  const { store, principal } = context;
  const { cursor: _cursor, ...asked } = body;
  const query = await parseFresh(context, asked);
  const probe = { ...query, page: { limit: 1 } };
  const found = await store.find(principal, probe, { children: false });
  return {
    query: { ...query, asOf: { kind: "transaction", transaction: found.transaction } },
    limit: asked.limit ?? null,
    columns: asked.select_columns ?? null,
    request: JSON.parse(JSON.stringify(asked)) as JsonObject,
    asOf: found.instant,
  };
};

/** Orders an export. Who orders a new one has it worked on by `workOn`. */
export async function orderExport(
  context: ExportContext,
  { query, format }: { readonly query: QueryBody; readonly format: ExportFormat },
  write: WriteContext,
): Promise<{ readonly record: ExportRecord; readonly replayed: boolean }> {
  const { store, principal, now } = context;
  const extract = await extractOf(context, query);
  const ordered = { id: createUuid(now() / 1_000), format, extract };
  const { id, replayed } = await store.orderExport(principal, write, ordered);
  return { record: await readExport(context, id), replayed };
}

/** Works on an export behind the answer of its order, with more of the database than that has. */
export function workOn({ store, objects }: ExportContext, id: string): Promise<void> {
  store.budget.widen(WORK_BOUNDS);
  return objects.runExport(store, id);
}

const missing = (): AppError => new AppError("not_found", "There is no such file.");

/**
 * The file behind a signed address, as long as its holder may read.
 *
 * @throws AppError `not_found` for an address that was not given out or is over, and for a file that is gone.
 */
export async function openFile(
  { store, objects, now, signingKey }: Omit<ExportContext, "principal">,
  { signature, ...address }: SignedFile,
): Promise<ServedFile> {
  const isGood = await isSigned(await signingKey(), address, signature);
  if (!isGood || address.expires * MICROS_PER_SECOND < now()) throw missing();
  const path = await store.exportFile(address.id, address.holder);
  const found = path === undefined ? undefined : await objects.serve(path);
  if (found === undefined) throw missing();
  return found;
}
