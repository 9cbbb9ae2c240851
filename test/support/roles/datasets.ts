// Who may do what over the routes of the dataset surface.
import { ADMIN, READ, row, WRITE, type MatrixRow, type World } from "./row.ts";

const NOTHING = `cond=${encodeURIComponent('[{"field":"id"},"=","matrix/nothing"]')}`;

const nameOf = ({ fresh }: World): string => fresh.replaceAll("-", "_");

const definition = { fields: [{ name: "title", type: "string" }] };

/** The rows. */
export const DATASET_ROLES: Readonly<Record<string, MatrixRow>> = {
  "GET /ds/{dataset}": row(READ, () => ({ path: `/ds/dataset?${NOTHING}` })),
  "POST /ds/{dataset}": row(WRITE, () => ({ path: "/ds/dataset", body: [{ name: "one" }] })),
  "PATCH /ds/{dataset}": row(WRITE, () => ({
    path: `/ds/dataset?${NOTHING}`,
    body: { name: "two" },
  })),
  "PUT /ds/{dataset}": row(WRITE, () => ({
    path: `/ds/dataset?${NOTHING}`,
    body: { name: "two" },
  })),
  "DELETE /ds/{dataset}": row(WRITE, () => ({ path: `/ds/dataset?${NOTHING}` })),
  "GET /admin/datasets": row(ADMIN),
  "GET /admin/datasets/{name}": row(ADMIN, () => ({ path: "/admin/datasets/dataset" })),
  "PUT /admin/datasets/{name}": row(ADMIN, (world) => ({
    path: `/admin/datasets/${nameOf(world)}`,
    body: definition,
  })),
  "DELETE /admin/datasets/{name}": row(ADMIN, async (world) => {
    const name = nameOf(world);
    await world.defineDataset(name, definition);
    return { path: `/admin/datasets/${name}` };
  }),
};
