/** Exports: files made of a query after the response, and read by signed addresses. */
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

/** The caller, and the services that an operation uses. */
export interface ExportContext extends CatalogueContext {
  readonly objects: Objects;
  readonly now: () => InstantMicros;
  /** The key that signs addresses. */
  readonly signingKey: () => Promise<CryptoKey>;
}

/** Where the file of an export is, who may read it, and for how long. */
export interface SignedFile extends FileAddress {
  readonly signature: string;
}

/**
 * The file's address, valid for some time and no longer than the file; null while there is none.
 */
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
 * Reads the record of an export with a larger database budget than other reads, because it checks
 * again whether the caller may see every row.
 *
 * @throws AppError `not_found`; `forbidden` for a caller that may no longer see all rows.
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

/**
 * Fixes the query to the present state, so that the result does not depend on when it is computed.
 */
const extractOf = async (context: ExportContext, body: QueryBody): Promise<Extract> => {
  const { store, principal } = context;
  const { cursor: _cursor, ...requested } = body;
  const query = await parseFresh(context, requested);
  const probe = { ...query, page: { limit: 1 } };
  const found = await store.find(principal, probe, { children: false });
  return {
    query: { ...query, asOf: { kind: "transaction", transaction: found.transaction } },
    limit: requested.limit ?? null,
    columns: requested.select_columns ?? null,
    request: JSON.parse(JSON.stringify(requested)) as JsonObject,
    asOf: found.instant,
  };
};

/** Orders an export. The caller of a new one has to start `workOn`. */
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

/**
 * Computes an export after the response to its order, with a larger database budget than that
 * request.
 */
export function workOn({ store, objects }: ExportContext, id: string): Promise<void> {
  store.budget.widen(WORK_BOUNDS);
  return objects.runExport(store, id);
}

const missing = (): AppError => new AppError("not_found", "There is no such file.");

/**
 * The file behind a signed address, as long as the holder may read it.
 *
 * @throws AppError `not_found` for an address that was not issued or has expired, and for a file
 * that is gone.
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
