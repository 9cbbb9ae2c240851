// The requests of the cost test about accounts, the audit, the harvest and sources.
import { ADMINS, encoded, OUTSIDERS, same, withId, type Reads } from "./request.ts";

const KINDS: readonly (readonly [path: string, id: string])[] = [
  ["instruments", "instrument"],
  ["storage-locations", "location"],
  ["service-accounts", "account"],
  ["schedules", "schedule"],
  ["hooks", "hook"],
  ["groups", "group"],
  ["projects", "project"],
];

const ADMIN_RESOURCES: Reads = Object.fromEntries(
  KINDS.flatMap(([path, id]) => [
    [
      `GET /api/${path}`,
      same(
        { path: `/api/${path}?limit=1`, who: ADMINS },
        {
          word: "with deleted ones",
          path: `/api/${path}?limit=1&include_deleted=true`,
          who: ADMINS,
        },
      ),
    ],
    [`GET /api/${path}/{id}`, withId(`/api/${path}/{id}`, id, ADMINS)],
  ]),
);

const lists = (path: string): Reads[string] =>
  same({ path: `${path}?limit=1` }, { word: "all", path, who: OUTSIDERS });

const HARVEST: Reads = {
  ...ADMIN_RESOURCES,
  "GET /api/instruments/{id}/access": withId("/api/instruments/{id}/access", "instrument", ADMINS),
  "GET /api/groups/{id}/members": withId("/api/groups/{id}/members", "group", ADMINS),
  "GET /api/projects/{id}/members": withId("/api/projects/{id}/members", "project", ADMINS),
  "GET /api/storage-locations/{id}/test": withId(
    "/api/storage-locations/{id}/test",
    "location",
    ADMINS,
  ),
  "GET /api/me": same({}),
  "GET /api/hooks/builtins": same({ who: ADMINS }),
  "GET /api/files": lists("/api/files"),
  "GET /api/files/{id}": withId("/api/files/{id}", "file"),
  "GET /api/files/{id}/access": withId("/api/files/{id}/access", "file", ADMINS),
  "GET /api/transfers": lists("/api/transfers"),
  "GET /api/transfers/{id}": withId("/api/transfers/{id}", "transfer"),
};

/** The requests. */
export const ADMINISTRATION_READS: Reads = {
  ...HARVEST,
  "GET /users/me": same({}),
  "GET /users/{id}": withId("/users/{id}", "grantee", ADMINS),
  "GET /admin/users": same({ path: "/admin/users?limit=3", who: ADMINS }),
  "GET /admin/api-keys": same({ path: "/admin/api-keys?limit=2", who: ADMINS }),
  "GET /admin/policies": same({ path: "/admin/policies?limit=2", who: ADMINS }),
  "GET /admin/transactions": ({ late }) => [
    { path: "/admin/transactions?limit=5", who: ADMINS },
    { word: "oldest", path: "/admin/transactions?limit=5&order=asc", who: ADMINS },
    { word: "as of", path: `/admin/transactions?limit=5&as_of=${encoded(late)}`, who: ADMINS },
  ],
  "GET /auth/authorize": same({ path: "/auth/authorize?service=source" }),
  "GET /source/{owner}/{dataset}/{revision}": ({ ids }) => {
    const { flow = "" } = ids;
    const latest = flow.slice(0, flow.lastIndexOf("/"));
    return [{ path: `/source/${flow}` }, { word: "latest", path: `/source/${latest}/latest` }];
  },
};
