/** Makes the file of an export: claims it, writes it, and records the result. */
import { AppError } from "../../model/error.ts";
import type { Principal } from "../../identity/principal.ts";
import type { ExportFormat, Extract } from "../../query/export.ts";
import type { Query } from "../../query/query.ts";
import type { Registry } from "../../schema/type.ts";
import { deleteAll, type Bucket } from "../bucket.ts";
import { exportKey } from "../key.ts";
import { startRows, type RowsList } from "./rows.ts";
import { storeFile } from "./multipart.ts";
import { pagesOfFile, startFile, type ExportPage, type FilePages } from "./stream.ts";
import { FORMATS } from "./writer.ts";

/** A lease on an export, and what to write. */
export interface ExportClaim {
  readonly id: string;
  readonly attempt: number;
  readonly task: {
    readonly principal: Principal;
    readonly format: ExportFormat;
    readonly extract: Extract;
  };
}

/** The result of an export. */
export interface ExportedFile {
  readonly path: string;
  readonly rowCount: number;
  readonly sizeBytes: number;
  /** How many of the rows are restricted resources. */
  readonly restrictedRows: number;
}

/** The part of the store that an export needs. */
export interface ExportStore<Claim extends ExportClaim> {
  readonly claimExport: (id: string) => Promise<Claim | undefined>;
  readonly touchExport: (claim: Claim) => Promise<boolean>;
  readonly finishExport: (claim: Claim, result: ExportedFile) => Promise<boolean>;
  readonly failExport: (claim: Claim, error: string) => Promise<boolean>;
  readonly registryAt: (principal: Principal, version: number) => Promise<Registry>;
  readonly pages: (
    principal: Principal,
    query: Query,
    wanted: FilePages,
  ) => AsyncGenerator<RestrictablePage, void, undefined>;
}

/** A page whose rows tell whether they are restricted. */
interface RestrictablePage extends ExportPage {
  readonly rows: readonly (ExportPage["rows"][number] & { readonly is_restricted: number })[];
}

/** Passes the pages through; lists their rows, and counts the restricted ones. */
const counted = (pages: AsyncGenerator<RestrictablePage, void, undefined>, list: RowsList) => {
  let restricted = 0;
  async function* passed(): AsyncGenerator<ExportPage, void, undefined> {
    for await (const page of pages) {
      for (const row of page.rows) restricted += row.is_restricted;
      await list.add(page.rows.map(({ identifier }) => identifier));
      yield page;
    }
    await list.end();
  }
  return { pages: passed(), restrictedRows: () => restricted };
};

const removeBelow = async (bucket: Bucket, prefix: string): Promise<void> => {
  for (;;) {
    const { objects, cursor } = await bucket.list(prefix);
    await deleteAll(
      bucket,
      objects.map(({ key }) => key),
    );
    if (cursor === null) return;
  }
};

/** The name of a query's file. */
export function fileName(query: Query, format: ExportFormat): string {
  const [only, ...more] = query.payloadTypes;
  const word = only === undefined || more.length > 0 ? "resources" : only;
  return `${word}.${FORMATS[format].extension}`;
}

/** Thrown when another worker has the lease. */
class LostLease extends Error {}

const TOUCH_MILLIS = 10_000;

const write = async <Claim extends ExportClaim>(
  store: ExportStore<Claim>,
  bucket: Bucket,
  claim: Claim,
  list: RowsList,
): Promise<ExportedFile> => {
  const { principal, format, extract } = claim.task;
  const { query, limit, columns: selected, request, asOf } = extract;
  const { pages, restrictedRows } = counted(
    store.pages(principal, query, pagesOfFile(selected, limit)),
    list,
  );
  const name = fileName(query, format);
  const path = exportKey(claim.id, claim.attempt, name);
  // What an interrupted attempt may have left.
  if (claim.attempt > 1) await removeBelow(bucket, `exports/${claim.id}/`);
  let touched = Date.now();
  const renew = async (): Promise<void> => {
    if (Date.now() - touched < TOUCH_MILLIS) return;
    touched = Date.now();
    if (!(await store.touchExport(claim))) throw new LostLease();
  };
  const metadata = {
    contentType: FORMATS[format].mediaType,
    contentDisposition: `attachment; filename="${name}"`,
  };
  const parts = await startFile({
    format,
    payloadTypes: query.payloadTypes,
    selected,
    pages,
    registryAt: (version) => store.registryAt(principal, version),
    request,
    asOf,
  });
  const file = await storeFile(bucket, path, metadata, parts, renew);
  return { path, ...file, restrictedRows: restrictedRows() };
};

/** Errors that a later attempt would get again. */
const LASTING = new Set(["too_large", "not_found", "forbidden", "unauthenticated"]);

/**
 * Works on one export, unless another worker does or it has ended. Never throws because of the
 * export: what cannot be made is recorded as failed, and an interrupted export is started again
 * when its lease has expired.
 */
export async function runExport<Claim extends ExportClaim>(
  store: ExportStore<Claim>,
  bucket: Bucket,
  id: string,
): Promise<void> {
  const claim = await store.claimExport(id);
  if (claim === undefined) return;
  const list = startRows(bucket, id, claim.attempt);
  try {
    const file = await write(store, bucket, claim, list);
    if (!(await store.finishExport(claim, file)))
      await deleteAll(bucket, [file.path, ...list.keys()]);
  } catch (error) {
    await deleteAll(bucket, list.keys());
    if (error instanceof AppError && LASTING.has(error.code)) {
      await store.failExport(claim, error.message);
    } else if (!(error instanceof LostLease)) {
      const name = error instanceof Error ? error.name : typeof error;
      console.error(JSON.stringify({ level: "error", job: "export", export: id, name }));
    }
  }
}
