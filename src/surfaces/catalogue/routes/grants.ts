/** `/resources/grants/{create,read,delete}`. */
import { z } from "@hono/zod-openapi";
import { addRoute, type Api } from "../../../http/api.ts";
import { answerOf } from "../../../http/answer.ts";
import { writeContext } from "../../../http/context.ts";
import {
  answer,
  BEARER,
  jsonBody,
  READ_PROBLEMS,
  WRITE_PROBLEMS,
  writeHeaders,
} from "../../../http/describe.ts";
import { writeGrants } from "../operations/grants.ts";
import { parseGrants, renderGrant } from "../language/grants.ts";
import { parseAsOf, parseIdentifiers } from "../language/parse.ts";
import { GrantMember, GrantsRequest } from "../wire/grant.ts";
import { ReadRequest } from "../wire/request.ts";

const tags = ["grants"];

const EXAMPLE = {
  identifier: "demo/image-1",
  grantee_type: "user" as const,
  grantee_id: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
};

const create = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/resources/grants/create",
      tags,
      security: BEARER,
      summary: "Give access to restricted resources",
      description:
        "Grants access to restricted resources and everything below them. All grants are created, or none; they take effect at once. Admins may grant access to every resource, owners to what they own. An existing grant stays unchanged.",
      request: { headers: writeHeaders, body: jsonBody(GrantsRequest, { grants: [EXAMPLE] }) },
      responses: {
        ...answer(
          z.strictObject({ created: z.int().min(0) }),
          "The number of grants that were created.",
          { created: 1 },
        ),
        ...WRITE_PROBLEMS,
      },
    },
    { requires: null },
    async (c, { body, bytes }) => {
      const context = await writeContext(c, "catalogue", "grant", bytes, body.reason);
      const receipt = await writeGrants(c.var, "grant", parseGrants(body.grants), context);
      return answerOf(c, receipt, { created: receipt.created });
    },
  );

const remove = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/resources/grants/delete",
      tags,
      security: BEARER,
      summary: "Take access back",
      description:
        "Ends all given grants, or none. It takes effect at once and also works for tombstones. A grant that does not exist gives 404.",
      request: { headers: writeHeaders, body: jsonBody(GrantsRequest, { grants: [EXAMPLE] }) },
      responses: {
        ...answer(z.strictObject({ deleted: z.int().min(0) }), "The number of grants that ended.", {
          deleted: 1,
        }),
        ...WRITE_PROBLEMS,
      },
    },
    { requires: null },
    async (c, { body, bytes }) => {
      const context = await writeContext(c, "catalogue", "revoke", bytes, body.reason);
      const receipt = await writeGrants(c.var, "revoke", parseGrants(body.grants), context);
      return answerOf(c, receipt, { deleted: receipt.deleted });
    },
  );

const GrantsRead = ReadRequest.pick({ identifiers: true, as_of: true }).openapi("GrantsRead");

const read = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/resources/grants/read",
      tags,
      security: BEARER,
      summary: "Read who has access",
      description:
        "Returns the grants on resources, in the order of the request. Admins see all grants, owners those on what they own. Other resources are skipped like those that do not exist.",
      request: { body: jsonBody(GrantsRead, { identifiers: ["demo/image-1"] }) },
      responses: {
        ...answer(z.array(GrantMember), "The grants on the requested resources.", [EXAMPLE]),
        ...READ_PROBLEMS,
      },
    },
    { requires: "read" },
    async (c, { body }) => {
      const { store, principal } = c.var;
      const identifiers = parseIdentifiers(body.identifiers);
      const grants = await store.grants(principal, identifiers, parseAsOf(body.as_of));
      return c.json(grants.map(renderGrant));
    },
  );

/** Adds the routes. */
export function grantRoutes(api: Api): void {
  create(api);
  read(api);
  remove(api);
}
