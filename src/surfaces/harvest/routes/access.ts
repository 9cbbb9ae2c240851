/** Access to instruments, and members of groups and projects. */
import { z } from "@hono/zod-openapi";
import { jsonStream } from "../../../http/answer.ts";
import type { Api } from "../../../http/api.ts";
import { arrayPieces, withFirst } from "../../../http/stream.ts";
import {
  ACCESS,
  addLink,
  GROUP_MEMBERS,
  listLinks,
  PROJECT_MEMBERS,
  removeLink,
  type Linking,
  type MemberBody,
  type UserBody,
} from "../operations/admin-resources/memberships.ts";
import {
  AccessRead,
  GroupMember,
  ProjectMember,
  ProjectMemberCreate,
  UserMember,
} from "../wire/files.ts";
import { idPath, pathTo } from "../wire/shared.ts";
import { contextOf } from "./context.ts";
import { json } from "../../../http/describe.ts";
import { addCall } from "./route.ts";

const tag = "harvest";
const ID = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de009";
const USER = "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10";
const AT = "2026-03-01T20:58:56.733048Z";

/** A kind of link, and how callers see it. */
interface Documented<Body> {
  readonly linking: Linking<Body>;
  readonly path: string;
  /** The parameter of the path that names the other side. */
  readonly parameter: string;
  readonly what: string;
  readonly Body: z.ZodType<Body>;
  readonly bodyExample: unknown;
  readonly Read: z.ZodType;
  readonly example: Readonly<Record<string, string | null>>;
}

/** Links page by page, each as JSON text. */
async function* textsOf(
  pages: AsyncIterable<readonly object[]>,
): AsyncGenerator<readonly string[], void, undefined> {
  for await (const links of pages) yield links.map((link) => JSON.stringify(link));
}

const addLinkList = <Body>(api: Api, linking: Documented<Body>): void =>
  addCall(
    api,
    {
      method: "get",
      path: linking.path,
      tag,
      summary: `List ${linking.what}`,
      description: `Returns ${linking.what}, oldest first. Admins only.`,
      params: idPath,
      responses: {
        200: json(z.array(linking.Read), `A list of ${linking.what}.`, [linking.example]),
      },
      errorStatuses: [404],
      admin: true,
    },
    async (c, { params }) => {
      const links = textsOf(listLinks(contextOf(c), linking.linking, params.id));
      return jsonStream(c, arrayPieces(withFirst(await links.next(), links)));
    },
  );

const addLinkCreation = <Body>(api: Api, linking: Documented<Body>): void =>
  addCall<Body, Record<string, never>, z.infer<typeof idPath>>(
    api,
    {
      method: "post",
      path: linking.path,
      tag,
      summary: `Add to ${linking.what}`,
      description: `Adds an entry to ${linking.what}. It takes effect at once. Admins only.`,
      params: idPath,
      body: linking.Body,
      bodyExample: linking.bodyExample,
      responses: { 201: json(linking.Read, "The entry that was added.", linking.example) },
      errorStatuses: [404, 409, 413],
      admin: true,
    },
    async (c, { params, body }) =>
      c.json(await addLink(contextOf(c), linking.linking, params.id, body), 201),
  );

const addLinkRemoval = <Body>(api: Api, linking: Documented<Body>): void =>
  addCall(
    api,
    {
      method: "delete",
      path: `${linking.path}/{${linking.parameter}}`,
      tag,
      summary: `Remove from ${linking.what}`,
      description: `Removes an entry from ${linking.what}. It takes effect at once. Admins only.`,
      params: pathTo(linking.parameter),
      responses: { 204: { description: "The call succeeded; the response has no body." } },
      errorStatuses: [404, 409],
      admin: true,
    },
    async (c, { params }) => {
      await removeLink(contextOf(c), linking.linking, params.id, params[linking.parameter] ?? "");
      return c.body(null, 204);
    },
  );

const DOCUMENTED_ACCESS: Documented<UserBody> = {
  linking: ACCESS,
  path: "/api/instruments/{id}/access",
  parameter: "user_id",
  what: "the users who see an instrument's files",
  Body: UserMember,
  bodyExample: { user_id: USER },
  Read: AccessRead,
  example: { instrument_id: ID, user_id: USER, granted_at: AT },
};

const DOCUMENTED_GROUP: Documented<UserBody> = {
  linking: GROUP_MEMBERS,
  path: "/api/groups/{id}/members",
  parameter: "user_id",
  what: "the members of a group",
  Body: UserMember,
  bodyExample: { user_id: USER },
  Read: GroupMember,
  example: { group_id: ID, user_id: USER, email: "ada@clinic.org" },
};

const DOCUMENTED_PROJECT: Documented<MemberBody> = {
  linking: PROJECT_MEMBERS,
  path: "/api/projects/{id}/members",
  parameter: "member_id",
  what: "the members of a project",
  Body: ProjectMemberCreate,
  bodyExample: { member_type: "user", member_id: USER },
  Read: ProjectMember,
  example: { project_id: ID, member_type: "user", member_id: USER },
};

const addLinks = <Body>(api: Api, linking: Documented<Body>): void => {
  addLinkList(api, linking);
  addLinkCreation(api, linking);
  addLinkRemoval(api, linking);
};

/** Adds the routes. */
export function accessRoutes(api: Api): void {
  addLinks(api, DOCUMENTED_ACCESS);
  addLinks(api, DOCUMENTED_GROUP);
  addLinks(api, DOCUMENTED_PROJECT);
}
