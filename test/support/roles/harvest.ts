// Who may do what over the routes of the harvest surface.
import type { JsonObject } from "../../../src/model/json.ts";
import { ADMIN, OWN_ACCOUNT, READ, row, type MatrixRow, type World } from "./row.ts";

/** An id that does not exist: permitted callers get 404. */
const NOWHERE = "00000000-0000-4000-8000-000000000001";
const NOT_FOUND_FOR_ADMINS = "401 401 401 403 403 404 403 403";
const NOT_FOUND_FOR_READERS = "401 401 401 404 404 404 403 404";

interface Kind {
  readonly path: string;
  readonly create: (world: World) => JsonObject | Promise<JsonObject>;
  readonly update: JsonObject;
}

const instrument = ({ fresh }: World): JsonObject => ({
  name: fresh,
  cifs_host: "host.example",
  cifs_share: "data",
});
const location = ({ fresh }: World): JsonObject => ({
  name: fresh,
  type: "posix",
  base_path: "/archive",
});

const KINDS: readonly Kind[] = [
  { path: "instruments", create: instrument, update: { location: "Room 1" } },
  { path: "storage-locations", create: location, update: { name: "Other" } },
  {
    path: "service-accounts",
    create: ({ fresh }) => ({ name: fresh, username: "reader", password: "correct horse battery" }),
    update: { username: "other" },
  },
  {
    path: "schedules",
    create: async (world) => ({
      instrument_id: await world.make("/api/instruments", instrument(world)),
      default_storage_location_id: await world.make("/api/storage-locations", location(world)),
      cron_expression: "0 0 1 1 *",
    }),
    update: { enabled: false },
  },
  {
    path: "hooks",
    create: ({ fresh }) => ({
      name: fresh,
      trigger: "pre_transfer",
      implementation: "builtin",
      enabled: false,
    }),
    update: { priority: 3 },
  },
  { path: "groups", create: ({ fresh }) => ({ name: fresh }), update: { description: "Them." } },
  { path: "projects", create: ({ fresh }) => ({ name: fresh }), update: { description: "It." } },
];

const rowsOf = ({ path, create, update }: Kind): readonly (readonly [string, MatrixRow])[] => {
  const base = `/api/${path}`;
  const made = async (world: World): Promise<string> =>
    `${base}/${await world.make(base, await create(world))}`;
  return [
    [`GET ${base}`, row(ADMIN)],
    [`POST ${base}`, row(ADMIN, async (world) => ({ body: await create(world) }))],
    [`GET ${base}/{id}`, row(ADMIN, async (world) => ({ path: await made(world) }))],
    [
      `PATCH ${base}/{id}`,
      row(ADMIN, async (world) => ({ path: await made(world), body: update })),
    ],
    [`DELETE ${base}/{id}`, row(ADMIN, async (world) => ({ path: await made(world) }))],
    [
      `POST ${base}/{id}/restore`,
      row(NOT_FOUND_FOR_ADMINS, async (world) => ({ path: `${await made(world)}/restore` })),
    ],
  ];
};

const linked = (
  base: string,
  parameter: string,
  create: (world: World) => JsonObject,
  member: (user: string) => JsonObject,
): readonly (readonly [string, MatrixRow])[] => {
  const made = async (world: World): Promise<string> =>
    `${base}/${await world.make(base, create(world))}`;
  const word = base === "/api/instruments" ? "access" : "members";
  return [
    [
      `GET ${base}/{id}/${word}`,
      row(ADMIN, async (world) => ({ path: `${await made(world)}/${word}` })),
    ],
    [
      `POST ${base}/{id}/${word}`,
      row(ADMIN, async (world) => ({
        path: `${await made(world)}/${word}`,
        body: member(await world.user()),
      })),
    ],
    [
      `DELETE ${base}/{id}/${word}/{${parameter}}`,
      row(NOT_FOUND_FOR_ADMINS, async (world) => ({
        path: `${await made(world)}/${word}/${NOWHERE}`,
      })),
    ],
  ];
};

const named = ({ fresh }: World): JsonObject => ({ name: fresh });

const at = (path: string, outcomes: string, body?: JsonObject): MatrixRow =>
  row(outcomes, () => ({
    path: path.replace(/\{id\}/, NOWHERE).replace(/\{\w+\}/, NOWHERE),
    ...(body === undefined ? {} : { body }),
  }));

const GRANT: JsonObject = { grantee_type: "user", grantee_id: NOWHERE };

/** The table's rows. */
export const HARVEST_ROLES: Readonly<Record<string, MatrixRow>> = {
  ...Object.fromEntries(KINDS.flatMap(rowsOf)),
  ...Object.fromEntries([
    ...linked("/api/instruments", "user_id", instrument, (user_id) => ({ user_id })),
    ...linked("/api/groups", "user_id", named, (user_id) => ({ user_id })),
    ...linked("/api/projects", "member_id", named, (member_id) => ({
      member_type: "user",
      member_id,
    })),
  ]),
  "GET /api/me": row(OWN_ACCOUNT),
  "GET /api/hooks/builtins": row(ADMIN),
  "GET /api/storage-locations/{id}/test": at(
    "/api/storage-locations/{id}/test",
    NOT_FOUND_FOR_ADMINS,
  ),
  "POST /api/schedules/{id}/trigger": at("/api/schedules/{id}/trigger", NOT_FOUND_FOR_ADMINS),
  "POST /api/instruments/{id}/harvest": at("/api/instruments/{id}/harvest", NOT_FOUND_FOR_ADMINS),
  "GET /api/files": row(READ),
  "GET /api/files/{id}": at("/api/files/{id}", NOT_FOUND_FOR_READERS),
  "GET /api/files/{id}/access": at("/api/files/{id}/access", NOT_FOUND_FOR_ADMINS),
  "POST /api/files/{id}/access": at("/api/files/{id}/access", NOT_FOUND_FOR_ADMINS, GRANT),
  "DELETE /api/files/{id}/access/{grant_id}": at(
    "/api/files/{id}/access/{grant_id}",
    NOT_FOUND_FOR_ADMINS,
  ),
  "GET /api/transfers": row(READ),
  "GET /api/transfers/{id}": at("/api/transfers/{id}", NOT_FOUND_FOR_READERS),
  // Workers have keys with the action `harvest`; a test of their own covers these.
  "POST /api/harvest/runs/claim": row(ADMIN, () => ({ body: { worker: "matrix" } })),
  "POST /api/harvest/runs/{id}/discovered": at(
    "/api/harvest/runs/{id}/discovered",
    NOT_FOUND_FOR_ADMINS,
    { entries: [] },
  ),
  "POST /api/harvest/runs/{id}/transfers": at(
    "/api/harvest/runs/{id}/transfers",
    NOT_FOUND_FOR_ADMINS,
    { items: [] },
  ),
  "POST /api/harvest/runs/{id}/finish": at(
    "/api/harvest/runs/{id}/finish",
    NOT_FOUND_FOR_ADMINS,
    {},
  ),
};
