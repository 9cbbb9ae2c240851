// Who may do what over the routes of objects and exports.
import { READ, row, WRITE, type MatrixRow } from "./row.ts";

/** Missing, or owned by another caller; a caller who may read nothing is refused first. */
const NOBODYS = "401 401 401 404 404 404 403 404";
/** Names no resource: a token is sufficient. */
const TOKEN = "401 401 401 ok ok ok ok ok";

const upload = { filename: "x.bin", group: "matrix" };
const unknown = (): string => `/exports/${crypto.randomUUID()}`;

/** The rows. */
export const OBJECT_ROLES: Readonly<Record<string, MatrixRow>> = {
  "GET /s3/config": row(TOKEN),
  "POST /s3/presign": row(WRITE, () => ({ body: { direction: "upload", ...upload } })),
  "POST /s3/presign/batch": row(WRITE, () => ({
    body: { direction: "upload", items: [upload] },
  })),
  "POST /s3/finalize": row("401 401 401 403 404 404 403 404", () => ({
    body: { path: "matrix/nobody/x.bin" },
  })),
  "GET /s3/parquet": row("401 401 401 404 404 404 403 404", () => ({
    path: "/s3/parquet?path=matrix/nobody/x.parquet",
  })),
  "POST /query/parquet": row(READ, () => ({ body: { payload_type: "image" } })),
  "POST /exports": row(READ, () => ({ body: { query: { payload_type: "image" } } })),
  "GET /exports/{id}": row(NOBODYS, () => ({ path: unknown() })),
  // The signature in the address gives access to the file, and this one has none.
  "GET /exports/{id}/file": row("400 400 400 400 400 400 400 400", () => ({
    path: `${unknown()}/file`,
  })),
};
