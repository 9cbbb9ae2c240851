// Who may do what over the routes of sources: their tokens are of another kind, and the body of the
// response says whether they were valid.
import { OPEN, row, type MatrixRow } from "./row.ts";

const NOBODYS = "404 404 404 404 404 404 404 404";

/** The rows. */
export const SOURCE_ROLES: Readonly<Record<string, MatrixRow>> = {
  "POST /source/upload": row(OPEN, () => ({
    body: { meta: { ownerid: "matrix", dataset: "matrix" } },
  })),
  "POST /source/update": row(OPEN, () => ({ body: { pipeline_id: "a/b/1", event: "start" } })),
  "GET /source/{owner}/{dataset}/{revision}": row(NOBODYS, () => ({
    path: "/source/matrix/matrix/latest",
  })),
};
