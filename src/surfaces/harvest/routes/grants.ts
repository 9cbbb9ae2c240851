/** Grants on files. */
import { contextOf } from "./context.ts";
import { z } from "@hono/zod-openapi";
import type { Api } from "../../../http/api.ts";
import { formatInstant } from "../../../model/time.ts";
import { answerList } from "./list.ts";
import { grantFile, grantsOnFile, revokeFile } from "../operations/grants.ts";
import { json } from "../../../http/describe.ts";
import { addCall } from "./route.ts";
import { GrantCreate, GrantRead } from "../wire/files.ts";
import { idPath, pathTo } from "../wire/shared.ts";

const tag = "harvest";
const ID = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de009";
const USER = "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10";
const AT = "2026-03-01T20:58:56.733048Z";
const GRANT = { id: ID, file_id: ID, grantee_type: "user", grantee_id: USER, granted_at: AT };

const listGrants = (api: Api): void =>
  addCall(
    api,
    {
      method: "get",
      path: "/api/files/{id}/access",
      tag,
      summary: "List who was given access to a file",
      description: "Returns the grants on a file, oldest first. Admins only.",
      params: idPath,
      responses: { 200: json(z.array(GrantRead), "The grants on the file.", [GRANT]) },
      errorStatuses: [404],
      admin: true,
    },
    async (c, { params }) => {
      return answerList(c, await grantsOnFile(contextOf(c), params.id), {});
    },
  );

const createGrant = (api: Api): void =>
  addCall(
    api,
    {
      method: "post",
      path: "/api/files/{id}/access",
      tag,
      summary: "Give access to a file",
      description:
        "Lets a user, a group or a project see a file and its transfers. It takes effect at once. An existing grant stays unchanged. Admins only.",
      params: idPath,
      body: GrantCreate,
      bodyExample: { grantee_type: "user", grantee_id: USER },
      responses: { 201: json(GrantRead, "The grant that was created.", GRANT) },
      errorStatuses: [404, 409, 413],
      admin: true,
    },
    async (c, { params, body }) => {
      const { grantee_type: granteeType, grantee_id: granteeId } = body;
      const grant = { identifier: params.id, granteeType, granteeId };
      const { id, grantedAt } = await grantFile(contextOf(c), grant);
      const granted_at = formatInstant(grantedAt);
      return c.json({ id, file_id: params.id, ...body, granted_at }, 201);
    },
  );

const deleteGrant = (api: Api): void =>
  addCall(
    api,
    {
      method: "delete",
      path: "/api/files/{id}/access/{grant_id}",
      tag,
      summary: "Take access to a file back",
      description: "Ends a grant. It takes effect at once. Admins only.",
      params: pathTo("grant_id"),
      responses: { 204: { description: "The call succeeded; the response has no body." } },
      errorStatuses: [404, 409],
      admin: true,
    },
    async (c, { params }) => {
      await revokeFile(contextOf(c), params.id, params["grant_id"] ?? "");
      return c.body(null, 204);
    },
  );

/** Adds the routes. */
export function grantRoutes(api: Api): void {
  listGrants(api);
  createGrant(api);
  deleteGrant(api);
}
